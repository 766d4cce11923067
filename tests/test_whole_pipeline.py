"""The main job as a user runs it: everything built into a warehouse, opened by every reader, built again."""

import json

import duckdb
import polars
import pytest
from deltalake import DeltaTable

from transforms_api.api import Project
from transforms_api.cli import app
from transforms_api.project.settings import PROJECT

PIPELINE = Project.open().graph.order
DATASETS = [dataset for transform in PIPELINE for dataset in transform.writes]


def table(root, dataset, branch="master"):
    rows = DeltaTable(str(root / branch / dataset.lstrip("/"))).to_pyarrow_table()
    return polars.from_arrow(rows)


def test_every_job_completes_and_every_check_holds(built):
    _, report = built
    assert {job["state"] for job in report["jobs"]} == {"completed"}
    assert [job["checks"]["broken"] for job in report["jobs"] if job["checks"]["broken"]] == []


def test_no_dataset_of_the_demo_is_empty_or_has_an_unexplained_null(built):
    root, _ = built
    contracts = {spec.alias: spec for t in PIPELINE for spec in t.outputs.values()}
    for dataset in DATASETS:
        assert table(root, dataset).height > 0, dataset
        assert contracts[dataset].checks, dataset


@pytest.mark.parametrize("dataset", ["/RevOps/Analytics/dashboard_kpis", "/RevOps/Analytics/rep_coaching_insights"])
def test_a_table_opens_in_spark_delta_rs_duckdb_and_polars_alike(built, spark, dataset):
    path = str(built[0] / "master" / dataset.lstrip("/"))
    rows = DeltaTable(path).to_pyarrow_table()
    assert spark.read.format("delta").load(path).count() == rows.num_rows
    assert duckdb.sql("select count(*) from rows").fetchall() == [(rows.num_rows,)]
    assert polars.read_delta(path).height == rows.num_rows


def test_a_rebuild_gives_equal_tables(built_copy, build):
    root = built_copy
    build(root, "--force", "--branch", "again")
    for dataset in DATASETS:
        first, second = table(root, dataset), table(root, dataset, "again")
        assert sorted(map(repr, first.rows())) == sorted(map(repr, second.rows())), dataset


def test_the_kpis_have_the_figures_of_the_story(built):
    root, _ = built
    kpis = table(root, "/RevOps/Analytics/dashboard_kpis")
    [row] = kpis.filter((polars.col("quarter") == "Q4 2024") & (polars.col("team_filter") == "All")).to_dicts()
    assert (row["quarter_target"], row["closed_won_amount"]) == (13_000_000, 8_200_000)
    assert row["gap_to_target"] < 0
    teams = set(kpis["team_filter"])
    assert teams == {"All", "Michael Torres", "Jennifer Adams", "Christopher Lee", "Rachel Green"}


def test_show_prints_the_rows_of_a_dataset(built, capsys):
    with pytest.raises(SystemExit):
        app.main(["show", "dashboard_kpis", "--json", "--warehouse", str(built[0])])
    shown = json.loads(capsys.readouterr().out)
    assert shown["rows"] == len(shown["sample"]) == table(built[0], "/RevOps/Analytics/dashboard_kpis").height


def test_an_imported_export_is_what_the_pipeline_builds_on(build, tmp_path):
    sample, mapping = PROJECT / "tests" / "data" / "crm_sample", PROJECT / "conf" / "import" / "maven_crm.toml"
    with pytest.raises(SystemExit) as ended:
        app.main(["import", str(sample), "--mapping", str(mapping), "--warehouse", str(tmp_path)])
    assert ended.value.code == 0
    report = build(tmp_path)
    states = {dataset: job["state"] for job in report["jobs"] for dataset in job["outputs"]}
    assert states["/RevOps/Scenario/opportunities"] == "ignored"
    assert states["/RevOps/Analytics/dashboard_kpis"] == "completed"
    assert table(tmp_path, "/RevOps/Scenario/import_rejects").height > 0
    assert table(tmp_path, "/RevOps/Analytics/rep_activity_metrics").height == 0
    assert table(tmp_path, "/RevOps/Analytics/rep_performance_view").height > 0
