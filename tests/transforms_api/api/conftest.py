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
