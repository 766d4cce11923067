import json
from dataclasses import replace

import pytest
from deltalake import DeltaTable

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.locks import lock_tables
from transforms_api.warehouse.restore import restore_version


def parquet_files(table):
    return {file.relative_to(table) for file in table.rglob("*.parquet")}


def texts(version):
    return {entry.path: (version.files_folder / entry.path).read_text() for entry in version.file_entries}


@pytest.fixture
def feature(warehouse):
    return replace(warehouse, branch="feature", fallback_branches=("master",))


def test_a_restore_is_a_new_version_with_the_old_rows_and_columns(write, warehouse, rows):
    write("/A/deals", deal=["A", "B"])
    write("/A/deals", amount=[1])
    assert restore_version(warehouse, "/A/deals", 0).version == 2
    assert rows("/A/deals") == [{"deal": "A"}, {"deal": "B"}]


def test_rows_that_were_added_since_are_gone(write, warehouse, rows):
    write("/A/deals", deal=["A"])
    write("/A/deals", adds=True, deal=["B"])
    restore_version(warehouse, "/A/deals", 0)
    assert rows("/A/deals") == [{"deal": "A"}]


def test_no_data_file_is_written(write, warehouse):
    write("/A/deals", deal=["A"])
    version = write("/A/deals", deal=["B"])
    before = parquet_files(version.table)
    restore_version(warehouse, "/A/deals", 0)
    assert parquet_files(version.table) == before


def test_a_version_that_a_restore_replaced_can_be_restored(write, warehouse, rows):
    write("/A/deals", deal=["good"])
    write("/A/deals", deal=["bad"])
    restore_version(warehouse, "/A/deals", 0)
    restore_version(warehouse, "/A/deals", 1)
    assert rows("/A/deals") == [{"deal": "bad"}]


def test_a_restored_version_has_its_files(write, warehouse):
    write("/A/papers", files=["a.txt"])
    write("/A/papers", files=["b.txt"])
    restored = restore_version(warehouse, "/A/papers", 0)
    assert texts(restored) == {"a.txt": "text of a.txt"}
    assert restored.holds_files_only


def test_the_commit_says_what_was_restored_and_what_that_was_made_from(write, warehouse):
    first = {"kind": "build", "transform": "x:deals", "inputs": {"/A/raw": {"branch": "master", "version": 4}}}
    old = write("/A/deals", made_from=first, deal=["A"])
    write("/A/deals", made_from={"kind": "build", "transform": "x:other"}, deal=["B"])
    provenance = json.loads(restore_version(warehouse, "/A/deals", 0).commit.provenance.to_json())
    assert provenance.pop("transaction") != old.commit.transaction
    assert provenance == {**first, "branch": "master", "restored": 0, "type": "SNAPSHOT"}


def test_a_restored_import_stays_an_import(write, warehouse):
    write("/A/deals", made_from={"kind": "import"}, deal=["A"])
    write("/A/deals", made_from={"kind": "build"}, deal=["B"])
    assert restore_version(warehouse, "/A/deals", 0).commit.provenance.kind == "import"


def test_a_version_that_says_not_who_made_it_was_made_by_the_restore(write, warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    assert restore_version(warehouse, "/A/deals", 0).commit.provenance.kind == "restore"


# On a branch


def test_a_branch_that_reads_the_dataset_from_another_gets_one_of_its_own(write, warehouse, feature, rows):
    write("/A/deals", deal=["A"], amount=[1])
    write("/A/deals", deal=["B"], amount=[2])
    restored = restore_version(feature, "/A/deals", 0)
    assert (restored.branch, restored.version) == ("feature", 0)
    assert DeltaTable(str(restored.table)).to_pyarrow_table().to_pylist() == [{"deal": "A", "amount": 1}]
    assert rows("/A/deals") == [{"deal": "B", "amount": 2}]


def test_a_version_restored_on_a_branch_has_its_files_there(write, feature):
    write("/A/papers", files=["a.txt"])
    write("/A/papers", files=["b.txt"])
    restored = restore_version(feature, "/A/papers", 0)
    assert restored.files_folder.is_relative_to(feature.table("/A/papers"))
    assert texts(restored) == {"a.txt": "text of a.txt"}


def test_no_bytes_are_copied_to_the_branch(write, feature):
    old = write("/A/deals", deal=["A"])
    restored = restore_version(feature, "/A/deals", 0)
    assert (restored.table / restored.paths[0]).samefile(old.files[0])


def test_a_branch_s_own_version_is_meant_where_it_has_one(write, feature):
    write("/A/deals", deal=["of master"])
    write("/A/deals", branch="feature", deal=["of feature"])
    write("/A/deals", branch="feature", deal=["newer"])
    restored = restore_version(feature, "/A/deals", 0)
    assert DeltaTable(str(restored.table)).to_pyarrow_table().to_pylist() == [{"deal": "of feature"}]


# What cannot be restored


def test_the_last_version_needs_no_restore(write, warehouse):
    write("/A/deals", deal=["A"])
    with pytest.raises(StoreError, match="Version 0 of /A/deals is its last one already"):
        restore_version(warehouse, "/A/deals", 0)
    assert warehouse.latest("/A/deals").version == 0


def test_a_version_that_is_not_there_leaves_the_dataset_as_it_is(write, warehouse):
    write("/A/deals", deal=["A"])
    with pytest.raises(StoreError, match="has no version 5"):
        restore_version(warehouse, "/A/deals", 5)
    assert warehouse.latest("/A/deals").version == 0


def test_rows_that_delta_rs_would_restore_wrongly_are_left_to_spark(write, warehouse):
    first = write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    log = first.table / "_delta_log" / "00000000000000000000.json"
    plain = '"minReaderVersion":1,"minWriterVersion":2}}'
    with_vectors = (
        '"minReaderVersion":3,"minWriterVersion":7,'
        '"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}'
    )
    log.write_text(log.read_text().replace(plain, with_vectors))
    with pytest.raises(
        StoreError, match=r"only Delta on Spark can restore: RESTORE TABLE delta\.`.*` TO VERSION AS OF 0"
    ):
        restore_version(warehouse, "/A/deals", 0)


def test_a_dataset_that_is_being_built_is_refused(write, warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    with (
        lock_tables(warehouse.root, [warehouse.table("/A/deals")], "a build"),
        pytest.raises(LockedError, match="a build"),
    ):
        restore_version(warehouse, "/A/deals", 0)
