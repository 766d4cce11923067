"""What becomes of a job that is killed: before its commits are recorded it never was, after it it is completed."""

import json

import polars
import pytest
from deltalake import DeltaTable, Schema

from transforms_api.errors import StoreError
from transforms_api.store.journal import Staged, open_job, recover

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
        staged.append(Staged(transaction, SCHEMA, (), {"made": number}))
    return staged


def build(root, tables, number):
    with open_job(root, tables, "a job") as job:
        return job.publish(stage(job, number))


def kill_in(monkeypatch, root, tables, number, at):
    """Run a job that ends, without any clean-up, where `at` is reached."""
    monkeypatch.setattr("transforms_api.store.journal.OpenJob.close", lambda job: None)
    published = Staged.publish

    def publish(staged):
        if at == f"before {staged.transaction.table.name}":
            raise Killed
        return published(staged)

    monkeypatch.setattr(Staged, "publish", publish)
    with pytest.raises(Killed), open_job(root, tables, "a job") as job:
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
    with pytest.raises(ValueError, match="no luck"), open_job(tmp_path, tables, "a job") as job:
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
    with open_job(tmp_path, tables, "a job") as job:
        staged = stage(job, 1)
        assert recover(tmp_path) == []
        job.publish(staged)
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
    [told] = recover(root)
    assert told.startswith("a killed job cannot be ended: ")
    assert told.endswith("Remove it.")
    assert outside.is_dir()


def test_a_record_that_is_none_is_told_and_stops_no_job(tmp_path, tables):
    (tmp_path / "_jobs").mkdir()
    (tmp_path / "_jobs" / "x.json").write_text("[1, 2")
    [told] = recover(tmp_path)
    assert told == f"a killed job cannot be ended: {tmp_path / '_jobs' / 'x.json'} is no record of a job. Remove it."
    assert build(tmp_path, tables, 1) == [1, 1]


def test_a_killed_job_that_cannot_be_completed_stops_what_writes_its_tables_alone(tmp_path, tables, monkeypatch):
    kill_in(monkeypatch, tmp_path, tables[:1], 1, at="before a")
    for file in tables[0].rglob("*.parquet"):
        file.write_text("damaged meanwhile")
    with pytest.raises(StoreError, match="What a killed job left open cannot be ended"):
        build(tmp_path, tables[:1], 2)
    assert build(tmp_path, tables[1:], 2) == [1]
