"""The pipeline computes the same as plain scripts and as definitions of Spark Declarative Pipelines, without us."""

import pyarrow.dataset
import pytest
from deltalake import DeltaTable

from transforms_api.api import Project

DATASETS = [dataset for transform in Project.open().graph.order for dataset in transform.writes]


def table_of(dataset):
    return dataset.strip("/").replace("/", "_").lower()


@pytest.fixture
def here(built):
    """here(dataset) → its table as our own engine built it."""
    return lambda dataset: DeltaTable(f"{built[0]}/master{dataset}").to_pyarrow_table()


@pytest.fixture
def there(request):
    """there(fixture, dataset) → its table in the folder that the fixture names."""

    def read(folder, dataset):
        return pyarrow.dataset.dataset(request.getfixturevalue(folder) / table_of(dataset), format="parquet").to_table()

    return read


def columns(table):
    """Return names and types; whether nulls are possible apart, which Foundry keeps for no column."""
    return [(field.name, str(field.type).replace(" not null", "")) for field in table.schema]


def test_nothing_of_ours_can_be_imported_where_the_exports_run(has_our_runtime):
    assert not has_our_runtime


@pytest.mark.parametrize("folder", ["by_scripts", "by_definitions"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_has_the_same_columns_and_rows_in_the_export(folder, dataset, here, there):
    assert columns(there(folder, dataset)) == columns(here(dataset))
    assert sorted(map(repr, there(folder, dataset).to_pylist())) == sorted(map(repr, here(dataset).to_pylist()))
