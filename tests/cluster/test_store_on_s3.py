"""The store on S3, without Spark: commits, jobs, locks, branches, history and vacuum mean what they do on a disk."""

import multiprocessing
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from s3fs import S3FileSystem

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse import locks
from transforms_api.warehouse.arrow_rows import read_slice, stage
from transforms_api.warehouse.branches import delete_branch, list_branches, remove_unused_files
from transforms_api.warehouse.history import find_version, read_history
from transforms_api.warehouse.locks import lock_tables
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction, recover
from transforms_api.warehouse.paths import storage_path
from transforms_api.warehouse.provenance import Provenance, TransactionType
from transforms_api.warehouse.publish import DeltaCommit
from transforms_api.warehouse.restore import restore_version
from transforms_api.warehouse.table import full_view
from transforms_api.warehouse.transaction import Transaction
from transforms_api.warehouse.warehouse import Warehouse

SNAPSHOT, APPEND = TransactionType.SNAPSHOT, TransactionType.APPEND


@pytest.fixture
def write(warehouse):
    """write(dataset, numbers) → the version committed; `adds` keeps the rows that are there, `files` are names."""

    def commit(dataset, *numbers, branch="master", adds=False, files=()):
        own = replace(warehouse, branch=branch, fallback_branches=("master",))
        transaction = Transaction(own.table(dataset), own.latest(dataset) if adds else None)
        schema = stage(pa.table({"n": list(numbers)}), transaction) if numbers else None
        for name in files:
            (transaction.files_folder / name).write_text(f"text of {name}")
        transaction.publish(schema, (), Provenance(branch=branch), APPEND if adds else SNAPSHOT)
        return own.latest(dataset)

    return commit


def numbers(version):
    return sorted(read_slice(full_view(version)).to_table()["n"].to_pylist())


# Commits


def test_a_transaction_is_visible_when_it_is_committed(warehouse, write):
    transaction = Transaction(warehouse.table("/A/deals"))
    stage(pa.table({"n": [1]}), transaction)
    assert warehouse.latest("/A/deals") is None
    transaction.abort()
    assert numbers(write("/A/deals", 1, 2)) == [1, 2]
    assert numbers(write("/A/deals", 3, adds=True)) == [1, 2, 3]


def test_a_dataset_holds_files_which_are_read_as_streams(warehouse, write):
    version = write("/A/letters", files=["a.txt", "b.txt"])
    assert [(entry.path, entry.size) for entry in version.file_entries] == [("a.txt", 13), ("b.txt", 13)]
    assert (version.files_folder / "a.txt").read_text() == "text of a.txt"


def test_two_transactions_that_commit_at_once_both_succeed_and_overwrite_nothing(warehouse, write):
    base = write("/A/deals", 0)

    def add(number):
        transaction = Transaction(base.table, base)
        transaction.publish(stage(pa.table({"n": [number]}), transaction), (), Provenance(), APPEND)

    threads = [threading.Thread(target=add, args=(number,)) for number in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latest = warehouse.latest("/A/deals")
    assert (latest.version, numbers(latest)) == (4, [0, 1, 2, 3, 4])


def test_files_of_a_write_that_did_not_finish_are_not_committed(warehouse):
    transaction = Transaction(warehouse.table("/A/deals"))
    schema = stage(pa.table({"n": [1]}), transaction)
    done = transaction.folder / "part-00000.parquet"
    (transaction.folder / "_temporary" / "0" / "attempt" / "part-00001.parquet").write_bytes(done.read_bytes())
    assert transaction.publish(schema) == 1


def test_a_missing_file_is_reported(warehouse, write):
    version = write("/A/deals", 1)
    (version.table / version.paths[0]).unlink()
    with pytest.raises(StoreError, match="is missing"):
        full_view(version)


def test_a_log_that_names_a_file_elsewhere_is_refused(warehouse, write):
    version = write("/A/deals", 1)
    log = version.table / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text().replace(version.paths[0], "s3://other/secret.parquet"))
    with pytest.raises(StoreError, match="which is not in its folder"):
        warehouse.latest("/A/deals")


# Jobs


def killed_in_a_job(url, has_happened):
    """Stage rows for two datasets and end without a word, before or after the job has happened."""
    warehouse = Warehouse(storage_path(url))
    tables = [warehouse.table(dataset) for dataset in ("/A/deals", "/A/reps")]
    with open_multi_table_transaction(warehouse.root, tables, "a build") as job:
        staged = []
        for number, transaction in enumerate(job.transactions.values()):
            staged.append(transaction.stage_commit(stage(pa.table({"n": [number]}), transaction)))
        if has_happened:
            DeltaCommit.commit = lambda _: os._exit(9)
            job.publish(staged)
        os._exit(9)


@pytest.mark.parametrize(
    ("has_happened", "message", "expected"),
    [
        (False, "what a killed job had staged has been removed: master/A/deals, master/A/reps", [None, None]),
        (True, "a killed job has been completed: master/A/deals, master/A/reps", [[0], [1]]),
    ],
    ids=["before it happened", "after"],
)
def test_a_killed_job_is_undone_or_completed_as_soon_as_its_locks_have_ended(
    warehouse, monkeypatch, has_happened, message, expected
):
    process = multiprocessing.get_context("spawn").Process(
        target=killed_in_a_job, args=(str(warehouse.root), has_happened)
    )
    process.start()
    process.join()
    assert process.exitcode == 9
    assert recover(warehouse.root) == []
    monkeypatch.setattr(locks, "LEASE_SECONDS", 0)
    assert recover(warehouse.root) == [message]
    versions = [warehouse.latest(dataset) for dataset in ("/A/deals", "/A/reps")]
    assert [version and numbers(version) for version in versions] == expected


# Locks


def test_a_job_that_may_not_wait_for_a_lock_is_refused_with_the_name_of_its_holder(warehouse):
    table = warehouse.table("/A/deals")
    with lock_tables(warehouse.root, [table], "the nightly build"):
        with pytest.raises(LockedError) as refused, lock_tables(warehouse.root, [table], "mine", timeout=0):
            pass
        with lock_tables(warehouse.root, [warehouse.table("/A/reps")], "mine", timeout=0):
            pass
    assert f"has been held by process {os.getpid()} on " in str(refused.value)
    assert "for the nightly build" in str(refused.value)
    with lock_tables(warehouse.root, [table], "mine", timeout=0):
        pass


def test_a_job_on_several_tables_has_one_lease(warehouse):
    tables = [warehouse.table(dataset) for dataset in ("/A/deals", "/A/reps", "/A/stages")]
    with lock_tables(warehouse.root, tables, "the nightly build"):
        assert len(warehouse.storage.names(warehouse.root / "_locks" / "leases")) == 1
    assert warehouse.storage.names(warehouse.root / "_locks" / "leases") == []


def test_a_lock_on_many_tables_takes_as_many_requests_as_one_on_a_single_table(warehouse, monkeypatch):
    requests, call = [], S3FileSystem._call_s3

    def counted(system, method, *args, **kwargs):
        requests.append(method)
        return call(system, method, *args, **kwargs)

    def requests_for(*datasets):
        requests.clear()
        with lock_tables(warehouse.root, list(map(warehouse.table, datasets)), "a build") as require_held:
            require_held()
        return list(requests)

    monkeypatch.setattr(S3FileSystem, "_call_s3", counted)
    assert requests_for("/A/deals", "/A/reps", "/A/stages") == requests_for("/A/deals")
    assert len(requests) == 7


def test_jobs_that_share_a_table_wait_for_each_other_and_the_message_names_it(warehouse):
    deals, reps, stages = (warehouse.table(dataset) for dataset in ("/A/deals", "/A/reps", "/A/stages"))
    with (
        lock_tables(warehouse.root, [deals, reps], "the nightly build"),
        pytest.raises(LockedError, match=r"master/A/reps is locked: .* for the nightly build"),
        lock_tables(warehouse.root, [reps, stages], "mine", timeout=0),
    ):
        pass


def test_a_contender_that_withdraws_does_not_take_a_lock_from_its_holder(warehouse, monkeypatch):
    table, leases = warehouse.table("/A/deals"), warehouse.root / "_locks" / "leases"
    with lock_tables(warehouse.root, [table], "the nightly build") as require_held:
        [own] = warehouse.storage.names(leases)
        contender = leases / f"{7:09}-{'0' * 32}.json"
        contender.write_bytes((leases / own).read_bytes())
        threading.Timer(0.3, contender.unlink).start()
        require_held()


def test_a_lock_is_renewed_while_it_is_held_however_long(warehouse, monkeypatch):
    monkeypatch.setattr(locks, "LEASE_SECONDS", 3)
    monkeypatch.setattr(locks, "_RENEWED_EVERY", 0.5)
    table = warehouse.table("/A/deals")
    with lock_tables(warehouse.root, [table], "the nightly build") as demand_held:
        with pytest.raises(LockedError), lock_tables(warehouse.root, [table], "mine", timeout=5):
            pass
        demand_held()


def test_a_lock_that_is_not_renewed_is_taken_over_and_its_old_holder_commits_nothing(warehouse, monkeypatch):
    monkeypatch.setattr(locks, "LEASE_SECONDS", 2)
    messages = []
    table = warehouse.table("/A/deals")
    with lock_tables(warehouse.root, [table], "the nightly build") as demand_held:
        demand_held()
        with lock_tables(warehouse.root, [table], "mine", timeout=30, on_wait=messages.append) as mine_is_held:
            mine_is_held()
            with pytest.raises(LockedError, match="was lost"):
                demand_held()
    assert messages[0].startswith("waiting for deals, which has been held by process")


def test_a_suspended_holder_does_not_take_a_later_holder_s_lock_for_its_own(warehouse, monkeypatch):
    monkeypatch.setattr(locks, "LEASE_SECONDS", 0)
    tables = [warehouse.table("/A/deals")]
    with lock_tables(warehouse.root, tables, "the nightly build") as demand_held:
        with lock_tables(warehouse.root, tables, "another's"):
            pass
        monkeypatch.setattr(locks, "LEASE_SECONDS", 30)
        with lock_tables(warehouse.root, tables, "a third one's"), pytest.raises(LockedError, match="was lost"):
            demand_held()


def test_of_many_jobs_that_lock_a_table_at_once_one_has_it_at_a_time(warehouse):
    table, inside, most = warehouse.table("/A/deals"), [], []

    def work(number):
        with lock_tables(warehouse.root, [table], "a build"):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


# Branches, history, vacuum


def test_a_branch_continues_its_parent_by_copies_and_goes_without_it(warehouse, write):
    write("/A/deals", 1)
    version = write("/A/deals", 2, branch="feature", adds=True)
    assert numbers(version) == [1, 2]
    assert [commit.branch for commit in version.commits] == ["feature", "master"]
    assert [branch.name for branch in list_branches(warehouse.root)] == ["feature", "master"]
    delete_branch(warehouse.root, "feature", "master")
    assert [branch.name for branch in list_branches(warehouse.root)] == ["master"]
    assert numbers(warehouse.latest("/A/deals")) == [1]


def test_an_earlier_version_is_read_and_restored(warehouse, write):
    write("/A/deals", 1)
    write("/A/deals", 2)
    assert numbers(find_version(warehouse, "/A/deals", 0)) == [1]
    assert numbers(restore_version(warehouse, "/A/deals", 0)) == [1]
    history = read_history(warehouse.latest("/A/deals"))
    assert [(entry.commit.version, entry.rows, entry.is_readable) for entry in history] == [
        (2, 1, True),
        (1, 1, True),
        (0, 1, True),
    ]


def test_vacuum_removes_what_no_version_needs(warehouse, write):
    old, new = write("/A/deals", 1, files=["a.txt"]), write("/A/deals", 2)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    [removed] = remove_unused_files(warehouse, ["/A/deals"], soon)
    assert sorted(removed.files) == sorted([*old.paths, f"_files/{old.files_folder.name}/a.txt"])
    assert removed.bytes > 0
    assert numbers(warehouse.latest("/A/deals")) == numbers(new)
    with pytest.raises(StoreError, match="has no longer the files of version 0"):
        find_version(warehouse, "/A/deals", 0)
