"""Small projects, as users open them from Python: one that needs no Spark, and those with the code of a test."""

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


SPARK_MODULE = """
from transforms.api import transform_df, Check, Input, Output
from transforms import expectations as E
from pyspark.sql import functions as F, types as T
"""
"""The beginning of each module that `build` writes: 4 lines."""


@pytest.fixture
def build(tmp_path, request):
    """build(code, …, targets=(), verify=False) → the report of a build of a repository with a module for each code.

    The engine is the ENGINE of the test's module unless `engine` names one. `build.opened` has the projects.
    """
    opened = []

    def run(*codes, targets=(), engine=request.module.ENGINE, verify=False):
        package = tmp_path / "repository" / "shop"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        for number, code in enumerate(codes):
            (package / f"module_{number}.py").write_text(SPARK_MODULE + code)
        forget_modules([tmp_path])
        opened.append(Project.open(tmp_path / "repository", engine=engine))
        return opened[-1].build(*targets, verify=verify)

    run.opened = opened
    yield run
    for project in opened:
        project.close()
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]
