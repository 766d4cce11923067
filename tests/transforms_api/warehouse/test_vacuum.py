import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.branches import remove_unused_files
from transforms_api.warehouse.history import has_its_files, read_history
from transforms_api.warehouse.locks import lock_tables
from transforms_api.warehouse.restore import restore_version
from transforms_api.warehouse.table import version_at
from transforms_api.warehouse.transaction import Transaction

LAST_WEEK = timedelta(days=7)


@pytest.fixture
def vacuum_at(warehouse):
    """vacuum_at(moment, dataset) → what was removed of it; nothing that was needed since `moment` may be."""

    def run(moment, dataset="/A/deals", branch="master", **options):
        [report] = remove_unused_files(replace(warehouse, branch=branch), [dataset], moment, **options)
        return report

    return run


def now():
    return datetime.now(UTC)


def readable(version):
    """The numbers of the versions that have their files."""
    return [entry.commit.version for entry in read_history(version) if entry.is_readable]


# How long versions stay


def test_versions_that_were_replaced_before_the_moment_go(write, vacuum_at):
    for deal in "ABC":
        last = write("/A/deals", deal=[deal])
    vacuum_at(now())
    assert readable(last) == [2]


def test_a_version_stays_that_was_the_last_one_at_the_moment(write, vacuum_at):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    moment = now()
    last = write("/A/deals", deal=["C"])
    vacuum_at(moment)
    assert readable(last) == [2, 1]


def test_versions_that_a_vacuum_keeps_have_their_rows(write, vacuum_at, rows):
    write("/A/deals", deal=["old"])
    write("/A/deals", deal=["A"])
    write("/A/deals", adds=True, deal=["B"])
    vacuum_at(now())
    assert rows("/A/deals") == [{"deal": "A"}, {"deal": "B"}]


def test_the_log_is_left_alone(write, vacuum_at):
    write("/A/deals", deal=["A"])
    table = write("/A/deals", deal=["B"]).table
    vacuum_at(now())
    assert DeltaTable(str(table)).version() == 1


def test_a_restored_version_keeps_the_files_that_it_shares_with_an_old_one(write, warehouse, vacuum_at, rows):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    restore_version(warehouse, "/A/deals", 0)
    vacuum_at(now())
    assert rows("/A/deals") == [{"deal": "A"}]


def test_partitions_of_other_writers_with_letters_that_paths_encode_stay(warehouse, vacuum_at, rows):
    table = str(warehouse.table("/A/deals"))
    write_deltalake(table, pa.table({"deal": ["old"], "team": ["x"]}), partition_by=["team"])
    write_deltalake(table, pa.table({"deal": ["A"], "team": ["a b/ä:%"]}), mode="overwrite", partition_by=["team"])
    assert len(vacuum_at(now()).files) == 1
    assert rows("/A/deals") == [{"deal": "A", "team": "a b/ä:%"}]


def test_files_of_the_dataset_s_own_go_and_stay_with_their_version(write, vacuum_at):
    write("/A/papers", files=["old.txt"])
    last = write("/A/papers", files=["new.txt"])
    report = vacuum_at(now(), "/A/papers")
    assert [os.path.basename(file) for file in report.files] == ["old.txt", "files.parquet"]
    assert [entry.path for entry in last.file_entries] == ["new.txt"]


# What others need


def test_a_version_from_which_a_dataset_was_made_stays(write, vacuum_at):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    last = write("/A/deals", deal=["C"])
    write("/A/kpis", made_from={"inputs": {"/A/deals": {"branch": "master", "version": 1}}}, n=[1])
    vacuum_at(now())
    assert readable(last) == [2, 1]


def test_a_version_from_which_a_dataset_of_another_branch_was_made_stays(write, vacuum_at):
    write("/A/deals", deal=["A"])
    last = write("/A/deals", deal=["B"])
    made_from = {"inputs": {"/A/deals": {"branch": "master", "version": 0}}}
    write("/A/kpis", branch="feature/x", made_from=made_from, n=[1])
    vacuum_at(now())
    assert readable(last) == [1, 0]


def test_a_version_that_was_needed_by_an_earlier_build_alone_goes(write, vacuum_at):
    write("/A/deals", deal=["A"])
    write("/A/kpis", made_from={"inputs": {"/A/deals": {"branch": "master", "version": 0}}}, n=[1])
    last = write("/A/deals", deal=["B"])
    write("/A/kpis", made_from={"inputs": {"/A/deals": {"branch": "master", "version": 1}}}, n=[2])
    vacuum_at(now())
    assert readable(last) == [1]


def test_a_version_that_a_branch_continues_stays(write, vacuum_at):
    write("/A/deals", deal=["A"])
    write("/A/deals", branch="feature", adds=True, deal=["B"])
    last = write("/A/deals", deal=["C"])
    vacuum_at(now())
    assert readable(last) == [1, 0]


def test_a_branch_keeps_the_rows_that_it_shares_with_a_version_that_goes(write, warehouse, vacuum_at):
    old = write("/A/deals", deal=["A"])
    mine = restore_version(replace(warehouse, branch="feature", fallback_branches=("master",)), "/A/deals", 0)
    write("/A/deals", deal=["B"])
    vacuum_at(now())
    assert not has_its_files(old)
    assert DeltaTable(str(mine.table)).to_pyarrow_table().to_pylist() == [{"deal": "A"}]


def test_a_dataset_below_another_one_is_not_touched(write, vacuum_at):
    write("/A/deals", deal=["A"])
    below = version_at(write("/A/deals/large", deal=["L"]).table, "master", 0)
    write("/A/deals/large", deal=["M"])
    vacuum_at(now())
    assert has_its_files(below)


# What was never committed


def test_files_that_a_killed_job_staged_are_removed_when_they_are_old(write, warehouse, vacuum_at):
    write("/A/deals", deal=["A"])
    staged = Transaction(warehouse.table("/A/deals"))
    staged.folder.mkdir()
    (staged.folder / "part-0.parquet").write_bytes(b"unfinished")
    (staged.folder / ".part-0.parquet.crc").write_bytes(b"1234")
    assert vacuum_at(now() - LAST_WEEK).files == ()
    assert len(vacuum_at(now()).files) == 2
    assert not staged.folder.exists()


def test_a_checksum_stays_with_its_file(write, vacuum_at):
    [file] = write("/A/deals", deal=["A"]).files
    checksum = os.path.join(os.path.dirname(file), f".{os.path.basename(file)}.crc")
    with open(checksum, "w"):
        assert vacuum_at(now()).files == ()


# Reports and refusals


def test_a_vacuum_reports_the_bytes_that_the_disk_gets_back(write, vacuum_at):
    [file] = write("/A/deals", deal=["A"]).files
    size = os.path.getsize(file)
    write("/A/deals", deal=["B"])
    assert vacuum_at(now()).bytes == size


def test_files_that_a_branch_shares_give_no_bytes_back(write, warehouse, vacuum_at):
    write("/A/deals", deal=["A"])
    restore_version(replace(warehouse, branch="feature", fallback_branches=("master",)), "/A/deals", 0)
    write("/A/deals", deal=["B"])
    report = vacuum_at(now())
    assert (len(report.files), report.bytes) == (1, 0)


def test_a_dry_run_of_a_vacuum_names_the_same_files_and_removes_none(write, vacuum_at):
    write("/A/deals", deal=["A"])
    last = write("/A/deals", deal=["B"])
    planned = vacuum_at(now(), dry_run=True)
    assert readable(last) == [1, 0]
    assert vacuum_at(now()) == planned


def test_a_dataset_that_a_branch_only_falls_back_to_is_refused(write, vacuum_at):
    write("/A/deals", deal=["A"])
    with pytest.raises(StoreError, match=r"/A/deals is not in .* on branch 'feature' itself"):
        vacuum_at(now(), branch="feature")


def test_a_table_that_lacks_files_of_its_last_version_is_left_alone(write, vacuum_at):
    old = write("/A/deals", deal=["A"])
    os.remove(write("/A/deals", deal=["B"]).files[0])
    with pytest.raises(StoreError, match="lacks files of its last version; nothing has been removed"):
        vacuum_at(now())
    assert has_its_files(old)


def test_a_vacuum_removes_nothing_while_one_of_its_datasets_is_being_built(write, warehouse):
    old = write("/A/accounts", account=["X"])
    write("/A/accounts", account=["Y"])
    write("/A/deals", deal=["A"])
    with lock_tables(warehouse.root, [warehouse.table("/A/deals")], "a build"), pytest.raises(LockedError):
        remove_unused_files(warehouse, ["/A/accounts", "/A/deals"], now())
    assert has_its_files(old)


@pytest.mark.parametrize("name", [f"transaction-{'0' * 32}", f"_files/{'0' * 32}"])
def test_a_link_in_a_table_s_folder_leads_nowhere(write, vacuum_at, tmp_path, name):
    link = write("/A/deals", deal=["A"]).table / name
    elsewhere = tmp_path / "elsewhere" / "mine.parquet"
    elsewhere.parent.mkdir()
    elsewhere.write_text("not of this warehouse")
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere.parent)
    vacuum_at(now())
    assert elsewhere.exists()


# What jobs leave


def test_files_that_a_job_or_a_task_that_outlived_it_staged_are_removed(write, vacuum_at):
    table = write("/A/deals", deal=["A"]).table
    left = [f"transaction-{'0' * 32}.staged", f"_files/{'0' * 32}.staged", f"_files/{'0' * 32}.unfinished"]
    for folder in left:
        (table / folder).mkdir(parents=True)
        (table / folder / "part.parquet").write_text("left")
    assert set(vacuum_at(now()).files) == {f"{folder}/part.parquet" for folder in left}


def test_a_record_that_can_never_be_completed_is_set_aside_and_does_not_stop_a_vacuum(write, warehouse, vacuum_at):
    write("/A/deals", deal=["A"])
    (warehouse.root / "_jobs").mkdir(exist_ok=True)
    entry = {"table": "master/A/deals", "transaction": "0" * 32, "schema": '{"type": "struct", "fields": []}'}
    record = {"state": "publishing", "transactions": [entry]}
    (warehouse.root / "_jobs" / "x.json").write_text(json.dumps(record))
    assert vacuum_at(now()).files == ()
    assert [file.name for file in (warehouse.root / "_jobs").iterdir()] == ["x.given-up"]
