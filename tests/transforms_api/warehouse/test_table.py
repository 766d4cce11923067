"""What a Delta log says is believed only as far as the table's own folder and its branches go."""

import json

import polars
import pytest
from deltalake import write_deltalake

from transforms_api.errors import StoreError
from transforms_api.warehouse.table import latest_version


@pytest.mark.parametrize("path", ["file:///private/x.parquet", "/private/x.parquet", "../x.parquet", "a/..%2F..%2Fx"])
def test_a_log_that_names_rows_elsewhere_is_refused(write, path):
    version = write("/A/deals", n=[1])
    log = version.table / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text().replace(version.paths[0], path))
    with pytest.raises(StoreError, match="which is not in its folder"):
        latest_version(version.table)


def test_a_dataset_s_own_files_are_those_of_its_commit(write):
    version = write("/A/letters", files=["a.txt"])
    assert [entry.path for entry in version.file_entries] == ["a.txt"]


@pytest.mark.parametrize("folder", ["../../../private", "/private", "_files/../../..", "_files", ""])
def test_a_log_that_names_a_folder_elsewhere_is_refused(write, folder):
    version = write("/A/deals", n=[1], made_from={"files": folder})
    with pytest.raises(StoreError, match="which is no folder of its files"):
        version.files_folder  # noqa: B018


def test_a_branch_s_history_goes_on_in_the_branch_that_it_continues(write):
    write("/A/deals", n=[1])
    version = write("/A/deals", branch="feature", adds=True, n=[2])
    assert [commit.branch for commit in version.commits] == ["feature", "master"]


@pytest.mark.parametrize("table", ["../../../elsewhere/A/deals/x", "../../master/A/other", "/A/deals", "."])
def test_a_log_that_continues_another_dataset_is_refused(write, table):
    version = write("/A/deals", n=[1], made_from={"continues": {"table": table, "branch": "other", "version": 0}})
    with pytest.raises(StoreError, match="which is not the same dataset on another branch"):
        version.commits  # noqa: B018


def test_columns_that_have_other_names_in_the_files_are_seen_under_the_older_protocol_too(tmp_path):
    write_deltalake(str(tmp_path), polars.DataFrame({"n": [1]}).to_arrow())
    assert not latest_version(tmp_path).has_rewritten_rows
    log = tmp_path / "_delta_log" / f"{0:020}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    [protocol] = [action["protocol"] for action in actions if "protocol" in action]
    [metadata] = [action["metaData"] for action in actions if "metaData" in action]
    protocol |= {"minReaderVersion": 2, "minWriterVersion": 5}
    schema = json.loads(metadata["schemaString"])
    schema["fields"][0]["metadata"] = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}
    metadata["schemaString"] = json.dumps(schema)
    metadata["configuration"] = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"}
    log.write_text("\n".join(map(json.dumps, actions)))
    assert latest_version(tmp_path).has_rewritten_rows
