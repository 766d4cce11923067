"""A killed job: before its commits are recorded it leaves no trace, after that it is completed."""

import json

import polars
import pytest
from deltalake import DeltaTable, Schema

from transforms_api.errors import StoreError, WriteError
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction, recover
from transforms_api.warehouse.provenance import Provenance
from transforms_api.warehouse.publish import DeltaCommit

SCHEMA = Schema.from_arrow(polars.DataFrame({"n": [1]}).to_arrow().schema).to_json()


class Killed(BaseException):
    """Stands for the end of a process: nothing is cleaned up after it."""


@pytest.fixture
def tables(tmp_path):
    return [tmp_path / "master" / "a", tmp_path / "master" / "b"]


def stage(job, number):
    staged = []
    for transaction in job.transactions.values():
        transaction.folder.mkdir(parents=True)
        polars.DataFrame({"n": [number]}).write_parquet(transaction.folder / "part.parquet")
        staged.append(transaction.stage_commit(SCHEMA, provenance=Provenance(build=f"build {number}")))
    return staged


def build(root, tables, number):
    with open_multi_table_transaction(root, tables, "a job") as job:
        return job.publish(stage(job, number))


def kill_in(monkeypatch, root, tables, number, at):
    """Run a job that ends, without any clean-up, where `at` is reached."""
    monkeypatch.setattr("transforms_api.warehouse.multi_table_commit.MultiTableTransaction.close", lambda job: None)
    committed = DeltaCommit.commit

    def commit(prepared):
        if at == f"before {prepared.table.name}":
            raise Killed
        return committed(prepared)

    monkeypatch.setattr(DeltaCommit, "commit", commit)
    with pytest.raises(Killed), open_multi_table_transaction(root, tables, "a job") as job:
        staged = stage(job, number)
        if at == "staged":
            raise Killed
        job.publish(staged)
    monkeypatch.undo()


def contents(tables):
    return [DeltaTable(str(table)).to_pyarrow_table().to_pydict()["n"] for table in tables]


def files(tables):
    return sorted(path.parent.name for table in tables for path in table.rglob("*.parquet"))


def test_a_job_publishes_all_its_tables_and_leaves_no_record(tmp_path, tables):
    assert build(tmp_path, tables, 1) == [1, 1]
    assert contents(tables) == [[1], [1]]
    assert list((tmp_path / "_jobs").iterdir()) == []


def test_an_error_before_anything_is_published_leaves_nothing(tmp_path, tables):
    with pytest.raises(ValueError, match="no luck"), open_multi_table_transaction(tmp_path, tables, "a job") as job:
        stage(job, 1)
        raise ValueError("no luck")
    assert files(tables) == []
    assert list((tmp_path / "_jobs").iterdir()) == []


def test_a_job_killed_before_its_commits_are_recorded_is_undone(tmp_path, tables, monkeypatch):
    build(tmp_path, tables, 1)
    kill_in(monkeypatch, tmp_path, tables, 2, at="staged")
    assert recover(tmp_path) == ["what a killed job had staged has been removed: master/a, master/b"]
    assert contents(tables) == [[1], [1]]
    assert len(files(tables)) == 2


@pytest.mark.parametrize("at", ["before a", "before b"])
def test_a_job_killed_after_its_commits_are_recorded_is_completed(tmp_path, tables, monkeypatch, at):
    build(tmp_path, tables, 1)
    kill_in(monkeypatch, tmp_path, tables, 2, at)
    assert recover(tmp_path) == ["a killed job has been completed: master/a, master/b"]
    assert contents(tables) == [[2], [2]]
    assert [DeltaTable(str(table)).version() for table in tables] == [1, 1]
    assert recover(tmp_path) == []


def test_the_next_job_on_one_of_its_tables_ends_a_killed_job_by_itself(tmp_path, tables, monkeypatch):
    kill_in(monkeypatch, tmp_path, tables, 1, at="before b")
    build(tmp_path, tables[:1], 2)
    assert contents(tables) == [[2], [1]]


def test_a_job_that_is_under_way_is_left_alone(tmp_path, tables):
    with open_multi_table_transaction(tmp_path, tables, "a job") as job:
        staged = stage(job, 1)
        assert recover(tmp_path) == []
        job.publish(staged)
    assert contents(tables) == [[1], [1]]


def test_a_commit_that_is_refused_leaves_the_other_tables_of_its_job_alone(tmp_path, tables):
    build(tmp_path, tables, 1)
    with (
        pytest.raises(WriteError, match="cannot be written without columns"),
        open_multi_table_transaction(tmp_path, tables, "a job") as job,
    ):
        first, second = stage(job, 2)
        job.publish([first, second.model_copy(update={"row_schema": '{"type": "struct", "fields": []}'})])
    assert contents(tables) == [[1], [1]]
    assert list((tmp_path / "_jobs").iterdir()) == []


def test_a_commit_that_delta_rs_alone_refuses_is_found_before_the_first_one_is_made(tmp_path, tables):
    build(tmp_path, tables, 1)
    DeltaTable(str(tables[1])).alter.set_table_properties({"delta.appendOnly": "true"})
    with pytest.raises(StoreError, match=r"b cannot be committed: .*append-only"):
        build(tmp_path, tables, 2)
    assert contents(tables) == [[1], [1]]
    assert list((tmp_path / "_jobs").iterdir()) == []


def failing_commit(monkeypatch, name):
    """Let the commit of the table of this name fail as a disk does."""
    committed = DeltaCommit.commit

    def commit(prepared):
        if prepared.table.name == name:
            raise StoreError(f"{prepared.table} cannot be committed") from OSError(28, "No space left on device")
        return committed(prepared)

    monkeypatch.setattr(DeltaCommit, "commit", commit)


def test_a_first_commit_that_fails_leaves_nothing_to_complete(tmp_path, tables, monkeypatch):
    build(tmp_path, tables, 1)
    failing_commit(monkeypatch, "a")
    with pytest.raises(StoreError, match="a cannot be committed"):
        build(tmp_path, tables, 2)
    monkeypatch.undo()
    assert contents(tables) == [[1], [1]]
    assert recover(tmp_path) == []
    assert len(files(tables)) == 2


def test_a_later_commit_that_fails_is_made_by_the_next_build(tmp_path, tables, monkeypatch):
    failing_commit(monkeypatch, "b")
    with pytest.raises(StoreError, match="The next build completes this job: others of its datasets are published"):
        build(tmp_path, tables, 1)
    monkeypatch.undo()
    assert recover(tmp_path) == ["a killed job has been completed: master/a, master/b"]
    assert contents(tables) == [[1], [1]]


def test_an_error_after_a_commit_does_not_undo_it(tmp_path, tables, monkeypatch):
    committed = DeltaCommit.commit

    def commit(prepared):
        committed(prepared)
        raise StoreError("no checkpoint can be written")

    monkeypatch.setattr(DeltaCommit, "commit", commit)
    assert build(tmp_path, tables, 1) == [1, 1]
    assert contents(tables) == [[1], [1]]


@pytest.mark.parametrize(
    "entry",
    [{"table": "../outside", "transaction": "0" * 32}, {"table": "master/a", "transaction": "../../outside"}],
)
def test_a_record_cannot_reach_out_of_the_warehouse(tmp_path, entry):
    root = tmp_path / "warehouse"
    (root / "_jobs").mkdir(parents=True)
    outside = tmp_path / "outside" / f"transaction-{'0' * 32}"
    outside.mkdir(parents=True)
    (root / "_jobs" / "x.json").write_text(json.dumps({"state": "staging", "transactions": [entry]}))
    [message] = recover(root)
    assert message.startswith("a killed job can never be completed and has been given up: ")
    assert outside.is_dir()


def test_a_record_that_is_none_is_set_aside_and_stops_no_job(tmp_path, tables):
    (tmp_path / "_jobs").mkdir()
    (tmp_path / "_jobs" / "x.json").write_text("[1, 2")
    [message] = recover(tmp_path)
    assert (
        f"{tmp_path}/_jobs/x.json is no record of a job. Its record is kept as {tmp_path}/_jobs/x.given-up" in message
    )
    assert (tmp_path / "_jobs" / "x.given-up").read_text() == "[1, 2"
    assert recover(tmp_path) == []
    assert build(tmp_path, tables, 1) == [1, 1]


UNCOMMITTABLE = {
    "no columns": [],
    "columns that differ in case": [("id", "long"), ("ID", "long")],
    "a type of no table": [("n", "interval day to second")],
}


def record(root, table, fields, transaction="0" * 32):
    """Write the record of a killed job as version 1755c36 wrote them, with rows of other columns than it says."""
    schema = {"type": "struct", "fields": [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in fields]}
    rows = root / table / f"transaction-{transaction}"
    rows.mkdir(parents=True)
    polars.DataFrame({"n": [7]}).write_parquet(rows / "part.parquet")
    entry = {
        "table": table,
        "transaction": transaction,
        "base": None,
        "schema": json.dumps(schema),
        "partition_columns": [],
        "provenance": {"made": 7},
        "type": "SNAPSHOT",
    }
    (root / "_jobs").mkdir(exist_ok=True)
    (root / "_jobs" / "old.json").write_text(json.dumps({"state": "publishing", "transactions": [entry]}))


def test_a_record_of_an_earlier_version_of_this_package_is_completed(tmp_path, tables):
    record(tmp_path, "master/a", [("n", "long")])
    assert recover(tmp_path) == ["a killed job has been completed: master/a"]
    assert contents(tables[:1]) == [[7]]


@pytest.mark.parametrize("fields", UNCOMMITTABLE.values(), ids=UNCOMMITTABLE)
def test_a_record_that_can_never_be_completed_is_set_aside_and_its_tables_are_built_again(tmp_path, tables, fields):
    build(tmp_path, tables, 1)
    record(tmp_path, "master/a", fields)
    [message] = recover(tmp_path)
    assert message.startswith(f"a killed job can never be completed and has been given up: {tables[0]} cannot ")
    assert recover(tmp_path) == []
    assert contents(tables) == [[1], [1]]
    assert build(tmp_path, tables, 2) == [1, 1]
    assert contents(tables) == [[2], [2]]


def test_a_job_sets_aside_records_that_block_its_own_tables(tmp_path, tables):
    record(tmp_path, "master/a", [])
    assert build(tmp_path, tables, 2) == [1, 1]
    assert [file.name for file in (tmp_path / "_jobs").iterdir()] == ["old.given-up"]


def test_a_record_whose_rows_were_damaged_meanwhile_is_set_aside(tmp_path, tables, monkeypatch):
    kill_in(monkeypatch, tmp_path, tables[:1], 1, at="before a")
    for file in tables[0].rglob("*.parquet"):
        file.write_text("damaged meanwhile")
    assert build(tmp_path, tables[:1], 2) == [1]
    assert contents(tables[:1]) == [[2]]


def test_a_killed_job_that_a_full_disk_keeps_from_completion_is_kept_and_stops_its_own_tables_alone(
    tmp_path, tables, monkeypatch
):
    kill_in(monkeypatch, tmp_path, tables[:1], 1, at="before a")
    failing_commit(monkeypatch, "a")
    [message] = recover(tmp_path)
    assert message.startswith("a killed job cannot be ended now, see ")
    with pytest.raises(StoreError, match="What a killed job left open cannot be ended"):
        build(tmp_path, tables[:1], 2)
    assert build(tmp_path, tables[1:], 2) == [1]
    monkeypatch.undo()
    assert recover(tmp_path) == ["a killed job has been completed: master/a"]


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError("deep"), AttributeError("none")], ids=repr)
def test_no_error_of_a_recovery_ends_a_build(tmp_path, tables, monkeypatch, error):
    kill_in(monkeypatch, tmp_path, tables[:1], 1, at="before a")

    def fail(*_):
        raise error

    monkeypatch.setattr("transforms_api.warehouse.multi_table_commit._end", fail)
    [message] = recover(tmp_path)
    assert message.startswith("a killed job can never be completed and has been given up: ")
