"""Rows of folders and files from outside: formats, and the types of values that have none."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms_api.errors import ImportSourceError
from transforms_api.importing.sources import read_source

ROWS = [{"id": 1, "item": "pen"}, {"id": 2, "item": "ink"}]


def rows_of(source):
    table = read_source(source)
    return [row for batch in table.read(table.schema) for row in batch.to_pylist()]


@pytest.fixture
def imported(source):
    """imported({file name: content}) → the rows of a folder of these files."""
    return lambda files: rows_of(source(files))


@pytest.fixture
def values(imported):
    """values(text, …) → what texts in a column of a CSV file become."""
    return lambda *texts: [row["x"] for row in imported({"a.csv": "id,x\n" + "".join(f"1,{text}\n" for text in texts)})]


# Formats


@pytest.mark.parametrize(
    "files",
    [
        {"a.parquet": pa.table({"id": [1, 2], "item": ["pen", "ink"]})},
        {"a.csv": "id,item\n1,pen\n2,ink\n"},
        {"a.CSV": "id,item\r\n1,pen\r\n2,ink\r\n"},
        {"a.csv.gz": gzip.compress(b"id,item\n1,pen\n2,ink\n")},
        {"a.jsonl": '{"id": 1, "item": "pen"}\n\n{"id": 2, "item": "ink"}\n'},
        {"a.ndjson.gz": gzip.compress(b'{"id": 1, "item": "pen"}\n{"id": 2, "item": "ink"}\n')},
        {"a.json": '{"id": 1, "item": "pen"}\n{"id": 2, "item": "ink"}'},
        {"a.json": '[{"id": 1, "item": "pen"}, {"id": 2, "item": "ink"}]'},
        {"a.json": '[\n  {"id": 1, "item": "pen"},\n  {"id": 2, "item": "ink"}\n]'},
        {"a.json": '{\n  "id": 1,\n  "item": "pen"\n}', "b.json": '{"id": 2, "item": "ink"}'},
    ],
    ids=lambda files: " ".join(files),
)
def test_files_of_every_format_become_the_same_rows(imported, files):
    assert imported(files) == ROWS


def test_a_single_file_works_as_a_folder_does(source):
    folder = source({"a.csv": "id,item\n1,pen\n2,ink\n", "b.csv": "id,item\n3,cap\n"})
    assert rows_of(folder / "a.csv") == ROWS


def test_all_files_of_a_folder_are_read_but_hidden_ones(imported):
    files = {
        "part-1.csv": "id,item\n1,pen\n", "more/part-2.csv": "item,id\nink,2\n",
        "_SUCCESS": "", ".part-1.csv.crc": "\0", "_tmp/part-3.csv": "id,item\n3,cap\n",
    }  # fmt: skip
    assert imported(files) == [{"item": "ink", "id": 2}, {"item": "pen", "id": 1}]


def test_empty_json_files_as_spark_leaves_them_have_no_rows(imported):
    assert imported({"part-0.json": "", "part-1.json": '{"id": 1}\n'}) == [{"id": 1}]


def test_columns_that_only_some_files_have_are_null_elsewhere(imported):
    files = {"a.parquet": pa.table({"id": [1]}), "b.parquet": pa.table({"id": [2], "item": ["ink"]})}
    assert imported(files) == [{"id": 1, "item": None}, {"id": 2, "item": "ink"}]


def test_folders_called_name_and_value_give_columns(imported):
    files = {
        "day=2024-01-31/month=01/a.parquet": pa.table({"id": [1]}),
        "day=2024-02-01/month=__HIVE_DEFAULT_PARTITION__/a.parquet": pa.table({"id": [2]}),
    }
    assert imported(files) == [
        {"id": 1, "day": date(2024, 1, 31), "month": "01"},
        {"id": 2, "day": date(2024, 2, 1), "month": None},
    ]


def test_a_delta_table_is_read_at_its_last_version_with_its_partition_columns(source):
    table = source({}) / "orders"
    write_deltalake(table, pa.table({"id": [9], "item": ["old"]}), partition_by=["item"])
    write_deltalake(table, pa.table({"id": [1, 2], "item": ["pen", "ink"]}), partition_by=["item"], mode="overwrite")
    assert sorted(rows_of(table), key=lambda row: row["id"]) == ROWS


def test_columns_that_a_delta_table_renamed_are_read_under_their_new_names(source):
    renamed = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "old"}
    column = {"name": "New name", "type": "long", "nullable": True, "metadata": renamed}
    table = source({"orders/a.parquet": pa.table({"old": [1, 2]})}) / "orders"
    log = [
        {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}},
        {
            "metaData": {
                "id": "1", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                "schemaString": json.dumps({"type": "struct", "fields": [column]}),
                "configuration": {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"},
            }
        },
        {
            "add": {
                "path": "a.parquet", "partitionValues": {}, "size": (table / "a.parquet").stat().st_size,
                "modificationTime": 0, "dataChange": True,
            }
        },
    ]  # fmt: skip
    source({f"orders/_delta_log/{0:020}.json": "\n".join(map(json.dumps, log))})
    assert rows_of(table) == [{"New name": 1}, {"New name": 2}]


def test_files_are_read_a_few_rows_at_a_time(source):
    table = pa.table({"id": range(500_000)})
    source_table = read_source(source({f"{number}.parquet": table for number in range(5)}))
    before = pa.total_allocated_bytes()
    held = max(pa.total_allocated_bytes() - before for _ in source_table.read(source_table.schema))
    assert held < 2 * table.nbytes


def test_rows_keep_their_order_beyond_one_batch(imported):
    numbers = list(range(200_000))
    assert [row["id"] for row in imported({"a.parquet": pa.table({"id": numbers})})] == numbers


def test_types_that_datasets_do_not_have_are_replaced_by_theirs(imported):
    noon = datetime(2024, 1, 31, 12)
    kinds = {"small": pa.uint8(), "time": pa.timestamp("ns"), "choice": pa.dictionary(pa.int8(), pa.string())}
    table = pa.table({"small": [1], "time": [noon], "choice": ["pen"]}, schema=pa.schema(list(kinds.items())))
    assert imported({"a.parquet": table}) == [{"small": 1, "time": noon.replace(tzinfo=UTC), "choice": "pen"}]


# Types of texts


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["007", "12"], ["007", "12"]),
        (["0", "-12"], [0, -12]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1.0", "2.5", "1e-07"], [1.0, 2.5, 1e-7]),
        (["1.0", "2"], ["1.0", "2"]),
        (["1.10", "-12.50"], [Decimal("1.10"), Decimal("-12.50")]),
        (["1.10", "2.5"], ["1.10", "2.5"]),
        (["12E5", "34e7"], ["12E5", "34e7"]),
        (["1e3", "1"], ["1e3", "1"]),
        (["1e400", "1"], ["1e400", "1"]),
        (["+49", "7"], ["+49", "7"]),
        (["-0", "1"], ["-0", "1"]),
        (["-0.0", "1.5"], ["-0.0", "1.5"]),
        (["0.5", ".5"], ["0.5", ".5"]),
        (['"1,000"', "1"], ["1,000", "1"]),
        (["NaN", "1"], ["nan", "1.0"]),
        (["NaN", ""], ["NaN", None]),
        (["inf", "1.5"], ["inf", "1.5"]),
        (["9223372036854775807"], [2**63 - 1]),
        (["9007199254740993", "1.5"], ["9007199254740993", "1.5"]),
        (["0.1234567890123456789"], [Decimal("0.1234567890123456789")]),
        (["0.12345678901234567", "0.1"], ["0.12345678901234567", "0.1"]),
        (["T", "F"], ["T", "F"]),
        (["12345678901234567890", "1"], ["12345678901234567890", "1"]),
        (["0x1F", "1"], ["0x1F", "1"]),
        (["true", "False"], [True, False]),
        (["2024-01-31", ""], [date(2024, 1, 31), None]),
        (["2024-02-30", "2024-01-31"], ["2024-02-30", "2024-01-31"]),
        (["NA", "1"], ["NA", "1"]),
        (["", '""', "a"], [None, "", "a"]),
        (["", ""], [None, None]),
        (['"two\nlines, ""quoted"""'], ['two\nlines, "quoted"']),
    ],
)
def test_a_csv_column_has_the_narrowest_type_that_loses_nothing(values, texts, expected):
    column = values(*texts)
    assert ([str(value) for value in column] if expected[0] == "nan" else column) == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.from_regex(r"[+-]?[01]{0,3}[\.,]?[0-9]{0,17}([eE][+-]?[0-9]{1,2})?", fullmatch=True), min_size=1)
)
def test_a_number_of_a_csv_file_is_written_as_its_text_again(values, texts):
    for text, value in zip(texts, values(*(f'"{text}"' for text in texts)), strict=True):
        assert text in (value, str(value), str(value).removesuffix(".0"), f"{value}".replace("e+", "e"))


@pytest.mark.parametrize(
    ("first", "text"),
    [
        ("1", "007"),
        ("1.5", "1e400"),
        ("1.5", "12E5"),
        ("1.5", "0.1234567890123456789"),
        ("true", "T"),
        ("1.10", "1.105"),
    ],
)
def test_a_text_that_the_type_of_the_dataset_s_column_would_change_is_not_added(source, first, text):
    schema = read_source(source({"first/a.csv": f"x\n{first}\n"}) / "first").schema
    added = read_source(source({"more/a.csv": f"x\n{text}\n"}) / "more")
    with pytest.raises(ImportSourceError, match="column 'x' cannot become"):
        list(added.read(schema))


def test_zeros_at_the_end_of_decimals_are_added_to_a_column_of_floats(source):
    schema = read_source(source({"first/a.csv": "x\n1.5\n"}) / "first").schema
    added = read_source(source({"more/a.csv": "x\n2.50\n3.00\n4\n"}) / "more")
    assert [row["x"] for batch in added.read(schema) for row in batch.to_pylist()] == [2.5, 3.0, 4.0]


def test_times_without_a_zone_are_in_utc(values):
    ten = datetime(2024, 1, 31, 10, tzinfo=UTC)
    assert values("2024-01-31 10:00:00", "2024-01-31T10:00Z", "2024-01-31T11:00:00.000+01:00") == [ten] * 3


def test_a_single_late_text_makes_the_column_of_a_csv_file_text(imported):
    files = {"a.csv": "x\n" + "1\n" * 700_000 + "n/a\n"}
    assert {type(row["x"]) for row in imported(files)} == {str}


def test_types_are_those_of_all_files(imported):
    assert imported({"a.csv": "x\n1\n", "b.csv": "x\n2.5\n"}) == [{"x": 1.0}, {"x": 2.5}]
    assert imported({"a.csv": "x\n1\n", "b.csv": "x\nno\n"}) == [{"x": "1"}, {"x": "no"}]
    assert imported({"a.csv": "x\n1\n", "b.csv": "x\n2.50\n"}) == [{"x": "1"}, {"x": "2.50"}]
    assert imported({"a.csv": "x\n9007199254740993\n", "b.csv": "x\n2.5\n"})[0] == {"x": "9007199254740993"}


def test_unsigned_integers_of_parquet_files_keep_all_their_digits(imported):
    table = pa.table({"x": pa.array([2**64 - 1], pa.uint64())})
    assert imported({"a.parquet": table}) == [{"x": Decimal(2**64 - 1)}]


def test_intervals_of_parquet_files_are_refused_and_not_read_as_bytes(source):
    folder = source({"_SUCCESS": ""})
    duckdb.sql("select interval 1 day wait").write_parquet(str(folder / "a.parquet"))
    with pytest.raises(ImportSourceError, match="'wait' is an interval of Parquet"):
        read_source(folder)


def test_numbers_of_json_files_that_floats_do_not_have_stay_text(imported):
    lines = '{"x": 0.1234567890123456789, "y": 1.10}\n{"x": 1e400, "y": 2}\n'
    assert imported({"a.jsonl": lines}) == [{"x": "0.1234567890123456789", "y": 1.1}, {"x": "1e400", "y": 2.0}]


def test_objects_and_arrays_of_json_are_nested_columns(imported):
    lines = '{"a": {"b": 1}, "c": [1]}\n{"a": {"d": "x"}, "c": []}\n'
    assert imported({"a.jsonl": lines}) == [
        {"a": {"b": 1, "d": None}, "c": [1]},
        {"a": {"b": None, "d": "x"}, "c": []},
    ]


def test_json_values_without_a_common_type_are_their_json(imported):
    lines = '{"x": 1, "y": {}}\n{"x": "a", "y": {}}\n{"x": [true, null], "y": null}\n'
    assert imported({"a.jsonl": lines}) == [
        {"x": "1", "y": "{}"},
        {"x": "a", "y": "{}"},
        {"x": "[true, null]", "y": None},
    ]
