import pytest

from transforms_api.lint.imports import check_imports


@pytest.fixture
def codes(module):
    """codes(code) → the codes of its findings, in a repository of the package shop that declares faker alone."""
    return lambda code: [one.code for one in check_imports(module(code), frozenset({"shop"}), frozenset({"faker"}))]


@pytest.mark.parametrize(
    "code",
    [
        "import transforms_api",
        "from transforms_api.store.warehouse import Warehouse",
        "from transforms.errors import SchemaMismatchError",
        "from transforms import errors",
        "def load():\n    import run_local",
    ],
)
def test_the_local_runtime_is_not_on_foundry(codes, code):
    assert codes(code) == ["F102"]


@pytest.mark.parametrize(
    "code", ["import geopandas", "from deltalake import DeltaTable", "import shapely.geometry as g"]
)
def test_a_library_that_nothing_declares_is_not_on_foundry(codes, code):
    assert codes(code) == ["F101"]


@pytest.mark.parametrize(
    "code",
    [
        "import json, pyspark, faker",
        "from transforms import expectations as E",
        "from transforms.verbs.dataframes import union_many",
        "from shop.prices import rate",
        "from .prices import rate",
        "from __future__ import annotations",
        "try:\n    import transforms_api\nexcept ImportError:\n    transforms_api = None",
        "try:\n    import geopandas\nexcept (ImportError, OSError):\n    pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import geopandas",
    ],
)
def test_what_foundry_has_or_the_code_can_do_without_is_left_alone(codes, code):
    assert codes(code) == []


def test_where_nothing_is_declared_only_the_runtime_is_known_to_be_missing(module):
    found = check_imports(module("import geopandas\nimport transforms_api"), frozenset(), None)
    assert [one.code for one in found] == ["F102"]
