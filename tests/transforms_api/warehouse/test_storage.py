"""The storages of a warehouse: a disk, and an object store, for which fsspec's store in memory stands here."""

import uuid
from pathlib import Path

import polars
import pytest
from upath import UPath

from transforms_api.warehouse.paths import storage_of, walk


@pytest.fixture(params=["disk", "store"])
def folder(request, tmp_path):
    return tmp_path if request.param == "disk" else UPath(f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def storage(folder):
    return storage_of(folder)


def write(folder, *paths, content=b"12345"):
    for path in paths:
        if isinstance(folder, Path):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


# Both


def test_names_and_folders_are_those_of_the_folder_itself(folder, storage):
    write(folder, "a", "below/b")
    assert sorted(storage.names(folder)) == ["a", "below"]
    assert storage.folders(folder) == [folder / "below"]


def test_a_folder_that_does_not_exist_is_empty(folder, storage):
    missing = folder / "missing"
    assert (storage.names(missing), storage.folders(missing), storage.files_below(missing)) == ([], [], [])


def test_files_below_a_folder_have_their_names_relative_to_it(folder, storage):
    write(folder, "a", "below/b")
    assert sorted((file.path, file.size) for file in storage.files_below(folder)) == [("a", 5), ("below/b", 5)]


def test_a_file_that_does_not_exist_has_no_info(folder, storage):
    write(folder, "below/a")
    infos = storage.infos(folder, ["below/a", "below/b", "c"])
    assert {path: info and info.size for path, info in infos.items()} == {"below/a": 5, "below/b": None, "c": None}


def test_a_file_is_copied_and_renamed(folder, storage):
    write(folder, "a")
    storage.copy_all([(folder / "a", folder / "below" / "b")])
    storage.rename(folder / "a", folder / "c")
    assert sorted(file.path for file in storage.files_below(folder)) == ["below/b", "c"]


def test_a_file_of_this_machine_is_copied_in(folder, storage, tmp_path):
    write(tmp_path, "source")
    storage.copy_in(tmp_path / "source", folder / "below" / "target")
    assert (folder / "below" / "target").read_bytes() == b"12345"


def test_removed_files_leave_no_empty_folders(folder, storage):
    write(folder, "a", "below/deep/b")
    storage.remove_files(folder, ["below/deep/b"])
    assert storage.names(folder) == ["a"]


def test_a_removed_tree_is_gone_and_removing_it_again_is_no_error(folder, storage):
    write(folder, "below/deep/b")
    storage.remove_tree(folder / "below")
    storage.remove_tree(folder / "below")
    assert storage.names(folder) == []


def test_rows_are_counted_from_the_footers_of_parquet_files(folder, storage, tmp_path):
    polars.DataFrame({"n": [1, 2, 3]}).write_parquet(tmp_path / "rows.parquet")
    write(folder, "three.parquet", content=(tmp_path / "rows.parquet").read_bytes())
    assert storage.row_counts([folder / "three.parquet"]) == [3]


def test_a_walk_goes_into_no_skipped_folder(folder):
    write(folder, "a/deep/x", "b/deep/x")
    walked = [(path.name, names) for path, names in walk(folder, is_skipped=lambda name: name == "a")]
    assert walked[1:] == [("b", ["deep"]), ("deep", [])]


# A disk


def test_a_file_with_two_names_frees_its_bytes_when_both_go(tmp_path):
    storage = storage_of(tmp_path)
    write(tmp_path, "a")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    first, second = sorted(storage.files_below(tmp_path))
    assert storage.exclusive_bytes(tmp_path, [first]) == 0
    assert storage.exclusive_bytes(tmp_path, [first, second]) == 5


def test_a_copy_on_a_disk_is_a_hard_link(tmp_path):
    write(tmp_path, "a")
    storage_of(tmp_path).copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").samefile(tmp_path / "b")


def test_a_new_warehouse_has_a_gitignore_that_excludes_all_of_it(tmp_path):
    storage_of(tmp_path).make_root(tmp_path / "w")
    assert (tmp_path / "w" / ".gitignore").read_text() == "*\n"


def test_the_gitignore_of_a_warehouse_is_not_replaced(tmp_path):
    (tmp_path / ".gitignore").write_text("_logs/\n")
    storage_of(tmp_path).make_root(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "_logs/\n"


def test_a_warehouse_that_has_tables_and_no_gitignore_gets_none(tmp_path):
    (tmp_path / "master").mkdir()
    storage_of(tmp_path).make_root(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["master"]
