import json

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from revops_dashboards.build_page import ColumnDetails, read_details
from revops_dashboards.build_state import BuildState
from revops_dashboards.render import render
from revops_dashboards.tables import Tables
from transforms.revops.contracts.scenario import SALES_REPS
from transforms_api.builds import DatasetState, State
from transforms_api.warehouse import Warehouse

REPS = DatasetState("/shop/reps", State.FRESH)
REPORT = DatasetState("/shop/report", State.FRESH, sources=("/shop/reps",))


@pytest.fixture
def tables(tmp_path):
    warehouse = Warehouse(tmp_path)
    folder = warehouse.table("/shop/reps")
    folder.mkdir(parents=True)
    write_deltalake(str(folder), pa.table({"rep_id": ["R1"], "quota": [1234.5]}))
    return Tables(warehouse)


def test_the_details_of_a_dataset_have_its_columns_versions_sample_rows_and_readers(tables):
    details = read_details(tables, REPS, BuildState({"/shop/reps": REPS, "/shop/report": REPORT}))
    assert details.columns == [ColumnDetails("rep_id", "string"), ColumnDetails("quota", "double")]
    assert len(details.history) == 1
    assert details.sample == [{"rep_id": "R1", "quota": "1,234.5"}]
    assert (details.downstream, details.contract, details.problem) == (["/shop/report"], None, None)


def test_the_history_marks_a_version_of_sail_that_was_never_verified(tmp_path):
    folder = Warehouse(tmp_path).table("/shop/reps")
    folder.mkdir(parents=True)
    made = json.dumps({"kind": "build", "engine": "sail", "engine_version": "0.7.2"})
    write_deltalake(
        str(folder), pa.table({"n": [1]}), commit_properties=CommitProperties(custom_metadata={"userMetadata": made})
    )
    build = BuildState({"/shop/reps": REPS})
    shown = vars(read_details(Tables(Warehouse(tmp_path)), REPS, build))
    assert "on Sail 0.7.2, never verified" in render("dataset", state=REPS, link=str, **shown)


def test_a_column_has_the_comment_of_the_contract_s_field(tables):
    details = read_details(tables, REPS, BuildState({"/shop/reps": REPS}, {"/shop/reps": SALES_REPS}))
    assert details.columns[0].comment == "identifier of the rep"


def test_a_dataset_without_a_version_has_no_columns_and_no_problem(tables):
    details = read_details(tables, REPORT, BuildState({"/shop/report": REPORT}))
    assert (details.columns, details.history, details.sample, details.problem) == ([], (), [], None)
