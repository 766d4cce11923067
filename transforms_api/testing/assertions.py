"""Assertions about DataFrames: they satisfy a contract, are equal, or have the rows of a snapshot.

Differences are readable lines. Snapshots are Markdown tables beside the test, for reviewers, managed by syrupy, which
is imported only by tests that use them.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.errors import SnapshotError
from transforms_api.expectations import Check, col, evaluate_checks, primary_key, schema
from transforms_api.porting import Contract, most_of, values_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from syrupy.extensions.single_file import SingleFileSnapshotExtension

NULL = "*null*"


@dataclass(frozen=True)
class Table:
    """Rows as texts.

    Attributes:
        columns: the columns with their types: 'amount : double'.
        rows: one text per column.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.partition(" : ")[0] for column in self.columns]


def table_of(frame: Any) -> Table:
    """Return the rows of a DataFrame in their order.

    Floats have 12 digits, since further digits of a sum depend on the order of addition; timestamps are in UTC.

    Args:
        frame: a DataFrame of Spark or Polars.
    """
    if type(frame).__module__.startswith("polars."):
        frame = frame.lazy().collect()
        columns = [f"{name} : {data_type}" for name, data_type in frame.schema.items()]
        cells = frame.rows()
    else:
        fields = frame.schema.fields
        columns = [f"{field.name} : {field.dataType.simpleString()}" for field in fields]
        types = [field.dataType for field in fields]
        cells = [[_of_spark(*cell) for cell in zip(row, types, strict=True)] for row in frame.collect()]
    return Table(tuple(columns), [tuple(map(_text, row)) for row in cells])


def written(table: Table) -> str:
    """Return a table as Markdown.

    Args:
        table: the table.
    """
    lines = [table.columns, ("---",) * len(table.columns), *table.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read(text: str) -> Table:
    """Return the table of a Markdown text.

    Args:
        text: result of `written`.
    """
    columns, _, *rows = [tuple(line[2:-2].split(" | ")) for line in text.splitlines()]
    return Table(columns, rows)


def _of_spark(value: Any, data_type: T.DataType) -> Any:
    """Return a collected value as a plain Python value; a timestamp gets the time zone in which Spark collects it."""
    if value is None:
        return None
    if isinstance(data_type, T.TimestampType):
        return value.astimezone(UTC)
    if isinstance(data_type, T.ArrayType):
        return [_of_spark(element, data_type.elementType) for element in value]
    if isinstance(data_type, T.MapType):
        return {str(key): _of_spark(element, data_type.valueType) for key, element in sorted(value.items())}
    if isinstance(data_type, T.StructType):
        parts = zip(data_type.fields, value, strict=True)
        return {field.name: _of_spark(part, field.dataType) for field, part in parts}
    return value


def _text(value: Any) -> str:
    if value is None:
        return NULL
    plain = _plain(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    # A bar that ends a cell stands after a space, one within a text after a backslash.
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", "\\r").replace("\n", "\\n")


def _plain(value: Any) -> Any:
    """Return a value as JSON represents it."""
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0  # without the sign of zero
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool | int | str | None) else str(value)


_MOST_LINES = 20
_MOST_NAMED = 3

Row = tuple[str, ...]


def difference(actual: Table, expected: Table) -> list[str]:
    """Return one line per differing column, else per differing row, at most twenty; empty if only the order differs.

    For a row with other values in some columns, these columns are named.

    Args:
        actual: the table.
        expected: the expected table.
    """
    if actual.columns != expected.columns:
        return _columns(actual, expected)
    missing = list((Counter(expected.rows) - Counter(actual.rows)).elements())
    surplus = list((Counter(actual.rows) - Counter(expected.rows)).elements())
    lines = []
    for row in missing:
        other = max(surplus, key=lambda candidate: _agreeing(candidate, row), default=None)
        if other is not None and _agreeing(other, row) * 2 >= len(row):
            surplus.remove(other)
            lines.append(_changed(actual.names, other, row))
        else:
            lines.append(f"missing: {_named(actual.names, row)}")
    lines += [f"not expected: {_named(actual.names, row)}" for row in surplus]
    further = len(lines) - _MOST_LINES
    return lines if further <= 0 else [*lines[:_MOST_LINES], f"… and {further} more rows"]


def _columns(actual: Table, expected: Table) -> list[str]:
    lines = [f"column missing: {column}" for column in expected.columns if column not in actual.columns]
    lines += [f"column not expected: {column}" for column in actual.columns if column not in expected.columns]
    return lines or [f"columns are {', '.join(actual.names)}, expected in the order {', '.join(expected.names)}"]


def _agreeing(row: Row, other: Row) -> int:
    return sum(left == right for left, right in zip(row, other, strict=True))


def _changed(names: list[str], actual: Row, expected: Row) -> str:
    cells = list(zip(names, actual, expected, strict=True))
    same = [(name, text) for name, text, wanted in cells if text == wanted][:_MOST_NAMED]
    changes = [f"{name} is {text}, expected {wanted}" for name, text, wanted in cells if text != wanted]
    return f"where {_joined(same)}: {'; '.join(changes)}"


def _named(names: list[str], row: Row) -> str:
    return _joined(zip(names, row, strict=True))


def _joined(cells: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}={text}" for name, text in cells)


def assert_contract(df: Any, contract: Contract) -> None:
    """Assert that a DataFrame satisfies a contract: its `checks()`, else the properties of its fields.

    These are columns and types, nulls, enumerations, sizes of arrays and the key, evaluated in one pass over the rows.

    Args:
        df: a DataFrame of Spark, or a DataFrame or LazyFrame of Polars.
        contract: the contract.

    Raises:
        AssertionError: the contract is broken; the text lists every violation with some of the rows.
    """
    results = evaluate_checks(contract.name, df, _checks_of(contract))
    broken = [str(result) for result in results if result.problem is not None]
    if broken:
        head = f"{len(broken)} of {len(results)} promises of the contract are broken:"
        raise AssertionError("\n".join([head, *broken]))


def assert_df_equality(
    actual: DataFrame, expected: DataFrame, *, precision: float | None = None, **options: Any
) -> None:
    """Assert that two Spark DataFrames have the same columns and rows, by chispa.

    A dataset has no order of rows, and all its columns are nullable: unless `options` say otherwise, order,
    nullability and column comments are ignored, and NaN equals NaN.

    Args:
        actual: the frame.
        expected: the expected frame.
        precision: largest difference between numbers; None: they are equal.
        options: options of `chispa.assert_df_equality`; with a precision, of `chispa.assert_approx_df_equality`.

    Raises:
        AssertionError: the frames differ; the text names columns, else rows with their differences.
        ModuleNotFoundError: chispa is missing: `pip install 'transforms-anywhere[testing]'`.
    """
    from chispa import DataFramesNotEqualError, assert_approx_df_equality
    from chispa import assert_df_equality as assert_exact
    from chispa.schema_comparer import SchemasNotEqualError

    how = {"ignore_row_order": True, "ignore_nullable": True, "allow_nan_equality": True, **options}
    how["transforms"] = [*(how.get("transforms") or []), _arrangement(how)]
    try:
        if precision is None:
            assert_exact(actual, expected, **{"ignore_metadata": True, **how})
        else:
            assert_approx_df_equality(_without_comments(actual), _without_comments(expected), precision, **how)
    except (DataFramesNotEqualError, SchemasNotEqualError) as error:
        lines = difference(table_of(actual), table_of(expected)) or [str(error)]
        raise AssertionError("\n".join(["The DataFrames differ:", *lines])) from None


def _arrangement(options: dict[str, Any]) -> Callable[[DataFrame], DataFrame]:
    """Return a function that drops and sorts columns and rows of a frame as options of chispa say; remove the options.

    chispa sorts rows by `hash`, which Sail does not compute of arrays and structs.
    """
    has_order, has_columns = not options.pop("ignore_row_order"), not options.pop("ignore_column_order", False)
    ignored = options.pop("ignore_columns", None) or []

    def arranged(df: DataFrame) -> DataFrame:
        kept = df.drop(*ignored)
        kept = kept if has_columns else kept.select(*map(_quoted, sorted(kept.columns)))
        return kept if has_order else kept.sort(*map(_sort_key, kept.schema.fields))

    return arranged


def _sort_key(field: T.StructField) -> Column:
    column = F.col(_quoted(field.name))
    return F.xxhash64(column) if isinstance(field.dataType, (T.ArrayType, T.StructType, T.MapType)) else column


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _without_comments(df: DataFrame) -> DataFrame:
    """Return a frame without column metadata, which chispa compares if a precision is set."""
    return df.select(*[F.col(_quoted(name)).alias(name, metadata={}) for name in df.columns])


def _checks_of(contract: Contract) -> list[Check]:
    own = getattr(contract, "checks", None)
    return list(own()) if callable(own) else list(_checks_of_fields(contract))


def _checks_of_fields(contract: Contract) -> Iterator[Check]:
    fields = contract.schema.fields
    yield Check(schema().equals({field.name: field.dataType for field in fields}), "has the columns of its contract")
    if contract.primary_key:
        yield Check(primary_key(*contract.primary_key), f"{', '.join(contract.primary_key)} is its key")
    for field in fields:
        if not field.nullable:
            yield Check(col(field.name).non_null(), f"{field.name} is known")
        if values := values_of(field):
            yield Check(col(field.name).is_in(*values, None), f"{field.name} is one of {', '.join(map(str, values))}")
        if (most := most_of(field)) is not None:
            yield Check(col(field.name).size().lte(most), f"{field.name} has at most {most} elements")


MOST_ROWS = 500
"""Maximum number of rows of a snapshot: reviewers do not read longer ones."""


@functools.cache
def _markdown_file() -> type[SingleFileSnapshotExtension]:
    from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

    class MarkdownFile(SingleFileSnapshotExtension):
        """One Markdown file per snapshot: `__snapshots__/<test file>/<test>.md`."""

        _write_mode = WriteMode.TEXT
        file_extension = "md"

    return MarkdownFile


def comparing(snapshot: SnapshotAssertion) -> Callable[..., None]:
    """Return the function behind the fixture `assert_snapshot`.

    It takes a DataFrame of Spark or Polars, `key` (columns to sort by; default: all) and `name` (for a test with
    several snapshots). With `pytest --snapshot-update` it records the rows.

    Args:
        snapshot: syrupy's fixture of the test.
    """
    files = snapshot.use_extension(_markdown_file())

    def assert_snapshot(df: Any, *, key: Sequence[str] = (), name: str | None = None) -> None:
        """Assert that the rows of `df` are those that were recorded.

        Raises:
            AssertionError: they differ, or nothing was recorded.
            SnapshotError: there are too many rows to record, or `key` names a column that is none.
        """
        table = sorted_table(df, key)
        if not files(name=name) == written(table):
            raise AssertionError(_snapshot_problem(table, files))

    return assert_snapshot


def sorted_table(df: Any, key: Sequence[str] = ()) -> Table:
    """Return the rows of a DataFrame, sorted by the columns of `key`, then by all others.

    Args:
        df: a DataFrame of Spark or Polars.
        key: names of columns; empty: sort by all.

    Raises:
        SnapshotError: there are more than `MOST_ROWS` rows, or `key` names no column.
    """
    table = table_of(df.limit(MOST_ROWS + 1))
    if len(table.rows) > MOST_ROWS:
        raise SnapshotError(
            f"The DataFrame has more than {MOST_ROWS} rows, and reviewers do not read a snapshot of that size. Take "
            "fewer (`where`, `limit` after `sort`), or assert what they have in common."
        )
    if unknown := [name for name in key if name not in table.names]:
        raise SnapshotError(f"The key names {', '.join(unknown)}; the columns are {', '.join(table.names)}.")
    positions = [table.names.index(name) for name in key]
    return Table(table.columns, sorted(table.rows, key=lambda row: ([row[position] for position in positions], row)))


def _snapshot_problem(table: Table, files: SnapshotAssertion) -> str:
    """Return how a table differs from its snapshot; the comparison by syrupy has just failed."""
    result = files.executions[files.num_executions - 1]
    if result.exception is not None:
        raise result.exception
    if result.recalled_data is None:
        return (
            f"No snapshot has been recorded as {result.snapshot_location}. `pytest --snapshot-update` records what the "
            "test has now; read it before you commit it."
        )
    lines = difference(table, read(str(result.recalled_data)))
    return "\n".join(
        [
            f"The rows are not those recorded as {result.snapshot_location}:",
            *(lines or ["the same rows, in another order"]),
            "If they are right now, `pytest --snapshot-update` records them.",
        ]
    )
