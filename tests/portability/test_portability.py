"""The pipeline computes the same under an implementation of `transforms.api` that is not ours."""

import pyarrow.parquet
import pytest
from deltalake import DeltaTable

from transforms_api.api import Project
from transforms_api.project.settings import PROJECT

DATASETS = [dataset for transform in Project.open().graph.order for dataset in transform.writes]


@pytest.fixture
def here(built):
    """here(dataset) → its table as our own engine built it."""
    return lambda dataset: DeltaTable(f"{built[0]}/master{dataset}").to_pyarrow_table()


@pytest.fixture
def there(elsewhere):
    """there(dataset) → its table as the other implementation computed it."""
    return lambda dataset: pyarrow.parquet.read_table(elsewhere["rows"][dataset])


def columns(table):
    """Return names and types; whether nulls are possible apart, which Foundry keeps for no column."""
    return [(field.name, str(field.type).replace(" not null", "")) for field in table.schema]


def test_the_second_implementation_runs_where_our_runtime_cannot_be_imported(elsewhere, other_python):
    assert elsewhere["transforms"].startswith(str(other_python.parents[1]))
    assert not elsewhere["has_our_runtime"]


def test_the_entry_point_of_the_export_leads_to_every_transform(elsewhere):
    assert elsewhere["found"] == sorted(DATASETS)


def test_the_documentation_names_every_substitute_for_names_that_the_second_implementation_lacks(elsewhere):
    _, _, section = (PROJECT / "docs" / "porting.md").read_text().partition("## Proved in CI")
    assert [name for name in elsewhere["stand_ins"] if f"`{name}`" not in section] == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_has_the_same_columns_and_rows_under_the_second_implementation(dataset, here, there):
    assert columns(there(dataset)) == columns(here(dataset))
    assert sorted(map(repr, there(dataset).to_pylist())) == sorted(map(repr, here(dataset).to_pylist()))
