"""Compares what Sail and Spark have computed for the same job: columns, types, rows, and files.

Rows have no order, so they are matched by the columns whose values are the same on both sides. Doubles are equal if
they differ by at most one part in 10^12, since sums depend on the order of their terms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms_api.runtime import OutputState
from transforms_api.warehouse import read_staged, types_of

TOLERANCE = 1e-12
"""Relative difference up to which doubles are equal."""
_SHOWN, _WIDTH = 3, 60
"""Columns that an example shows to identify its row; characters of a value that it shows."""


def compare_outputs(spark: Mapping[str, OutputState], sail: Mapping[str, OutputState]) -> list[str]:
    """Return how the outputs of a job differ between the engines, a sentence each; empty if they are equal.

    Args:
        spark: dataset → output that Spark has staged and the transform has not aborted.
        sail: the same of Sail.
    """
    differences = []
    for dataset in sorted(spark.keys() | sail.keys()):
        if dataset not in spark or dataset not in sail:
            differences.append(f"{dataset}: the transform aborts it on {'Sail' if dataset in spark else 'Spark'} only")
            continue
        differences += [f"{dataset}: {text}" for text in _compare_states(spark[dataset], sail[dataset])]
    return differences


def _compare_states(spark: OutputState, sail: OutputState) -> list[str]:
    differences = _compare_files(spark.transaction.files_folder, sail.transaction.files_folder)
    if (spark.schema is None) != (sail.schema is None):
        return [*differences, f"only {'Sail' if spark.schema is None else 'Spark'} writes rows"]
    if spark.schema is None or sail.schema is None:
        return differences
    if different := _compare_schemas(spark.schema, sail.schema):
        return [*differences, *different]
    if (spark.mode, spark.partition_columns) != (sail.mode, sail.partition_columns):
        return [*differences, "mode or partitions of the write differ"]
    rows = [read_staged(state.schema or "", state.transaction, state.partition_columns) for state in (spark, sail)]
    return [*differences, *compare_rows(*rows)]


def _compare_files(spark: Path, sail: Path) -> list[str]:
    """Return how the files that a transform has written differ in name or content."""
    contents = [
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        if folder.is_dir()
        else {}
        for folder in (spark, sail)
    ]
    names = sorted(name for name in contents[0].keys() | contents[1].keys() if _differ(name, *contents))
    return [f"the files {', '.join(names)} differ"] if names else []


def _differ(name: str, spark: Mapping[str, bytes], sail: Mapping[str, bytes]) -> bool:
    return spark.get(name) != sail.get(name)


def _compare_schemas(spark: str, sail: str) -> list[str]:
    ours, theirs = types_of(spark), types_of(sail)
    if list(ours) != list(theirs):
        return [f"the columns are {', '.join(ours)} on Spark and {', '.join(theirs)} on Sail"]
    return [
        f"column {name} has the type {_type_text(ours[name])} on Spark and {_type_text(theirs[name])} on Sail"
        for name in ours
        if _without_nullability(ours[name]) != _without_nullability(theirs[name])
    ]


def _type_text(kind: Any) -> str:
    return kind if isinstance(kind, str) else json.dumps(_without_nullability(kind))


def _without_nullability(kind: Any) -> Any:
    if isinstance(kind, dict):
        left_out = ("nullable", "containsNull", "valueContainsNull", "metadata")
        return {name: _without_nullability(value) for name, value in kind.items() if name not in left_out}
    return [_without_nullability(part) for part in kind] if isinstance(kind, list) else kind


def compare_rows(spark: pa.Table, sail: pa.Table) -> list[str]:
    """Return how two tables with the same columns differ: a sentence for each column, with an example.

    Args:
        spark: the rows of Spark.
        sail: the rows of Sail.
    """
    if spark.num_rows != sail.num_rows:
        return [f"{spark.num_rows:,} rows on Spark and {sail.num_rows:,} on Sail"]
    spark, sail = (_plain(table) for table in (spark, sail))
    key = _matching_columns(spark, sail)
    spark, sail = (table.take(_order(table, key)) for table in (spark, sail))
    differences = []
    for name in spark.column_names:
        is_equal = _equal(spark[name].combine_chunks(), sail[name].combine_chunks())
        rows = pc.indices_nonzero(pc.invert(is_equal))
        if len(rows):
            row = rows[0].as_py()
            shown = [column for column in key if column != name][:_SHOWN]
            where = ", ".join(f"{column}={_text(spark[column][row])}" for column in shown)
            values = f"Spark {_text(spark[name][row])}, Sail {_text(sail[name][row])}"
            differences.append(
                f"column {name} differs in {len(rows):,} rows, e.g. {f'at {where}: ' if where else ''}{values}"
            )
    return differences


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries and without 64-bit offsets, which differ by the writer of a file."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, table.column_names)


def _matching_columns(spark: pa.Table, sail: pa.Table) -> list[str]:
    """Return columns to sort by, so that equal rows have equal positions.

    They are the columns of plain values that have the same values on both sides, if these identify the rows; else
    all columns of plain values, the doubles last.
    """
    plain = [name for name, kind in zip(spark.column_names, spark.schema.types, strict=True) if _is_plain(kind)]
    doubles = [name for name in plain if pa.types.is_floating(spark.schema.field(name).type)]
    exact = [name for name in plain if name not in doubles]
    same = [name for name in exact if _sorted(spark[name]).equals(_sorted(sail[name]))]
    if same and spark.group_by(same).aggregate([([], "count_all")]).num_rows == spark.num_rows:
        return same
    return [*same, *(name for name in exact if name not in same), *doubles]


def _is_plain(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or pa.types.is_null(kind))


def _sorted(column: pa.ChunkedArray) -> pa.Array:
    array = _sortable(column)
    return array.take(pc.array_sort_indices(array))


def _sortable(column: pa.ChunkedArray) -> pa.Array:
    """Return values that Arrow can sort; doubles with nine digits, so that nearly equal ones have the same order."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_boolean(array.type):
        return array.cast(pa.int8())
    if pa.types.is_floating(array.type):
        texts = [None if value is None else f"{value:+.9e}" for value in array.to_pylist()]
        return pa.array(texts, pa.string())
    return array


def _order(table: pa.Table, key: Sequence[str]) -> pa.Array:
    """Return the positions of rows in the order of the key; nested values decide between rows with equal keys."""
    nested = [name for name in table.column_names if pa.types.is_nested(table.schema.field(name).type)]
    columns = {f"k{number}": _sortable(table[name]) for number, name in enumerate(key)}
    keys = pa.table(columns)
    is_unique = bool(key) and keys.group_by(list(columns)).aggregate([([], "count_all")]).num_rows == table.num_rows
    if nested and not is_unique:
        for number, name in enumerate(nested):
            columns[f"n{number}"] = pa.array([_sort_text(value) for value in table[name].to_pylist()], pa.string())
    if not columns:
        return pa.array(range(table.num_rows), pa.int64())
    return pc.sort_indices(pa.table(columns), sort_keys=[(name, "ascending") for name in columns])


def _sort_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:+.9e}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{_sort_text(part)}" for name, part in value.items()) + "}"
    return "[" + ",".join(map(_sort_text, value)) + "]" if isinstance(value, (list, tuple)) else repr(value)


def _equal(spark: pa.Array, sail: pa.Array) -> pa.Array:
    """Return for each position whether the values are equal; null equals null, NaN equals NaN."""
    kind = spark.type
    if pa.types.is_nested(kind) or pa.types.is_nested(sail.type):
        return pa.array(map(_equal_values, spark.to_pylist(), sail.to_pylist()), pa.bool_())
    if pa.types.is_null(kind):
        return pa.array([True] * len(spark), pa.bool_())
    both_null = pc.and_(pc.is_null(spark), pc.is_null(sail))
    same = pc.fill_null(pc.equal(spark, sail), False)
    if pa.types.is_floating(kind):
        both_nan = pc.fill_null(pc.and_(pc.is_nan(spark), pc.is_nan(sail)), False)
        largest = pc.max_element_wise(pc.abs(spark), pc.abs(sail))
        near = pc.less_equal(pc.abs(pc.subtract(spark, sail)), pc.multiply(largest, TOLERANCE))
        near = pc.and_(near, pc.and_(pc.is_finite(spark), pc.is_finite(sail)))
        same = pc.or_(same, pc.or_(both_nan, pc.fill_null(near, False)))
    return pc.or_(both_null, same)


def _equal_values(spark: Any, sail: Any) -> bool:
    if isinstance(spark, float) and isinstance(sail, float):
        nearest = abs(spark - sail) <= TOLERANCE * max(abs(spark), abs(sail))
        return spark == sail or (spark != spark and sail != sail) or nearest
    if isinstance(spark, dict) and isinstance(sail, dict):
        return spark.keys() == sail.keys() and all(_equal_values(spark[name], sail[name]) for name in spark)
    if isinstance(spark, (list, tuple)) and isinstance(sail, (list, tuple)):
        return len(spark) == len(sail) and all(map(_equal_values, spark, sail))
    return bool(spark == sail)


def _text(value: pa.Scalar) -> str:
    text = repr(value.as_py())
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
