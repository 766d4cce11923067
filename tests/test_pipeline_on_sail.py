"""The whole pipeline on Sail: every dataset of the demo equals Spark's, and the scan finds nothing to refuse."""

import importlib.util
import json

import pytest
from deltalake import DeltaTable

from transforms_api import JobState, Project
from transforms_api.builds.verification import compare_rows

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")

DATASETS = [dataset for transform in Project.open().graph.order for dataset in transform.writes]


@pytest.fixture(scope="module")
def on_sail(tmp_path_factory):
    """A warehouse in which the whole pipeline was built on Sail, and the report of the build."""
    root = tmp_path_factory.mktemp("sail")
    return root, Project.open(warehouse=str(root), engine="sail").build()


def table(root, dataset):
    return DeltaTable(str(root / "master" / dataset.lstrip("/")))


def test_every_job_completes_on_sail_and_its_checks_hold(on_sail):
    _, report = on_sail
    assert {job.transform: job.state for job in report.jobs if job.state != JobState.COMPLETED} == {}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_built_on_sail_equals_that_built_on_spark(on_sail, built, dataset):
    sail, spark = (table(root, dataset) for root in (on_sail[0], built[0]))
    assert json.loads(sail.schema().to_json()) == json.loads(spark.schema().to_json())
    assert compare_rows(spark.to_pyarrow_table(), sail.to_pyarrow_table()) == []


def test_a_build_on_sail_adds_to_what_earlier_builds_recorded(on_sail):
    root, _ = on_sail
    recorded = "/RevOps/Analytics/forecast_history_by_filter"
    before = table(root, recorded).to_pyarrow_table()
    again = Project.open(warehouse=str(root), engine="sail").build(recorded, force=True)
    assert again.succeeded
    assert compare_rows(before, table(root, recorded).to_pyarrow_table()) == []
