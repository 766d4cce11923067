"""Which types the values of untyped files have: text as in CSV, and values without a declared type as in JSON."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_ZONE = r"(Z|[+-]\d\d(:?\d\d)?)$"
_TEXTS = {
    pa.int64(): r"-?(0|[1-9]\d{0,18})",
    pa.float64(): r"NaN|-?(0|[1-9]\d{0,14})?(\.\d+)?([eE][+-]?\d+)?",
    pa.bool_(): "(?i)true|false",
    pa.date32(): r"\d{4}-\d\d-\d\d",
    pa.timestamp("us", "UTC"): rf"\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{{1,6}})?)?({_ZONE})?",
}
"""Type → what its texts look like. Numbers with leading zeros, or with more digits than a float keeps, are ids."""


def possible_types(texts: pa.Array, before: list[pa.DataType] | None = None) -> list[pa.DataType] | None:
    """Return the types that all these texts stand for, the narrowest first; None where all are null.

    Args:
        before: the types that earlier texts of the same column stand for.
    """
    if texts.null_count == len(texts):
        return before
    return [kind for kind in (_TEXTS if before is None else before) if _are(texts, kind)]


def narrowest(possible: list[pa.DataType] | None) -> pa.DataType:
    """Return the type of a column whose texts stand for these types; null where all of them are null."""
    return pa.null() if possible is None else next(iter(possible), pa.string())


def cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return `values` as `kind`; times without a zone are in UTC, and kept to the microsecond.

    Raises:
        pyarrow.ArrowException: a value cannot be such.
    """
    if pa.types.is_string(values.type) and pa.types.is_timestamp(kind) and kind.tz:
        has_zone = pc.match_substring_regex(values, _ZONE)
        values = pc.if_else(has_zone, values, pc.binary_join_element_wise(values, "Z", ""))
    return pc.cast(values, options=pc.CastOptions(kind, allow_time_truncate=True))


def merge_or_text(one: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return the columns of both; one that has no common type is text."""
    kinds = {field.name: field.type for field in one}
    for field in other:
        kinds[field.name] = _common(kinds.get(field.name, pa.null()), field.type)
    return pa.schema(list(kinds.items()))


def merge(one: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return the columns of both.

    Raises:
        pyarrow.ArrowException: one has no common type.
    """
    return pa.unify_schemas([one, other], promote_options="permissive")


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    try:
        return merge(pa.schema([("", one)]), pa.schema([("", other)])).field(0).type
    except pa.ArrowException:
        return pa.string()


def _are(values: pa.Array, kind: pa.DataType) -> bool:
    if not pc.all(pc.match_substring_regex(values, f"^({_TEXTS[kind]})$")).as_py():
        return False
    try:
        cast(values, kind)
    except pa.ArrowException:
        return False
    return True
