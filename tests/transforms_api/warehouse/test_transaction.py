import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, Field
from deltalake.schema import PrimitiveType

from transforms_api.errors import StoreError, WriteError
from transforms_api.warehouse.provenance import Provenance, TransactionType
from transforms_api.warehouse.table import is_table, latest_version
from transforms_api.warehouse.transaction import Transaction


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


def prepare(transaction, schema, partition_columns=(), **values):
    return transaction.prepare(transaction.stage_commit(schema, partition_columns, **values))


def test_staged_rows_are_visible_after_publishing_and_not_before(tmp_path):
    transaction = staged(tmp_path / "t", a=[1, 2])
    assert not is_table(tmp_path / "t")
    assert transaction.publish(schema(a="long")) == 2
    assert rows(tmp_path / "t") == [{"a": 1}, {"a": 2}]


def test_a_second_transaction_replaces_rows_and_columns(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    staged(tmp_path / "t", b=["x"]).publish(schema(b="string"))
    assert rows(tmp_path / "t") == [{"b": "x"}]
    assert latest_version(tmp_path / "t").version == 1


def test_a_commit_without_rows_is_a_version(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    staged(tmp_path / "t", a=pa.array([], pa.int64())).publish(schema(a="long"))
    assert (rows(tmp_path / "t"), latest_version(tmp_path / "t").rows) == ([], 0)


def test_an_abort_leaves_the_table_as_it_was(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    staged(tmp_path / "t", a=[2]).abort()
    assert rows(tmp_path / "t") == [{"a": 1}]
    assert len(list((tmp_path / "t").glob("transaction-*"))) == 1


def test_an_abort_of_a_first_transaction_leaves_nothing(tmp_path):
    staged(tmp_path / "t", a=[1]).abort()
    assert not (tmp_path / "t").exists()


def test_partition_columns_are_read_from_the_folders(tmp_path):
    staged(tmp_path / "t", folder="m=a%20b", a=[1]).publish(schema(a="long", m="string"), ["m"])
    assert rows(tmp_path / "t") == [{"a": 1, "m": "a b"}]
    assert not latest_version(tmp_path / "t").is_plain


def test_a_commit_says_what_it_was_made_from(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"), provenance=Provenance(transform="x:compute"))
    assert latest_version(tmp_path / "t").commit.transform == "x:compute"


def test_a_broken_log_is_an_error_that_names_the_table(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    (tmp_path / "t" / "_delta_log" / "00000000000000000000.json").write_text("{")
    with pytest.raises(StoreError, match=r"Delta log of .*/t cannot be read"):
        latest_version(tmp_path / "t")


def nested(*fields):
    return {"type": "struct", "fields": [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in fields]}


REFUSED = {
    "no columns": ({}, [], "without columns"),
    "a column without a name": ({"": "long"}, [], "a column without a name: rename column 1"),
    "names that differ in case": ({"id": "long", "ID": "long"}, [], "'id' and 'ID'"),
    "fields that differ in case": ({"p": nested(("id", "long"), ("ID", "long"))}, [], "column 'p': .*'id' and 'ID'"),
    "fields of a list's structs": (
        {"p": {"type": "array", "elementType": nested(("id", "long"), ("ID", "long")), "containsNull": True}},
        [],
        "column 'p': .*'id' and 'ID'",
    ),
    "an interval": ({"a": "interval day to second"}, [], "column 'a': it is interval day to second"),
    "an interval in a struct": ({"a": nested(("b", "interval year"))}, [], "column 'a': it is interval year"),
    "a partition column that is missing": ({"a": "long"}, ["b"], "no column 'b'. Its columns are a"),
    "a partition column in another case": ({"a": "long", "b": "long"}, ["A"], "no column 'A'"),
    "a partition column that occurs twice": ({"a": "long", "b": "long"}, ["b", "b"], "'b' occurs twice"),
    "a nested partition column": ({"a": "long", "b": nested(("c", "long"))}, ["b"], "'b' is nested"),
    "all columns": ({"a": "long"}, ["a"], "partitioned by all of its columns"),
}


@pytest.mark.parametrize(("types", "partition_columns", "message"), REFUSED.values(), ids=REFUSED)
def test_a_schema_that_no_table_can_have_is_refused_when_the_commit_is_prepared(
    tmp_path, types, partition_columns, message
):
    with pytest.raises(WriteError, match=message):
        prepare(staged(tmp_path / "t", a=[1]), schema(**types), partition_columns)
    assert not is_table(tmp_path / "t")


@pytest.mark.parametrize(
    ("features", "setting", "message"),
    [
        (["appendOnly"], "delta.appendOnly", "append-only"),
        (["rowTracking", "domainMetadata"], "delta.enableRowTracking", "Unsupported table features"),
    ],
    ids=["rows must not be removed", "a feature that delta-rs cannot write"],
)
def test_a_commit_that_the_table_s_protocol_forbids_is_refused_when_it_is_prepared(
    tmp_path, features, setting, message
):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    log = tmp_path / "t" / "_delta_log" / f"{0:020}.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        if "protocol" in line:
            line["protocol"] = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features}
        if "metaData" in line:
            line["metaData"]["configuration"] = {setting: "true"}
    log.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(StoreError, match=f"cannot be committed: .*{message}"):
        prepare(staged(tmp_path / "t", a=[2]), schema(a="long"))
    assert rows(tmp_path / "t") == [{"a": 1}]


def test_a_partition_s_value_that_its_column_cannot_have_is_refused_when_the_commit_is_prepared(tmp_path):
    with pytest.raises(StoreError, match="Failed to parse value 'x' as 'long'"):
        prepare(staged(tmp_path / "t", folder="m=x", a=[1]), schema(a="long", m="long"), ["m"])


def test_the_folder_of_a_transaction_is_removed_when_it_is_published(tmp_path):
    transaction = staged(tmp_path / "t", a=[1])
    folder = transaction.folder
    transaction.publish(schema(a="long"))
    assert not folder.exists()
    assert rows(tmp_path / "t") == [{"a": 1}]


def test_a_column_that_a_killed_job_has_added_already_is_not_added_twice(tmp_path):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    transaction = staged(tmp_path / "t", a=[2], b=[3])
    transaction.base = latest_version(tmp_path / "t")
    prepared = prepare(transaction, schema(a="long", b="long"), type=TransactionType.APPEND)
    DeltaTable(str(tmp_path / "t")).alter.add_columns([Field("b", PrimitiveType("long"))])
    prepared.commit()
    assert sorted(rows(tmp_path / "t"), key=lambda row: row["a"]) == [{"a": 1, "b": None}, {"a": 2, "b": 3}]


def test_a_commit_reads_the_log_of_its_table_twice_once_to_rehearse_it(tmp_path, monkeypatch):
    staged(tmp_path / "t", a=[1]).publish(schema(a="long"))
    transaction, opened = staged(tmp_path / "t", a=[2]), []
    read = DeltaTable.__init__

    def count(table, location, *arguments, **options):
        opened.append(str(location))
        read(table, location, *arguments, **options)

    monkeypatch.setattr(DeltaTable, "__init__", count)
    transaction.publish(schema(a="long"))
    assert opened.count(str(tmp_path / "t")) == 2
