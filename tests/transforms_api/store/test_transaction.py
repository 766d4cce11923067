import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from transforms_api.errors import StoreError
from transforms_api.store.delta_log import is_table, latest_version, provenance
from transforms_api.store.transaction import Transaction


def schema(**types):
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in types.items()]
    return json.dumps({"type": "struct", "fields": fields})


def staged(table, folder="", **columns):
    transaction = Transaction(table)
    file = transaction.folder / folder / "part-0.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), file)
    return transaction


def rows(table):
    return DeltaTable(str(table)).to_pyarrow_table().to_pylist()


def test_staged_rows_are_visible_after_publishing_and_not_before(tmp_path):
    transaction = staged(tmp_path / "t", a=[1, 2])
    assert not is_table(tmp_path / "t")
    assert transaction.publish(schema(a="long"), [], {}) == 2
    assert rows(tmp_path / "t") == [{"a": 1}, {"a": 2}]


def test_a_second_transaction_replaces_rows_and_columns(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), [], {})
    staged(tmp_path / "t", b=["x"]).publish(schema(b="string"), [], {})
    assert rows(tmp_path / "t") == [{"b": "x"}]
    assert latest_version(tmp_path / "t").version == 1


def test_no_rows_are_a_version_too(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), [], {})
    staged(tmp_path / "t", a=pa.array([], pa.int64())).publish(schema(a="long"), [], {})
    assert (rows(tmp_path / "t"), latest_version(tmp_path / "t").rows) == ([], 0)


def test_an_abort_leaves_the_table_as_it_was(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), [], {})
    staged(tmp_path / "t", a=[2]).abort()
    assert rows(tmp_path / "t") == [{"a": 1}]
    assert len(list((tmp_path / "t").glob("transaction-*"))) == 1


def test_an_abort_of_a_first_transaction_leaves_nothing(tmp_path):
    staged(tmp_path / "t", a=[1]).abort()
    assert not (tmp_path / "t").exists()


def test_partition_columns_are_read_from_the_folders(tmp_path):
    staged(tmp_path / "t", folder="m=a%20b", a=[1]).publish(schema(a="long", m="string"), ["m"], {})
    assert rows(tmp_path / "t") == [{"a": 1, "m": "a b"}]
    assert not latest_version(tmp_path / "t").is_plain


def test_a_commit_says_what_it_was_made_from(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), [], {"transform": "x:compute"})
    assert provenance(tmp_path / "t")["transform"] == "x:compute"


def test_a_broken_log_is_an_error_that_names_the_table(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), [], {})
    (tmp_path / "t" / "_delta_log" / "00000000000000000000.json").write_text("{")
    with pytest.raises(StoreError, match=r"Delta log of .*/t cannot be read"):
        latest_version(tmp_path / "t")
