import ast
import importlib
import importlib.metadata
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from transforms_api.api import Project
from transforms_api.project.fingerprint import CodeFingerprint, CodeFingerprints
from transforms_api.project.source_files import forget_modules

TRANSFORM = """
from transforms.api import Output, transform_df
from shop.rules import vat

@transform_df(Output("/Shop/prices"))
def prices(ctx):
    return vat(ctx.spark_session.range(1))
"""


@pytest.fixture
def version(folder, imports_undone, monkeypatch):
    """version({file: text}) → the fingerprint of the transform in shop/prices.py, with these files changed."""
    texts = {
        "shop/__init__.py": "",
        "shop/prices.py": TRANSFORM,
        "shop/rules.py": "from shop.rates import RATE\n\ndef vat(df):\n    return df",
        "shop/rates.py": "RATE = 0.2",
        "shop/unrelated.py": "NUMBER = 1",
    }

    def read(changed=None):
        root = folder(texts | (changed or {}))
        monkeypatch.syspath_prepend(str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            del sys.modules[name]
        module = importlib.import_module("shop.prices")
        return CodeFingerprints([root]).of(module.prices)

    return read


def test_logic_has_the_transform_s_module_and_the_project_s_modules_that_it_imports(version):
    assert list(version().modules) == ["shop", "shop.prices", "shop.rates", "shop.rules"]


LAZY = "def vat(df):\n    from shop.lazy import rates\n    return df"
"""Imports a module and its package when it is called, which no test does."""


def test_logic_has_a_module_that_is_imported_only_inside_of_a_function(version):
    lazy = {"shop/rules.py": LAZY, "shop/lazy/__init__.py": "", "shop/lazy/rates.py": "RATE = 0.2"}
    assert list(version(lazy).modules) == ["shop", "shop.lazy", "shop.lazy.rates", "shop.prices", "shop.rules"]


def test_logic_changes_with_a_module_that_is_imported_only_inside_of_a_function(version):
    lazy = {"shop/rules.py": LAZY, "shop/lazy/rates.py": "RATE = 0.2"}
    assert version(lazy) != version({**lazy, "shop/lazy/rates.py": "RATE = 0.25"})


@pytest.mark.parametrize(("module", "library"), [("delta.tables", "delta"), ("yaml", "yaml"), ("dateutil", "dateutil")])
def test_logic_has_the_version_of_a_library_whose_distribution_has_a_different_name(version, module, library):
    assert library in version({"shop/rates.py": f"import {module}\nRATE = 0.2"}).libraries


def test_logic_has_the_versions_of_the_libraries_that_its_modules_import(version):
    assert list(version({"shop/rates.py": "import pyarrow\nimport json\nRATE = 0.2"}).libraries) == [
        "pyarrow",
        "transforms",
    ]


def test_a_different_version_of_delta_spark_is_a_difference(version, monkeypatch):
    code = {"shop/rates.py": "from delta.tables import DeltaTable\nRATE = 0.2"}
    before, installed = version(code), importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "9.9.9" if name == "delta-spark" else installed(name)
    )
    assert version(code).difference(before) == f"delta is 9.9.9 now, was {installed('delta-spark')}"


def test_comments_and_formatting_are_no_logic(version):
    reformatted = "# the rate\n\nRATE   =   (0.2)  # since 2011"
    assert version({"shop/rates.py": reformatted}) == version()


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("lambda x: x[1:]", "lambda x: x[:1]"),
        ("lambda a, b: a - (b - a)", "lambda a, b: (a - b) - a"),
        ("[[1], 2]", "[[1, 2]]"),
        ("{**{}, 1: 2}", "{1: {}, **{2: 2}}"),
        ("1", "'1'"),
        ("1", "True"),
        ("None", "'None'"),
        ("'Name'", "Name"),
    ],
)
def test_code_that_differs_in_one_place_is_a_different_logic(version, code, other):
    first, second = (version({"shop/rates.py": f"Name = 0\nRATE = {text}"}) for text in (code, other))
    assert second.difference(first) == "shop.rates has changed"


def test_a_chain_of_many_methods_has_a_logic(version):
    long, longer = (version({"shop/rates.py": f"RATE = ''{'.strip()' * times}"}) for times in (900, 901))
    assert longer.difference(long) == "shop.rates has changed"


def test_a_changed_rule_in_an_imported_module_is_a_different_logic(version):
    changed = version({"shop/rates.py": "RATE = 0.25"})
    assert changed.difference(version()) == "shop.rates has changed"


def test_a_module_that_the_transform_does_not_import_is_no_part_of_its_logic(version):
    assert version({"shop/unrelated.py": "NUMBER = 2"}).difference(version()) is None


def test_relative_imports_and_modules_imported_from_packages_count(version):
    relative = TRANSFORM.replace("from shop.rules import vat", "from . import rules\nvat = rules.vat")
    assert "shop.rates" in version({"shop/prices.py": relative}).modules


def test_modules_imported_within_other_statements_count(version):
    within = "try:\n    import shop.rates\nexcept ImportError:\n    pass\n\ndef vat(df):\n    return df"
    assert "shop.rates" in version({"shop/rules.py": within}).modules


def test_the_difference_names_the_first_change_and_counts_the_others():
    before = CodeFingerprint({"shop": "a"}, {"pyspark": "3.5.5"}, {"scale": "500"})
    now = CodeFingerprint({"shop": "a"}, {"pyspark": "3.5.9"}, {"scale": "900"})
    assert now.difference(before) == "pyspark is 3.5.9 now, was 3.5.5 and 1 more"


def test_logic_survives_being_json():
    version = CodeFingerprint({"shop": "a"}, {"pyspark": "3.5.5"}, {"scale": "500"})
    assert CodeFingerprint.from_json(version.as_json()) == version
    assert CodeFingerprint.from_json("what an older version wrote") == CodeFingerprint()


def test_only_one_thread_parses_modules_at_a_time(monkeypatch):
    project, parse, inside, together = Project.open(), ast.parse, [], []
    transforms = project.transforms

    def watched(*arguments):
        inside.append(True)
        together.append(len(inside))
        time.sleep(0.001)
        try:
            return parse(*arguments)
        finally:
            inside.pop()

    monkeypatch.setattr(ast, "parse", watched)
    logic = CodeFingerprints(project.roots)
    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(logic.of, transforms))
    assert set(together) == {1}
    assert versions == [logic.of(transform) for transform in project.graph.order]


@pytest.fixture
def library(folder, imports_undone, monkeypatch):
    """The root of a project with an environment `env` in it, whose library has a module of null bytes."""
    root = folder({"env/pyvenv.cfg": "", "shop.py": TRANSFORM.replace("shop.rules", "rates")})
    packages = root / "env" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "rates.py").write_text("vat = None")
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.syspath_prepend(str(root))
    return packages / "rates.py"


def test_an_environment_in_the_project_is_none_of_its_modules_and_is_not_read(library):
    module = importlib.import_module("shop")
    library.write_bytes(b"\x00")
    root = library.parents[4]
    assert list(CodeFingerprints([root]).of(module.prices).modules) == ["shop"]


def test_libraries_stay_imported_when_the_project_s_modules_are_forgotten(library):
    importlib.import_module("shop")
    forget_modules([library.parents[4]])
    assert "shop" not in sys.modules
    assert "rates" in sys.modules


def test_a_module_that_is_no_source_counts_by_its_bytes(version, folder):
    before = version()
    root = folder({})
    (root / "shop" / "rates.py").write_bytes(b"\x00")
    module = sys.modules["shop.prices"]
    changed = CodeFingerprints([root]).of(module.prices)
    assert changed.difference(before) == "shop.rates has changed"
