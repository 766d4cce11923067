"""A small project of transforms that need no Spark, as users open it from Python."""

import sys

import pytest

from transforms_api import Project
from transforms_api.project import forget_modules

ORDERS = """
import polars
from transforms.api import Output, transform


@transform.using(out=Output("/Shop/orders"))
def orders(out):
    out.write_table(polars.DataFrame({"country": ["CH", "US", "US"], "amount": [10, 20, 30]}))
"""
TOTALS = """
import polars
from transforms.api import Input, Output, transform


@transform.using(orders=Input("/Shop/orders"), out=Output("/Shop/totals"))
def totals(orders, out):
    out.write_table(orders.polars().group_by("country").agg(polars.col("amount").sum()).sort("country"))
"""


@pytest.fixture
def modules(tmp_path):
    """The folder of the project's two modules, which are forgotten after the test."""
    folder = tmp_path / "repository" / "src" / "shop"
    folder.mkdir(parents=True)
    (folder / "orders.py").write_text(ORDERS)
    (folder / "totals.py").write_text(TOTALS)
    yield folder
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]


@pytest.fixture
def folder(modules):
    """The folder of the project."""
    return modules.parents[1]


@pytest.fixture
def project(folder):
    """The project, not yet built."""
    with Project.open(folder) as opened:
        yield opened


@pytest.fixture
def open_modules(tmp_path):
    """open_modules({module: code}, engine=…) → a project of the package `shop` with these modules.

    The projects, in `open_modules.opened`, are closed after the test, and their modules are forgotten.
    """
    opened = []

    def open_project(modules, **options):
        package = tmp_path / "repository" / "shop"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        for name, code in modules.items():
            (package / f"{name}.py").write_text(code)
        forget_modules([tmp_path])
        opened.append(Project.open(tmp_path / "repository", **options))
        return opened[-1]

    open_project.opened = opened
    yield open_project
    for project in opened:
        project.close()
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]
