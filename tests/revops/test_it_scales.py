"""What keeps the pipeline able to grow: nothing in it needs all rows in one place."""

import ast
from pathlib import Path

import pytest

import transforms.revops

PIPELINE = Path(transforms.revops.__path__[0])
MODULES = sorted(file for file in PIPELINE.rglob("*.py") if file.parent.name != "crm")
"""All but the loader of CRM exports: it runs where the files are, and benchmarks/crm_import.py holds it to 4 GB."""
IN_ONE_PLACE = {"collect", "toPandas", "toLocalIterator", "pandas", "rdd", "udf", "pandas_udf"}
BOUNDED = {"by_model": {"collect"}}
"""Modules that collect no more rows than a number that they name."""


def calls_and_attributes(code):
    return {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}


def windows_without_partition(code):
    """Return the lines on which a window begins otherwise than with `Window.partitionBy`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Window"
        and node.attr != "partitionBy"
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_module_collects_rows_or_computes_them_in_python(module):
    assert not calls_and_attributes(module.read_text()) & (IN_ONE_PLACE - BOUNDED.get(module.stem, set()))


def test_reps_for_the_model_are_limited_before_they_are_collected():
    code = (PIPELINE / "ai" / "by_model.py").read_text()
    assert (code.count("collect("), code.count(".limit(MOST_REPS + 1).collect()")) == (1, 1)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_window_has_partitions(module):
    assert windows_without_partition(module.read_text()) == []


def test_a_window_without_partitions_would_be_seen():
    assert windows_without_partition("ranked = F.rank().over(Window.orderBy('amount'))") == [1]
