"""docs/foundry-parity.md lists every public name, and every name that it lists exists."""

import importlib
import re
from pathlib import Path

import pytest
from pyspark.sql import types as T

from transforms import api
from transforms import expectations as E

DOCUMENT = Path(__file__).parents[2] / "docs" / "foundry-parity.md"


def documented_names():
    """Yield module and code of each name in the first column of a table whose heading is a module."""
    module = None
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            named = re.match(r"## `([\w.]+)`", line)
            module = named and named[1]
        elif module and (row := re.match(r"\| (`.*?) \| (works|recorded|refused) \|", line)):
            yield from ((module, code) for code in re.findall(r"`([^`]+)`", row[1]))


DOCUMENTED = list(documented_names())


@pytest.mark.parametrize(("module", "code"), DOCUMENTED)
def test_the_example_of_a_name_runs_after_importing_its_module(module, code):
    names = {"E": E, "T": T}
    exec(f"from {module} import *", names)
    eval(code, names)


def test_every_name_of_transforms_api_is_documented():
    assert set(api.__all__) == {re.match(r"\w+", code)[0] for module, code in DOCUMENTED if module == "transforms.api"}


def test_every_name_of_transforms_expectations_is_documented():
    codes = [code for module, code in DOCUMENTED if module == "transforms.expectations"]
    assert set(E.__all__) == {name for code in codes for name in re.findall(r"E\.(\w+)", code)}


@pytest.mark.parametrize(
    "module", ["external.systems", "mediasets", "sidecar", "tables", "verbs.dataframes", "verbs.testing.datastores"]
)
def test_every_name_of_a_side_package_is_documented(module):
    names = importlib.import_module(f"transforms.{module}").__all__
    assert set(names) <= {code for owner, code in DOCUMENTED if owner == f"transforms.{module}"}
