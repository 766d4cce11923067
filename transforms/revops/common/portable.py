"""Rules that every engine computes alike, in place of functions of PySpark that engines compute differently.

The pipeline gives equal tables on Spark and on Sail. docs/engines.md lists what differs between the two: `datediff` has
another type, `weekday` of a Sunday another value, `round` another value for halves that doubles cannot represent.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

ALMOST_HALF = 0.5 + 1e-6
"""Added before a number is cut: what is a half on paper rounds up, although sums of fractions may miss it by a bit."""


def days_between(first: Column | str, last: Column | str) -> Column:
    """Return the days from the date `first` to the date `last`, an int; negative if `last` is earlier."""
    return F.unix_date(last) - F.unix_date(first)


def weekday(day: Column) -> Column:
    """Return the day of the week of a date: 0 for Monday to 6 for Sunday.

    Args:
        day: a date.
    """
    return F.pmod(F.dayofweek(day) + 5, F.lit(7))


def rounded(x: Column, places: int = 0) -> Column:
    """Return a number rounded to so many places after the point, a half away from zero, as a double.

    A number that misses the half by less than a millionth of the last place counts as the half.

    Args:
        x: a number.
        places: digits after the point.
    """
    scale = 10.0**places
    return F.signum(x).cast("long") * F.floor(F.abs(x) * scale + ALMOST_HALF) / F.lit(scale)


def whole(x: Column) -> Column:
    """Return a number rounded to a whole one, a half away from zero, as a long.

    Args:
        x: a number.
    """
    return rounded(x).cast("long")


def mean(x: Column | str) -> Column:
    """Return the aggregate: the mean of a column of doubles or whole numbers; null without any value.

    Args:
        x: a numeric column.
    """
    return F.sum(x) / F.count(x)


def value_for(key: Column, values: Mapping[str, Any]) -> Column:
    """Return the value of a text in a mapping, null for a text that is not in it.

    Args:
        key: the text; computed once, so that it may be a long expression.
        values: text → a literal; all of one type.
    """
    keys, of_keys = (F.array(*[F.lit(part) for part in parts]) for parts in (values.keys(), values.values()))
    return F.try_element_at(F.map_from_arrays(keys, of_keys), key)


def case_of(key: Column, values: Mapping[str, Any]) -> Column:
    """Return what `value_for` does, by comparisons: for many rows, since Sail repeats a map of literals for each row.

    Args:
        key: the text. It is read once for each entry: a column, not a long expression.
        values: text → a literal; all of one type.
    """
    (first, value), *others = values.items()
    return reduce(lambda case, entry: case.when(key == entry[0], entry[1]), others, F.when(key == first, value))


def with_each(rows: DataFrame, few: DataFrame) -> DataFrame:
    """Return every row with the columns of each row of a small frame.

    The small frame comes first: Sail gathers the left side of a cross join, and streams the right one.

    Args:
        rows: any rows.
        few: rows that fit into memory, without a column of `rows`.

    Returns:
        The columns of `few`, then those of `rows`.
    """
    return F.broadcast(few).crossJoin(rows)


def first_of(elements: Column, count: int | Column) -> Column:
    """Return the first elements of an array, so many at most; `slice` fails on Sail for arrays of structs.

    Args:
        elements: an array.
        count: most elements.
    """
    return F.filter(elements, lambda _, index: index < count)


def stacked(*frames: DataFrame) -> DataFrame:
    """Return the rows of all frames; a column that a frame lacks is null in its rows.

    `unionByName` with `allowMissingColumns` gives a column that the first frame lacks no type on Sail.
    """
    schemas = [frame.schema for frame in frames]
    types = {field.name: field.dataType for schema in schemas for field in schema.fields}
    complete = [
        frame.select(*[
            name if name in schema.fieldNames() else F.lit(None).cast(kind).alias(name) for name, kind in types.items()
        ])
        for frame, schema in zip(frames, schemas, strict=True)
    ]  # fmt: skip
    return reduce(lambda rows, more: rows.unionByName(more), complete)
