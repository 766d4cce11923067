import pytest


@pytest.fixture
def codes(codes_of):
    """codes(code) → the codes of its findings, in a repository of the package shop that declares faker alone."""
    return lambda code: codes_of(code, {"faker"}, own={"shop"})


@pytest.mark.parametrize(
    "code",
    [
        "import transforms_api",
        "from transforms_api.warehouse.warehouse import Warehouse",
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
def test_an_import_that_foundry_has_or_that_is_optional_is_left_alone(codes, code):
    assert codes(code) == []


@pytest.mark.parametrize(
    ("declared", "imported", "expected"),
    [
        ("python transforms faker my-company-common-utils", "", []),
        ("faker my-company-common-utils", "common", []),
        ("python transforms transforms-verbs pyspark faker openjdk", "", ["F101"]),
        ("faker shapely", "shapely", ["F101"]),
        ("faker python-docx", "docx", ["F101"]),
    ],
)
def test_a_declared_library_whose_modules_are_not_known_may_have_what_is_imported(
    codes_of, declared, imported, expected
):
    assert codes_of("import geopandas", declared.split(), imported=imported.split()) == expected


def test_an_installed_module_does_not_come_from_a_declared_library_of_a_different_name(codes_of):
    assert codes_of("import deltalake", {"my-company-common-utils"}) == ["F101"]


def test_where_nothing_is_declared_only_the_runtime_is_known_to_be_missing(codes_of):
    assert codes_of("import geopandas\nimport transforms_api", None) == ["F102"]
