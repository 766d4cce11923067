"""A warehouse of unknown origin: links are not followed, and no commit breaks its readers."""

import json
import os

import pytest

from transforms_api.errors import StoreError
from transforms_api.warehouse.branches import list_branches, list_needs
from transforms_api.warehouse.local_storage import append_to
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction, recover
from transforms_api.warehouse.paths import decode_name, storage_of
from transforms_api.warehouse.provenance import TransactionType, newest_change
from transforms_api.warehouse.table import continued_table, latest_version

DEEP = "[" * 100_000 + "]" * 100_000


def log_of(version, number=0):
    return version.table / "_delta_log" / f"{number:020}.json"


def say(version, commit_info):
    """Let the first commit of a table say this of itself, an object or the text of one."""
    text = commit_info if isinstance(commit_info, str) else json.dumps(commit_info)
    others = [line for line in log_of(version).read_text().splitlines() if '"commitInfo"' not in line]
    log_of(version).write_text("\n".join([f'{{"commitInfo": {text}}}', *others]))


def put_elsewhere(path, folder):
    """Move a file or folder to `folder`, and leave a link to it."""
    folder.mkdir(parents=True)
    path.rename(folder / path.name)
    path.symlink_to(folder / path.name)


# Links


@pytest.mark.parametrize(
    "of_the_table",
    [lambda version: version.table, lambda version: version.table / "_delta_log"],
    ids=["the table", "its log"],
)
def test_a_table_that_lies_elsewhere_is_refused(write, warehouse, tmp_path, of_the_table):
    put_elsewhere(of_the_table(write("/A/deals", n=[1])), tmp_path / "private")
    for read in (warehouse.latest, warehouse.last_change, warehouse.table):
        with pytest.raises(StoreError, match="/A/deals on branch 'master' would lie outside of the warehouse"):
            read("/A/deals")


def test_two_datasets_never_share_a_folder_by_a_link(write, warehouse):
    deals = write("/A/deals", n=[1])
    (deals.table.parent / "alias").symlink_to(deals.table)
    with pytest.raises(StoreError, match=r"/A/alias .* has no folder of its own: a link leads to .*/A/deals"):
        warehouse.latest("/A/alias")


@pytest.mark.parametrize(
    "of_the_rows",
    [
        lambda version: version.table / version.paths[0],
        lambda version: (version.table / version.paths[0]).parent,
        log_of,
    ],
    ids=["a file of rows", "their folder", "a commit"],
)
def test_a_link_in_a_table_is_not_followed(write, warehouse, tmp_path, of_the_rows):
    put_elsewhere(of_the_rows(write("/A/deals", n=[1])), tmp_path / "private")
    with pytest.raises(StoreError, match="which is not in its folder, or is a link"):
        warehouse.latest("/A/deals")


@pytest.mark.parametrize("name", ["", "a.txt"], ids=["their folder", "a file"])
def test_a_link_among_a_dataset_s_own_files_is_not_followed(write, warehouse, tmp_path, name):
    put_elsewhere(write("/A/letters", files=["a.txt"]).files_folder / name, tmp_path / "private")
    with pytest.raises(StoreError, match="link"):
        warehouse.latest("/A/letters").file_entries  # noqa: B018


# Folders of the warehouse's own


@pytest.fixture
def victim(tmp_path):
    """A folder outside of the warehouse with one file, `victim`."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "victim").write_text("precious")
    return folder


def build_one(warehouse):
    """Run a job on /A/deals that publishes nothing."""
    with open_multi_table_transaction(warehouse.root, [warehouse.table("/A/deals")], "a job"):
        pass


def files_in(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


@pytest.mark.parametrize("name", ["_jobs", "_locks"])
def test_a_job_is_refused_in_a_warehouse_whose_own_folder_is_a_link(write, warehouse, victim, name):
    write("/A/deals", n=[1])
    (victim / "x.unfinished").write_text("precious")
    (warehouse.root / name).symlink_to(victim)
    with pytest.raises(StoreError, match=f"{name} is a link, or leads elsewhere by one"):
        build_one(warehouse)
    recover(warehouse.root)
    assert files_in(victim) == {"victim": "precious", "x.unfinished": "precious"}


@pytest.mark.parametrize("name", ["_jobs", "_locks", "_logs"])
def test_a_folder_of_the_warehouse_that_is_a_link_to_nothing_is_refused(warehouse, tmp_path, name):
    warehouse.root.mkdir()
    (warehouse.root / name).symlink_to(tmp_path / "not yet there")
    with pytest.raises(StoreError, match=f"{name} is a link"):
        warehouse.storage.own_folder(warehouse.root, name)


def test_a_warehouse_that_is_reached_by_a_link_has_folders_of_its_own(warehouse, tmp_path):
    warehouse.root.mkdir()
    (tmp_path / "link").symlink_to(warehouse.root)
    assert storage_of(tmp_path).own_folder(tmp_path / "link", "_logs") == tmp_path / "link" / "_logs"


@pytest.mark.parametrize("linked", [os.symlink, os.link], ids=["link", "hard link"])
def test_the_holder_of_a_lock_is_written_into_no_file_outside_of_the_warehouse(warehouse, victim, linked):
    build_one(warehouse)
    [holder] = (warehouse.root / "_locks").glob("*.json")
    holder.unlink()
    linked(victim / "victim", holder)
    build_one(warehouse)
    assert files_in(victim) == {"victim": "precious"}
    assert json.loads(holder.read_text())["purpose"] == "a job"


@pytest.mark.parametrize("linked", [os.symlink, os.link], ids=["link", "hard link"])
@pytest.mark.parametrize("which", ["a table's", "that of records"])
def test_a_lock_that_is_a_file_elsewhere_is_refused(warehouse, victim, linked, which):
    build_one(warehouse)
    for lock in (warehouse.root / "_locks").glob("*.lock"):
        if (lock.name == "records.lock") == (which == "that of records"):
            lock.unlink()
            linked(victim / "victim", lock)
    with pytest.raises(StoreError, match=r"\.lock is a link"):
        build_one(warehouse)
    assert files_in(victim) == {"victim": "precious"}


def test_a_warehouse_that_was_copied_with_hard_links_can_be_built(warehouse, tmp_path):
    build_one(warehouse)
    for file in (warehouse.root / "_locks").iterdir():
        os.link(file, tmp_path / file.name)
    build_one(warehouse)


def test_a_record_that_is_a_link_is_never_written_through(warehouse, victim):
    (warehouse.root / "_jobs").mkdir(parents=True)
    (warehouse.root / "_jobs" / "x.json").symlink_to(victim / "victim")
    recover(warehouse.root)
    assert files_in(victim) == {"victim": "precious"}


def test_a_log_that_is_a_link_is_refused_and_one_with_a_second_name_is_begun_anew(tmp_path, victim):
    log = tmp_path / "spark.log"
    log.symlink_to(victim / "victim")
    with pytest.raises(StoreError, match=r"spark\.log is a link"):
        append_to(log)
    log.unlink()
    os.link(victim / "victim", log)
    with append_to(log) as stream:
        stream.write(b"Spark's own words")
    assert log.read_text() == "Spark's own words"
    assert files_in(victim) == {"victim": "precious"}


def test_files_of_a_dataset_are_not_written_through_a_link(write, warehouse, victim):
    (write("/A/deals", n=[1]).table / "_files").symlink_to(victim)
    with pytest.raises(StoreError, match="has no folder for files of its own"):
        warehouse.table("/A/deals")


def test_a_killed_job_s_files_are_not_removed_through_a_link(warehouse, victim):
    files = victim / ("0" * 32)
    files.mkdir()
    (warehouse.root / "master" / "a").mkdir(parents=True)
    (warehouse.root / "master" / "a" / "_files").symlink_to(victim)
    (warehouse.root / "_jobs").mkdir()
    entry = {"table": "master/a", "transaction": "0" * 32}
    (warehouse.root / "_jobs" / "x.json").write_text(json.dumps({"state": "staging", "transactions": [entry]}))
    recover(warehouse.root)
    assert files.is_dir()


def test_rows_of_the_parent_branch_are_not_linked_through_a_link(write, warehouse, victim):
    parent = write("/A/deals", n=[1])
    table = warehouse.table("/A/deals", "feature")
    table.mkdir(parents=True)
    (table / parent.paths[0]).parent.symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"):
        write("/A/deals", branch="feature", adds=True, n=[2])
    assert files_in(victim) == {"victim": "precious"}


# What commits say of themselves


@pytest.mark.parametrize(
    "metadata",
    [
        "[1, 2]",
        '"text"',
        "null",
        {"userMetadata": "no JSON"},
        {"userMetadata": "[1]"},
        {"userMetadata": [1]},
        {"operation": "WRITE", "operationParameters": [1]},
        {"operation": "DELETE", "operationMetrics": [1]},
        f'{{"userMetadata": {DEEP}}}',
        {"userMetadata": DEEP},
    ],
    ids=lambda metadata: str(metadata)[:40],
)
def test_a_commit_that_says_nonsense_of_itself_is_one_of_another_writer(write, metadata):
    version = write("/A/deals", n=[1])
    say(version, metadata)
    commit = newest_change(version.table, "master")
    assert (commit.type, commit.provenance) == (TransactionType.SNAPSHOT, None)


@pytest.mark.parametrize(
    "key",
    [
        {"type": "NONSENSE"},
        {"files": 3},
        {"continues": "master"},
        {"continues": {"table": 3, "branch": "master", "version": 0}},
        {"inputs": [1]},
        {"inputs": {"/A/rates": 3}},
        {"checks": ["good"]},
    ],
    ids=str,
)
def test_a_commit_whose_fields_have_other_types_than_ours_is_one_of_another_writer(write, warehouse, key):
    version = write("/A/deals", n=[1], made_from={"transform": "shop:deals"})
    say(version, {"userMetadata": json.dumps({**json.loads(version.commit.provenance.to_json()), **key})})
    assert newest_change(version.table, "master").provenance is None
    assert warehouse.latest("/A/deals").rows == 1
    assert list_needs(warehouse.root) == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"{"], ids=["no text", "empty", "half"])
def test_a_commit_that_cannot_be_read_says_nothing(write, content):
    version = write("/A/deals", n=[1], made_from={"transform": "shop:deals"})
    log_of(version).write_bytes(content)
    assert newest_change(version.table, "master").provenance is None


def test_a_half_written_commit_is_not_believed_what_it_says_in_its_first_half(write):
    version = write("/A/deals", n=[1], made_from={"transform": "shop:deals"})
    log_of(version).write_text(log_of(version).read_text()[:-10])
    assert '"commitInfo"' in log_of(version).read_text()
    assert newest_change(version.table, "master").provenance is None


def test_a_log_cut_anywhere_is_an_error_or_what_was_there_before(write):
    write("/A/deals", n=[1])
    log = log_of(write("/A/deals", n=[2, 3]), 1)
    content, actions = log.read_bytes(), set()
    for end in range(0, len(content) - 1, 10):
        log.write_bytes(content[:end])
        try:
            actions.add(latest_version(log.parents[1]).rows)
        except StoreError:
            actions.add("error")
    assert actions == {1, "error"}


def test_a_line_that_ends_at_a_strange_character_is_still_one_line(write):
    version = write("/A/deals", n=[1], made_from={"transform": "shop:deals"})
    log_of(version).write_text(log_of(version).read_text().replace('"clientVersion":"', '"clientVersion":"\u2028\x85'))
    assert newest_change(version.table, "master").transform == "shop:deals"


# Branches


def test_branches_that_continue_each_other_are_an_error_and_no_endless_history(write):
    for branch, other in (("a", "b"), ("b", "a")):
        metadata = {"continues": {"table": f"../../../{other}/A/deals", "branch": other, "version": 0}}
        version = write("/A/deals", branch=branch, made_from=metadata, n=[1])
    with pytest.raises(StoreError, match="continues itself"):
        version.commits  # noqa: B018


def test_a_branch_continues_no_folder_that_is_a_link(write, warehouse, tmp_path):
    write("/A/deals", n=[1])
    version = write("/A/deals", branch="feature", adds=True, n=[2])
    put_elsewhere(warehouse.root / "master", tmp_path / "private")
    with pytest.raises(StoreError, match="which is not the same dataset on another branch"):
        continued_table(version.commit, version.commit.continues)


def test_a_branch_whose_parent_is_gone_has_the_history_of_its_own(write, warehouse):
    write("/A/deals", n=[1])
    version = write("/A/deals", branch="feature", adds=True, n=[2])
    (warehouse.root / "master").rename(warehouse.root / "old")
    assert [commit.branch for commit in version.commits] == ["feature"]


@pytest.mark.parametrize("folder", ["~ffffff~", "~", "~~", "~zz~", "~110000~"])
def test_a_folder_that_is_no_encoded_name_keeps_its_own_name(write, warehouse, folder):
    write("/A/deals", n=[1]).table.rename(warehouse.root / "master" / folder)
    assert decode_name(folder) == folder
    assert [list(branch.tables) for branch in list_branches(warehouse.root)] == [[f"/{folder}"]]
