import sys

import pytest

from transforms_api.porting.lint.project import read_project
from transforms_api.project.discovery import DiscoveryResult

ORDERS = """
from transforms.api import Output, transform_df
{imports}

@transform_df(Output("/Shop/orders"))
def orders(ctx): ...
"""
OTHERS = {
    "src/shop/__init__.py": "from shop import version",
    "src/shop/version.py": "",
    "src/shop/rules.py": "def vat():\n    from .rates import RATE",
    "src/shop/rates.py": "RATE = 0.2",
    "src/shop/unrelated.py": "import shop.orders",
}


@pytest.fixture
def reached(repository, monkeypatch):
    """reached(imports) → the modules that the transform in src/shop/orders.py reaches, which has these imports."""

    def read(imports):
        folder = repository({**OTHERS, "src/shop/orders.py": ORDERS.format(imports=imports)})
        monkeypatch.setattr(sys, "path", [str(folder / "src"), *sys.path])
        return sorted(file.stem for file in read_project(DiscoveryResult([], [], (folder / "src",)), folder).reached)

    return read


@pytest.mark.parametrize(
    ("imports", "modules"),
    [
        ("", ["orders"]),
        ("from shop import rules", ["__init__", "orders", "rates", "rules", "version"]),
        ("from shop.rates import RATE", ["__init__", "orders", "rates", "version"]),
        ("import shop.rates as r", ["__init__", "orders", "rates", "version"]),
        ("from . import rates", ["__init__", "orders", "rates", "version"]),
        ("from .rules import vat", ["__init__", "orders", "rates", "rules", "version"]),
        ("import json", ["orders"]),
    ],
)
def test_a_transform_reaches_what_its_module_imports_and_these_in_turn(reached, imports, modules):
    assert reached(imports) == modules


def test_names_at_the_top_of_the_roots_are_the_project_s_own(repository):
    folder = repository({"src/shop/__init__.py": "", "src/tools.py": "", "src/readme.md": ""})
    assert read_project(DiscoveryResult([], [], (folder / "src",)), folder).own == {"shop", "tools"}


def test_a_module_that_is_no_text_is_unreadable(repository):
    folder = repository({"src/shop.py": ""})
    (folder / "src" / "shop.py").write_bytes(b"x = '\xff'")
    project = read_project(DiscoveryResult([], [], (folder / "src",)), folder)
    assert (list(project.modules), [file.name for file in project.unreadable]) == ([], ["shop.py"])
