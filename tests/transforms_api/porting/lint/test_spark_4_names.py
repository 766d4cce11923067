"""The names are those that the installed Spark has where it is 4, and lacks where it is 3.5."""

import importlib
import importlib.util

import pyspark
import pytest
from pyspark.sql import Column, DataFrame, GroupedData, functions

from transforms_api.porting.lint.computation import METHODS, METHODS_OF_FRAMES, NEW_FUNCTIONS, OTHERS

IS_4 = not pyspark.__version__.startswith("3.")


def has_method(name):
    return any(hasattr(kind, name) for kind in (Column, DataFrame, GroupedData))


def test_functions_are_those_of_spark_4_alone():
    assert {name for name in NEW_FUNCTIONS if hasattr(functions, name)} == (NEW_FUNCTIONS if IS_4 else set())


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_modules_and_classes_are_those_of_spark_4_alone(name):
    package, _, last = name.rpartition(".")
    parent = importlib.import_module(package)
    is_module = hasattr(parent, "__path__") and importlib.util.find_spec(name) is not None
    assert (is_module or hasattr(parent, last)) is IS_4


@pytest.mark.parametrize("name", sorted(METHODS | METHODS_OF_FRAMES))
def test_methods_are_those_of_spark_4_alone(name):
    assert has_method(name) is IS_4
