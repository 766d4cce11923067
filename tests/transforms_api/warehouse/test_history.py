import os
import re
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, write_deltalake

from transforms_api.errors import StoreError
from transforms_api.warehouse.history import commit_times, find_version, has_its_files, read_history, spans


def changes(version, limit=None):
    return [(entry.commit.version, entry.rows) for entry in read_history(version, limit)]


def remove_rows_of(version):
    for file in version.files:
        os.remove(file)


def test_versions_come_newest_first_each_with_all_the_rows_it_has(write):
    write("/A/deals", deal=["A", "B"])
    write("/A/deals", adds=True, deal=["C"])
    assert changes(write("/A/deals", deal=["D"])) == [(2, 1), (1, 3), (0, 2)]


def test_a_limit_takes_the_newest(write):
    for deal in "ABC":
        last = write("/A/deals", deal=[deal])
    assert changes(last, limit=2) == [(2, 1), (1, 1)]


def test_the_history_of_a_branch_goes_on_in_the_version_that_it_continues(write):
    write("/A/deals", deal=["A"])
    last = write("/A/deals", branch="feature", adds=True, deal=["B"])
    write("/A/deals", deal=["later on master"])
    entries = [(entry.commit.branch, entry.commit.version, entry.rows) for entry in read_history(last)]
    assert entries == [("feature", 0, 2), ("master", 0, 1)]


def test_commits_of_other_writers_are_named_by_their_operation(warehouse):
    table = str(warehouse.table("/A/deals"))
    write_deltalake(table, pa.table({"deal": ["A"]}))
    DeltaTable(table).alter.add_columns([Field("amount", "long")])
    operations = [
        (e.operation, e.commit.type and e.commit.type.value) for e in read_history(warehouse.latest("/A/deals"))
    ]
    assert operations == [("ADD COLUMN", None), ("WRITE", "SNAPSHOT")]


def test_a_version_whose_files_have_been_removed_is_no_longer_there(write):
    remove_rows_of(write("/A/deals", deal=["A"]))
    entries = read_history(write("/A/deals", deal=["B"]))
    assert [entry.is_readable for entry in entries] == [True, False]


def test_a_version_whose_own_files_have_been_removed_is_no_longer_there(write):
    version = write("/A/papers", files=["a.txt"])
    (version.files_folder / "a.txt").unlink()
    version.files_folder.rmdir()
    assert not has_its_files(version)


def test_times_are_those_that_the_commits_say(write):
    before = datetime.now(UTC)
    version = write("/A/deals", deal=["A"])
    [time] = commit_times(version.table).values()
    assert abs((time - before).total_seconds()) < 10


def test_a_commit_that_says_nothing_of_itself_is_as_old_as_its_file(write):
    version = write("/A/deals", deal=["A"])
    log = version.table / "_delta_log" / "00000000000000000000.json"
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "commitInfo" not in line))
    os.utime(log, (86400, 86400))
    assert commit_times(version.table) == {0: datetime(1970, 1, 2, tzinfo=UTC)}


@pytest.mark.parametrize("timestamp", ["10e300", '"soon"', "99999999999999999999999999"])
def test_a_commit_whose_time_is_no_time_is_as_old_as_its_file(write, timestamp):
    version = write("/A/deals", deal=["A"])
    log = version.table / "_delta_log" / "00000000000000000000.json"
    log.write_text(re.sub(r'"timestamp":\d+', f'"timestamp":{timestamp}', log.read_text()))
    os.utime(log, (86400, 86400))
    assert commit_times(version.table) == {0: datetime(1970, 1, 2, tzinfo=UTC)}


# One version


def test_a_version_is_found_by_its_number_and_the_last_one_without(write, warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    assert find_version(warehouse, "/A/deals", 0).version == 0
    assert find_version(warehouse, "/A/deals").version == 1


def test_a_branch_without_the_dataset_finds_the_versions_of_its_fallback_branch(write, warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    version = find_version(replace(warehouse, branch="feature", fallback_branches=("master",)), "/A/deals", 0)
    assert (version.branch, version.version) == ("master", 0)


def test_a_version_that_never_was_is_an_error_that_says_which_there_are(write, warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    with pytest.raises(StoreError, match=r"/A/deals on branch 'master' has no version 7\. .* can be read: 0 to 1\."):
        find_version(warehouse, "/A/deals", 7)


def test_a_version_without_its_files_is_an_error_that_says_which_can_be_read(write, warehouse):
    write("/A/deals", deal=["A"])
    remove_rows_of(write("/A/deals", deal=["B"]))
    write("/A/deals", deal=["C"])
    with pytest.raises(StoreError, match=r"has no longer the files of version 1\. Versions .*: 0, 2\."):
        find_version(warehouse, "/A/deals", 1)


def test_a_dataset_without_versions_is_an_error(warehouse):
    with pytest.raises(StoreError, match=r"/A/deals is not in .* on branch 'master': build it first"):
        find_version(warehouse, "/A/deals")


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([3], "3"), ([2, 0, 1], "0 to 2"), ([0, 1, 5, 7, 8], "0 to 1, 5, 7 to 8")]
)
def test_numbers_in_a_row_are_written_as_a_span(numbers, text):
    assert spans(numbers) == text
