"""Types of Arrow as datasets store them: every value as it was, or an error that names column, type and remedy."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from transforms_api.errors import LightweightTypeError
from transforms_api.warehouse.arrow_rows import schema_json
from transforms_api.warehouse.stored_types import storable, storable_schema

LARGEST = 2**64 - 1


def stored(values, kind):
    """Return the stored type and values of a column."""
    table = storable(pa.table({"x": pa.array(values, kind)}))
    table.validate(full=True)
    schema_json(table.schema)  # Delta has the type
    return str(table.schema.field("x").type), table["x"].to_pylist()


@pytest.mark.parametrize(
    ("kind", "value", "stored_as", "expected"),
    [
        (pa.uint8(), 255, "int16", 255),
        (pa.uint16(), 65_535, "int32", 65_535),
        (pa.uint32(), 2**32 - 1, "int64", 2**32 - 1),
        (pa.uint64(), LARGEST, "decimal128(20, 0)", Decimal(LARGEST)),
        (pa.list_(pa.uint64()), [LARGEST, None], "list<item: decimal128(20, 0)>", [Decimal(LARGEST), None]),
        (pa.large_list(pa.uint64()), [LARGEST], "list<item: decimal128(20, 0)>", [Decimal(LARGEST)]),
        (pa.list_(pa.uint64(), 1), [LARGEST], "list<item: decimal128(20, 0)>", [Decimal(LARGEST)]),
        (pa.list_view(pa.uint64()), [LARGEST], "list<item: decimal128(20, 0)>", [Decimal(LARGEST)]),
        (pa.large_list_view(pa.int64()), [1, 2], "list<item: int64>", [1, 2]),
        (pa.struct([("a", pa.uint64())]), {"a": LARGEST}, "struct<a: decimal128(20, 0)>", {"a": Decimal(LARGEST)}),
        (pa.map_(pa.string(), pa.uint64()), [("k", LARGEST)], "map<string, decimal128(20, 0)>",
         [("k", Decimal(LARGEST))]),
        (pa.map_(pa.uint64(), pa.null()), [(1, None)], "map<decimal128(20, 0), string>", [(Decimal(1), None)]),
        (pa.float16(), 1.5, "float", 1.5),
        (pa.decimal128(5, -2), Decimal("1E+2"), "decimal128(7, 0)", Decimal(100)),
        (pa.decimal256(38, 2), Decimal("1.50"), "decimal128(38, 2)", Decimal("1.50")),
        (pa.date64(), date(2024, 2, 29), "date32[day]", date(2024, 2, 29)),
        (pa.timestamp("ms", "Europe/Berlin"), datetime(2024, 7, 1, 12, tzinfo=UTC),
         "timestamp[us, tz=UTC]", datetime(2024, 7, 1, 12, tzinfo=UTC)),
        (pa.timestamp("ns"), datetime(2024, 7, 1, 12, 0, 0, 1), "timestamp[us, tz=UTC]",
         datetime(2024, 7, 1, 12, 0, 0, 1, tzinfo=UTC)),
        (pa.binary(2), b"ab", "binary", b"ab"),
        (pa.string_view(), "a", "string", "a"),
        (pa.list_(pa.dictionary(pa.int8(), pa.string())), ["a"], "list<item: string>", ["a"]),
        (pa.null(), None, "string", None),
        (pa.list_(pa.null()), [None], "list<item: string>", [None]),
    ],
    ids=str,
)  # fmt: skip
def test_a_type_is_stored_as_one_that_holds_all_its_values(kind, value, stored_as, expected):
    assert stored([value, None], kind) == (stored_as, [expected, None])


def test_dictionaries_run_ends_and_json_are_stored_as_their_values():
    table = pa.table({
        "dictionary": pa.array([LARGEST, 1], pa.uint64()).dictionary_encode(),
        "run_ends": pc.run_end_encode(pa.array([7, 7])),
        "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}", None])),
    })  # fmt: skip
    assert storable(table).to_pydict() == {
        "dictionary": [Decimal(LARGEST), Decimal(1)],
        "run_ends": [7, 7],
        "json": ["{}", None],
    }


@pytest.mark.parametrize("kind", [pa.list_(pa.uint8()), pa.list_view(pa.uint8()), pa.map_(pa.string(), pa.uint8())])
def test_a_part_of_a_table_is_stored_as_that_part(kind):
    values = [[("a", 1)], None, [("b", 2), ("c", 3)], []]
    if not pa.types.is_map(kind):
        values = [value and [number for _, number in value] for value in values]
    table = pa.table({"x": pa.array(values, kind)})
    assert storable(table.slice(1, 2))["x"].to_pylist() == values[1:3]


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (pa.time64("us"), "Column 'x' is time64[us]"),
        (pa.duration("ns"), "Column 'x' is duration[ns]"),
        (pa.month_day_nano_interval(), "Column 'x' is month_day_nano_interval"),
        (pa.decimal256(76, 2), "Column 'x' is decimal256(76, 2)"),
        (pa.decimal128(38, -1), "Column 'x' is decimal128(38, -1)"),
        (pa.sparse_union([pa.field("a", pa.int8())]), "Column 'x' is sparse_union"),
        (pa.uuid(), "Column 'x' is extension<arrow.uuid>"),
        (pa.bool8(), "Column 'x' is extension<arrow.bool8>"),
        (pa.struct([]), "Column 'x' is a struct without fields"),
        (pa.list_(pa.duration("s")), "Column 'x[]' is duration[s]"),
        (pa.struct([("codes", pa.list_(pa.time32("s")))]), "Column 'x.codes[]' is time32[s]"),
        (pa.map_(pa.string(), pa.duration("s")), "Column 'x.value' is duration[s]"),
        (pa.map_(pa.time32("s"), pa.string()), "Column 'x.key' is time32[s]"),
        (pa.struct([("a", pa.int8()), ("A", pa.int8())]), "Column 'x' has the fields 'a' and 'A'"),
    ],
    ids=str,
)
def test_a_type_that_datasets_do_not_have_is_refused_by_column_and_type(kind, named):
    with pytest.raises(LightweightTypeError) as refused:
        storable_schema(pa.schema([("x", kind)]))
    assert str(refused.value).startswith(named)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (pa.array([1], pa.timestamp("ns")), r"'x' \(timestamp\[ns\]\) .* parts of a microsecond.*floor\('us'\)"),
        (pa.array([[1]], pa.list_(pa.timestamp("ns"))), r"'x\[\]' .* parts of a microsecond"),
        (pa.array([2**62], pa.timestamp("s")), "'x' .* out of bounds"),
        (pa.array([2**31 - 1], pa.date32()), "'x' .* outside of the years 0001 to 9999"),
        (pa.array([2**62], pa.timestamp("us")), "'x' .* outside of the years 0001 to 9999"),
        (pa.array([1], pa.int64()).view(pa.date64()), "'x' .* would lose data"),
        (pa.Array.from_buffers(pa.decimal128(38, 0), 1, [None, pa.py_buffer(b"\xff" * 15 + b"\x7f")]),
         "'x' .* does not fit in precision"),
    ],
)  # fmt: skip
def test_a_value_that_the_stored_type_would_change_is_refused(array, problem):
    with pytest.raises(LightweightTypeError, match=problem):
        storable(pa.table({"x": array}))
