"""Which types the values of untyped files have: text as in CSV, and values without a declared type as in JSON.

A column of texts becomes one of numbers only if each number is written as its text again. `007`, `+49`, `-0`, `12E5`
and `1.10` beside `2.5` lose something as numbers: such columns stay text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

_ZONE = r"(Z|[+-]\d\d(:?\d\d)?)$"
_INTEGER = r"0|-?[1-9]\d{0,18}"
_FLOAT = r"NaN|-?(0|[1-9]\d{0,16})(\.\d+)?([eE][+-]?\d+)?"
_TEXTS = {
    pa.int64(): _INTEGER,
    pa.float64(): _FLOAT,
    pa.bool_(): "(?i)true|false",
    pa.date32(): r"\d{4}-\d\d-\d\d",
    pa.timestamp("us", "UTC"): rf"\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{{1,6}})?)?({_ZONE})?",
}
"""Type → what its texts look like."""


@dataclass(frozen=True)
class Notation:
    """A way to write the values of a type.

    Attributes:
        kind: the type.
        pattern: what the texts look like.
        has_points: of floats: whether whole numbers are written as `2.0`, as Python does, and not as `2`.
    """

    kind: pa.DataType
    pattern: str
    has_points: bool = False


_NOTATIONS = (
    Notation(pa.int64(), _INTEGER),
    Notation(pa.float64(), _FLOAT),
    Notation(pa.float64(), _FLOAT, has_points=True),
    *(Notation(pa.decimal128(38, scale), rf"-?(0|[1-9]\d{{0,{37 - scale}}})\.\d{{{scale}}}") for scale in range(1, 38)),
    *(Notation(kind, _TEXTS[kind]) for kind in (pa.bool_(), pa.date32(), pa.timestamp("us", "UTC"))),
)
"""The narrowest type first. Decimals have as many digits after the point in each text: `1.10` and `12.50`."""
_POSSIBLE = b"possible notations"
"""Metadata of a column: numbers of the notations in `_NOTATIONS` that all its texts have."""

Possible: TypeAlias = Sequence[Notation] | None
"""The notations that all texts of a column have; None if there are no texts."""


def possible_types(texts: pa.Array, before: Possible = None) -> Possible:
    """Return the notations that fit all texts, that of the narrowest type first; None if all texts are null.

    Args:
        texts: values of a column.
        before: notations that fit earlier texts of the column.
    """
    if texts.null_count == len(texts):
        return before
    return [notation for notation in (_NOTATIONS if before is None else before) if _are(texts, notation)]


def narrowest(possible: Possible) -> pa.DataType:
    """Return the narrowest type of a column; null if all its texts are null.

    Args:
        possible: result of `possible_types`.
    """
    return pa.null() if possible is None else next((notation.kind for notation in possible), pa.string())


def text_field(name: str, possible: Possible) -> pa.Field:
    """Return a column of texts that carries its narrowest type, for `merge_texts`.

    Args:
        name: name of the column.
        possible: result of `possible_types`.
    """
    numbers = (
        None if possible is None else {_POSSIBLE: " ".join(str(_NOTATIONS.index(notation)) for notation in possible)}
    )
    return pa.field(name, narrowest(possible), metadata=numbers)


def merge_texts(schema: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return the columns of two files, each with the narrowest type that fits the texts of both.

    Args:
        schema: columns made by `text_field`.
        other: columns made by `text_field`.
    """
    fields = {field.name: field for field in schema}
    for field in other:
        possible, more = _possible_of(fields.get(field.name)), _possible_of(field)
        common = more if possible is None else possible if more is None else [kind for kind in possible if kind in more]
        fields[field.name] = text_field(field.name, common)
    return pa.schema(list(fields.values()))


def _possible_of(field: pa.Field | None) -> Possible:
    if field is None or pa.types.is_null(field.type):
        return None
    return [_NOTATIONS[int(number)] for number in (field.metadata or {}).get(_POSSIBLE, b"").split()]


def cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return `values` as `kind`; times without a zone are in UTC, and kept to the microsecond.

    Raises:
        pyarrow.ArrowException: a value cannot be such; a text is not that of a value of `kind`.
    """
    if pa.types.is_string(values.type) and not pa.types.is_string(kind):
        return _from_texts(values, kind)
    return pc.cast(values, options=pc.CastOptions(kind, allow_time_truncate=True))


def _from_texts(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return what texts stand for; numbers may have zeros at the end of their decimals."""
    if pa.types.is_integer(kind):
        _require(texts, pc.match_substring_regex(texts, f"^({_INTEGER})$"))
    if kind in _TEXTS:
        _require(texts, pc.match_substring_regex(texts, f"^({_TEXTS[kind]})$"))
    if pa.types.is_timestamp(kind) and kind.tz:
        has_zone = pc.match_substring_regex(texts, _ZONE)
        texts = pc.if_else(has_zone, texts, pc.binary_join_element_wise(texts, "Z", ""))
    values = pc.cast(texts, kind)
    if pa.types.is_floating(kind):
        shortest = pc.replace_substring_regex(texts, r"^(-?\d+)\.0+$", r"\1")
        shortest = pc.replace_substring_regex(shortest, r"^(-?\d+\.\d*[1-9])0+$", r"\1")
        others = texts.filter(pc.not_equal(values.cast(pa.string()), shortest)).to_pylist()
        if lost := [text for text in others if text != "NaN" and repr(float(text)) != text]:
            raise _other_text(lost[0])
    return values


def _require(texts: pa.Array, are_such: pa.Array) -> None:
    lost = texts.filter(pc.invert(are_such))
    if len(lost):
        raise _other_text(lost[0].as_py())


def _other_text(text: str) -> pa.ArrowInvalid:
    return pa.ArrowInvalid(f"the text {text!r} is not how such a value is written")


def merge_or_text(schema: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return the columns of two files; a column without a common type becomes text.

    Args:
        schema: columns of the first file.
        other: columns of the other file.
    """
    kinds = {field.name: field.type for field in schema}
    for field in other:
        kinds[field.name] = _common(kinds.get(field.name, pa.null()), field.type)
    return pa.schema(list(kinds.items()))


def merge(schema: pa.Schema, other: pa.Schema) -> pa.Schema:
    """Return the columns of two files.

    Args:
        schema: columns of the first file.
        other: columns of the other file.

    Raises:
        pyarrow.ArrowException: a column has no common type.
    """
    return pa.unify_schemas([schema, other], promote_options="permissive")


def _common(kind: pa.DataType, other: pa.DataType) -> pa.DataType:
    try:
        return merge(pa.schema([("", kind)]), pa.schema([("", other)])).field(0).type
    except pa.ArrowException:
        return pa.string()


def _are(texts: pa.Array, notation: Notation) -> bool:
    kind = notation.kind
    if not pc.all(pc.match_substring_regex(texts, f"^({notation.pattern})$")).as_py():
        return False
    if (pa.types.is_floating(kind) or pa.types.is_decimal(kind)) and pc.any(_are_minus_zero(texts)).as_py():
        return False
    if pa.types.is_floating(kind):
        return _are_floats(texts, notation.has_points)
    try:
        _from_texts(texts, kind)
    except pa.ArrowException:
        return False
    return True


def _are_minus_zero(texts: pa.Array) -> pa.Array:
    return pc.match_substring_regex(texts, r"^-0(\.0*)?$")


def _are_floats(texts: pa.Array, has_points: bool) -> bool:
    """Return whether the texts are floats in one notation, with at least one number among them."""
    numbers = texts.drop_null().filter(pc.not_equal(texts.drop_null(), "NaN"))
    written = pc.cast(numbers, pa.float64()).cast(pa.string())
    if has_points:
        is_whole = pc.match_substring_regex(written, r"^-?\d+$")
        written = pc.if_else(is_whole, pc.binary_join_element_wise(written, ".0", ""), written)
    others = numbers.filter(pc.not_equal(written, numbers)).to_pylist()
    return len(numbers) > 0 and all(has_points and repr(float(text)) == text for text in others)
