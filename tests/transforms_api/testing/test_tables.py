from datetime import date, datetime

import polars
import pytest

from transforms_api.testing.assertions import Table, read, table_of, written


def cells(*values):
    return [row[0] for row in table_of(polars.DataFrame({"x": list(values)})).rows]


def test_columns_are_shown_with_their_types():
    assert table_of(polars.DataFrame({"id": ["a"], "n": [1]})).columns == ("id : String", "n : Int64")


def test_null_is_no_text():
    assert cells(None, "null", "") == ["*null*", "null", ""]


def test_floats_have_12_digits_since_sums_differ_in_further_ones():
    assert cells(0.1 + 0.2, 0.3, -0.0, 1e300) == ["0.3", "0.3", "0.0", "1e+300"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (date(2024, 11, 15), "2024-11-15"),
        (datetime(2024, 11, 15, 8, 30), "2024-11-15 08:30:00"),
        (b"\x01\xff", "01ff"),
        (["a", None], '["a", null]'),
        ({"by": "Ada", "score": 0.1 + 0.2}, '{"by": "Ada", "score": 0.3}'),
    ],
)
def test_a_cell_is_one_readable_text(value, text):
    assert cells(value) == [text]


def test_a_written_table_is_read_back_with_its_cells():
    table = Table(("a : string", "b : string"), [("one | two \\ three\nfour", ""), ("x", "*null*")])
    as_cells = table_of(polars.DataFrame({"a": ["one | two \\ three\nfour"], "b": [""]})).rows
    assert read(written(Table(table.columns, as_cells))).rows == [("one \\| two \\\\ three\\nfour", "")]


def test_a_table_is_markdown():
    assert (
        written(Table(("id : string", "n : int"), [("a", "1")]))
        == "| id : string | n : int |\n| --- | --- |\n| a | 1 |\n"
    )


def test_rows_of_spark_are_those_of_polars_and_moments_in_utc(spark):
    df = spark.sql(
        "SELECT timestamp'2024-11-15 08:30:00Z' AS seen_at, map('a', 0.1D + 0.2D) AS shares,"
        " array(struct('Ada' AS by, 1 AS score)) AS notes, CAST(NULL AS int) AS n, 1.50BD AS price"
    )
    assert table_of(df).columns[2] == "notes : array<struct<by:string,score:int>>"
    assert table_of(df).rows == [
        ("2024-11-15 08:30:00+00:00", '{"a": 0.3}', '[{"by": "Ada", "score": 1}]', "*null*", "1.50")
    ]
