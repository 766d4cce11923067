"""Jobs on data that somebody damaged: the job that reads it fails and says where, all others go on. No Spark."""

from pathlib import Path

import polars
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import JobState
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.errors import ChecksFailedError, WriteError
from transforms_api.project.graph import build_graph

DEALS = polars.DataFrame({"deal": ["A", "B"], "amount": [10, 20]})


def writing(dataset, frame, mode="replace", **settings):
    def write(out):
        out.set_mode(mode)
        out.write_table(frame)

    return transform.using(out=Output(dataset, **settings))(write)


@pytest.fixture
def environment(warehouse):
    return BuildEnvironment(lambda: None, warehouse, "build-1")


@pytest.fixture
def built(environment):
    """/A/deals as it was built, and the transforms that read it and that do not."""
    source = writing("/A/deals", DEALS)
    reader = transform.using(deals=Input("/A/deals"), out=Output("/A/copy"))(
        lambda deals, out: out.write_table(deals.polars())
    )
    other = writing("/A/other", DEALS)
    run_job(source, environment)
    return source, reader, other


def build(environment, *transforms):
    graph = build_graph(transforms)
    report = run_build(make_plan(graph, environment, only_stale=True), BuildOptions())
    return {job.transform.writes[0]: (job.state, job.reason) for job in report.jobs}


def overwrite(file):
    file.write_bytes(b"PAR1" + b"?" * (file.stat().st_size - 8) + b"PAR1")


@pytest.mark.parametrize("damage", [overwrite, Path.unlink], ids=["corrupt", "missing"])
def test_a_damaged_parquet_file_fails_its_readers_alone_and_is_named(environment, built, damage):
    version = environment.warehouse.latest("/A/deals")
    damage(version.table / version.paths[0])
    states = build(environment, *built)
    state, reason = states["/A/copy"]
    assert state is JobState.FAILED
    assert version.paths[0] in reason
    assert states["/A/other"][0] is JobState.COMPLETED


def test_a_truncated_delta_log_fails_what_touches_its_table_alone(environment, built):
    log = environment.warehouse.table("/A/deals") / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text()[: len(log.read_text()) // 2])
    states = build(environment, *built)
    assert states["/A/copy"][0] is not JobState.COMPLETED
    assert states["/A/other"][0] is JobState.COMPLETED


def test_a_column_that_changed_its_type_cannot_be_added_and_is_named(environment, built):
    with pytest.raises(WriteError, match="column 'amount' is long there and string in the new rows"):
        run_job(writing("/A/deals", DEALS.cast({"amount": polars.String}), "append"), environment)
    assert environment.warehouse.latest("/A/deals").rows == 2


def test_a_renamed_column_breaks_the_contract_and_keeps_the_last_good_version(environment, built):
    contract = Check(E.schema().contains({"amount": polars.Int64()}), "the contract")
    renamed = writing("/A/deals", DEALS.rename({"amount": "value"}), checks=contract)
    with pytest.raises(ChecksFailedError, match="the contract: amount is missing"):
        run_job(renamed, environment)
    assert environment.warehouse.latest("/A/deals").version == 0


def test_a_duplicate_key_is_told_with_the_key(environment, built):
    twice = writing(
        "/A/deals", polars.concat([DEALS, DEALS[:1]]), checks=Check(E.primary_key("deal"), "one row a deal")
    )
    with pytest.raises(ChecksFailedError, match="one row a deal") as failed:
        run_job(twice, environment)
    assert "deal=A" in str(failed.value)
    assert environment.warehouse.latest("/A/deals").version == 0


def test_a_cell_of_50_megabytes_passes_through_checks_and_readers(environment, warehouse):
    large = polars.DataFrame({"deal": ["A"], "text": ["x" * 50_000_000]})
    run_job(writing("/A/large", large, checks=Check(E.col("text").rlike("^x"), "all of it")), environment)
    assert polars.read_delta(str(warehouse.table("/A/large")))["text"].str.len_chars().to_list() == [50_000_000]


def test_a_job_that_runs_out_of_memory_fails_alone_and_says_what_to_do(environment, built):
    def exhaust(out):
        raise MemoryError

    greedy = transform.using(out=Output("/A/greedy"))(exhaust)
    states = build(environment, greedy, *built)
    assert states["/A/greedy"][0] is JobState.FAILED
    assert "ran out of memory" in states["/A/greedy"][1]
    assert states["/A/copy"][0] is JobState.COMPLETED
