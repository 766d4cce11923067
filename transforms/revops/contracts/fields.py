"""The vocabulary in which contracts are written: one function per kind of field of dashboard_data_contracts.md.

A field is a `StructField` whose metadata holds its documentation (`comment`), its enumeration (`values`), the most
elements of an array (`most`) and, for the few fields that may be null, the reason (`null_reason`).
"""

from pyspark.sql import types as T


def text(name: str, doc: str, null_reason: str | None = None) -> T.StructField:
    """A `string` of the document.

    Args:
        name: name of the field.
        doc: meaning.
        null_reason: why it may be null; None: never null.
    """
    return _field(name, T.StringType(), doc, null_reason)


def number(name: str, doc: str, null_reason: str | None = None) -> T.StructField:
    """A `number` of the document that is measured: an amount, a ratio, a mean.

    Args:
        name: name of the field.
        doc: meaning and unit.
        null_reason: why it may be null; None: never null.
    """
    return _field(name, T.DoubleType(), doc, null_reason)


def count(name: str, doc: str, null_reason: str | None = None) -> T.StructField:
    """A `number` of the document that is counted: rows, ranks, whole days.

    Args:
        name: name of the field.
        doc: meaning and unit.
        null_reason: why it may be null; None: never null.
    """
    return _field(name, T.LongType(), doc, null_reason)


def date(name: str, doc: str, null_reason: str | None = None) -> T.StructField:
    """A `Date` of the document.

    Args:
        name: name of the field.
        doc: meaning.
        null_reason: why it may be null; None: never null.
    """
    return _field(name, T.DateType(), doc, null_reason)


def flag(name: str, doc: str, null_reason: str | None = None) -> T.StructField:
    """A `boolean`.

    Args:
        name: name of the field.
        doc: what true means.
        null_reason: why it may be null; None: never null.
    """
    return _field(name, T.BooleanType(), doc, null_reason)


def one_of(name: str, values: tuple[str, ...], doc: str) -> T.StructField:
    """A `"this" | "that"` of the document: a string out of `values`.

    Args:
        name: name of the field.
        doc: meaning.
    """
    return _field(name, T.StringType(), doc, None, values=list(values))


def texts(name: str, doc: str, values: tuple[str, ...] | None = None) -> T.StructField:
    """A `string[]` of the document, its elements out of `values` if these are stated.

    Args:
        name: name of the field.
        doc: meaning.
    """
    extra = {"values": list(values)} if values else {}
    return _field(name, T.ArrayType(T.StringType()), doc, None, **extra)


def structs(name: str, fields: list[T.StructField], doc: str, most: int | None = None) -> T.StructField:
    """A `{…}[]` of the document with at most `most` elements.

    Args:
        name: name of the field.
        fields: fields of an element.
        doc: meaning.
    """
    extra = {"most": most} if most else {}
    return _field(name, T.ArrayType(T.StructType(fields)), doc, None, **extra)


def _field(name: str, data_type: T.DataType, doc: str, null_reason: str | None, **metadata: object) -> T.StructField:
    if null_reason is not None:
        metadata["null_reason"] = null_reason
    return T.StructField(name, data_type, null_reason is not None, {"comment": doc, **metadata})


COMMON_FIELDS = (
    date("created_at", "day on which the row's record came into being; of a computed row its `data_freshness`"),
    date("updated_at", "day on which the row's record last changed; of a computed row its `data_freshness`"),
    date("data_freshness", "day on which the source data was last refreshed: the pipeline's 'today'"),
)
"""CommonFields of the document: every dataset of the pipeline ends with them."""
