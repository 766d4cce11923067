"""pandas DataFrames as Arrow tables and back: types that pandas does not have, and values of several types."""

import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import numpy
import pandas
import pyarrow as pa
import pytest

from transforms_api.errors import LightweightTypeError
from transforms_api.runtime.pandas_frames import KnownTypes, MapCell, from_pandas, to_pandas

BIG = 2**53 + 1


def typed(cells, /, dtype=object, **known):
    """Return the Arrow type and the values of a pandas column."""
    column = from_pandas(pandas.DataFrame({"x": pandas.Series(cells, dtype=dtype)}), KnownTypes(**known))["x"]
    return str(column.type), column.to_pylist()


def cells(values, kind, **options):
    return to_pandas(pa.table({"x": pa.array(values, kind)}), **options)["x"].tolist()


# Reading


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (pa.list_(pa.int64()), [BIG, None], [BIG, None]),
        (pa.list_(pa.float64()), [1.5, None], [1.5, None]),
        (pa.map_(pa.string(), pa.int64()), [("k", BIG)], {"k": BIG}),
        (pa.list_(pa.map_(pa.string(), pa.list_(pa.int32()))), [[("k", [1, None])]], [{"k": [1, None]}]),
        (pa.struct([("m", pa.map_(pa.int64(), pa.string()))]), {"m": [(1, "a")]}, {"m": {1: "a"}}),
    ],
    ids=str,
)
def test_cells_of_nested_columns_are_plain_lists_and_dicts(kind, value, cell):
    assert cells([value, None], kind) == [cell, None]


def test_integers_beside_nulls_are_floats_if_these_have_all_digits():
    assert to_pandas(pa.table({"x": [1, None]}))["x"].dtype == "float64"
    assert to_pandas(pa.table({"x": [BIG, None]}))["x"].tolist() == [BIG, pandas.NA]


def test_times_in_cells_are_in_utc_with_or_without_a_zone():
    noon = datetime(2024, 7, 1, 12, tzinfo=UTC)
    kind = pa.list_(pa.timestamp("us", "UTC"))
    assert cells([[noon]], kind) == [[noon]]
    assert cells([[noon]], kind, naive=True) == [[datetime(2024, 7, 1, 12)]]


def test_columns_keep_their_order_and_rows_their_number():
    table = pa.table({"a": [[1], [2]], "b": [1, 2], "c": [{"d": 1}, {"d": 2}]})
    assert list(to_pandas(table)) == ["a", "b", "c"]
    assert len(to_pandas(table.select(["a"]))) == 2
    assert len(to_pandas(table.slice(0, 0))) == 0


def test_a_map_with_a_key_twice_is_not_read_as_one_of_its_values():
    with pytest.raises(LightweightTypeError, match="key twice"):
        cells([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))


# Writing


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([[BIG, None], [numpy.nan]], "list<item: int64>", [[BIG, None], [None]]),
        ([[1.5, float("inf")]], "list<item: double>", [[1.5, float("inf")]]),
        ([numpy.array([2**64 - 1], "uint64")], "list<item: uint64>", [[2**64 - 1]]),
        ([MapCell(k=1), {}], "map<string, int64>", [[("k", 1)], []]),
        ([{1: "a"}], "map<int64, string>", [[(1, "a")]]),
        ([{"a": 1}, {"b": "x"}], "struct<a: int64, b: string>", [{"a": 1, "b": None}, {"a": None, "b": "x"}]),
        ([Decimal("1.50"), None], "decimal128(38, 18)", [Decimal("1.50"), None]),
        ([Decimal("1.5"), 2], "decimal128(38, 18)", [Decimal("1.5"), Decimal(2)]),
        ([{"d": [Decimal("100.25")]}], "struct<d: list<item: decimal128(38, 18)>>", [{"d": [Decimal("100.25")]}]),
        ([1, 2.5, None], "double", [1.0, 2.5, None]),
        ([True, None], "bool", [True, None]),
        (["a", numpy.nan], "string", ["a", None]),
        ([b"a", None], "binary", [b"a", None]),
        ([date(2024, 1, 1), pandas.NaT], "date32[day]", [date(2024, 1, 1), None]),
        ([datetime(2024, 7, 1, 12), datetime(2024, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))],
         "timestamp[us]", [datetime(2024, 7, 1, 12)] * 2),
    ],
    ids=str,
)  # fmt: skip
def test_types_follow_from_the_values_of_objects(values, kind, expected):
    assert typed(values) == (kind, expected)


def test_nan_in_a_list_of_floats_stays_nan():
    [[number, none]] = typed([[float("nan"), None]])[1]
    assert (number != number, none) == (True, None)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["a", b"b"], "'x' has bytes and text"),
        ([date(2024, 1, 1), datetime(2024, 1, 1, 5)], "'x' has dates and datetimes"),
        ([True, 1], "'x' has booleans and integers"),
        ([1, "a"], "'x' has integers and text"),
        ([{"codes": [1, "a"]}], r"'x\.codes\[\]' has integers and text"),
        ([BIG, 0.5], "'x' .* more digits than a float has"),
        ([2**64], "'x' .* more than 64 bits"),
        ([Decimal("1e21")], "'x' has decimals that do not fit decimal128"),
        ([Decimal("0.1234567890123456789")], "'x' has decimals that do not fit decimal128"),
        ([Decimal("Infinity")], "'x' has decimals that do not fit decimal128"),
        ([time(1)], "'x' is of Python's time"),
        ([[timedelta(1)]], r"'x\[\]' is of Python's timedelta.*seconds"),
        ([1 + 2j], "'x' is of Python's complex"),
        ([uuid.UUID(int=1)], "'x' is of Python's UUID"),
        ([object()], "'x' is of Python's object"),
        ([pandas.Period("2024-01")], "'x' is of Python's Period"),
        ([[pandas.Timestamp("2024-01-01 00:00:00.000000001")]], r"'x\[\]' has times with parts of a microsecond"),
        ([{}], "'x' is a struct without fields"),
    ],
    ids=lambda case: case if isinstance(case, str) else type(case[0]).__name__,
)
def test_objects_that_no_column_holds_are_refused_by_column_and_kind(values, problem):
    with pytest.raises(LightweightTypeError, match=problem):
        typed(values)


@pytest.mark.parametrize(
    "column",
    [
        pandas.Series(pandas.period_range("2024-01", periods=1, freq="M")),
        pandas.Series(pandas.interval_range(0, 1)),
        pandas.Series([1 + 2j]),
        pandas.Series([numpy.longdouble("1.1")]),
        pandas.Series(pandas.arrays.SparseArray([1, 0])),
        pandas.cut(pandas.Series([1, 2, 3]), 2),
        pandas.Series(pandas.Categorical([1, "a"])),
    ],
    ids=lambda column: str(column.dtype),
)
def test_types_of_pandas_that_datasets_do_not_have_are_refused(column):
    with pytest.raises(LightweightTypeError, match=r"^Column 'x' "):
        from_pandas(pandas.DataFrame({"x": column}))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("string", "a"),
        ("string[pyarrow]", "a"),
        ("boolean", True),
        ("Int8", 1),
        (pandas.ArrowDtype(pa.decimal128(10, 2)), Decimal("1.50")),
        (pandas.ArrowDtype(pa.list_(pa.int16())), [1]),
        (pandas.ArrowDtype(pa.date32()), date(2024, 1, 1)),
    ],
    ids=str,
)
def test_nullable_types_of_pandas_are_stored_as_they_are(dtype, value):
    assert typed([value, None], dtype)[1] == [value, None]


def test_text_that_utf_8_does_not_have_is_refused():
    with pytest.raises(LightweightTypeError, match=r"Column 'x' .* surrogates not allowed"):
        typed(["\ud800"])


def test_nulls_alone_take_the_type_of_the_dataset_they_are_added_to():
    assert typed([None], "float64", stored={"x": pa.string()}) == ("string", [None])


def test_categories_are_stored_as_their_values():
    assert typed(["b", None, "a", "b"], "category") == ("string", ["b", None, "a", "b"])


# Types that are known from elsewhere


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.list_(pa.int16()), [[1, None]]),
        (pa.list_(pa.float32()), [[0.5]]),
        (pa.map_(pa.string(), pa.int32()), [{}]),
        (pa.list_(pa.string()), [[], None]),
        (pa.struct([("a", pa.int8()), ("b", pa.list_(pa.date32()))]), [{"a": 1, "b": []}]),
        (pa.date32(), [None]),
    ],
    ids=str,
)
def test_the_type_of_an_input_s_column_is_kept_if_it_holds_the_values(kind, values):
    assert typed(values, read={"x": kind})[0] == str(kind)


def test_values_that_the_type_of_an_input_s_column_does_not_hold_get_their_own():
    assert typed([[2**20]], read={"x": pa.list_(pa.int16())}) == ("list<item: int64>", [[2**20]])
    assert typed([["a"]], read={"x": pa.list_(pa.int16())}) == ("list<item: string>", [["a"]])


def test_floats_are_the_input_s_integers_if_all_of_them_come_from_there():
    known = {"read": {"x": pa.int32()}, "values": lambda name: pa.chunked_array([pa.array([1, 2, None], pa.int32())])}
    assert typed([2.0, None], "float64", **known) == ("int32", [2, None])
    assert typed([2.5, None], "float64", **known)[0] == "double"
    assert typed([3.0, None], "float64", **known)[0] == "double"


def test_decimals_take_the_type_of_the_dataset_they_are_added_to_and_not_of_an_input():
    assert typed([Decimal("1.5")], stored={"x": pa.decimal128(10, 2)})[0] == "decimal128(10, 2)"
    assert typed([Decimal("1.5")], read={"x": pa.decimal128(10, 2)})[0] == "decimal128(38, 18)"


def test_numbers_take_the_type_of_the_dataset_they_are_added_to_only_if_they_stay_what_they_are():
    assert typed([2.0, None], "float64", stored={"x": pa.int64()}) == ("int64", [2, None])
    assert typed([2.5], "float64", stored={"x": pa.int64()}) == ("double", [2.5])
    assert typed([BIG], "int64", stored={"x": pa.float64()}) == ("int64", [BIG])
    assert typed(["1"], stored={"x": pa.int64()}) == ("string", ["1"])
