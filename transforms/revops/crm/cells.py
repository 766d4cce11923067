"""What the text in a cell of an export means: a date, a number, a name; null where it means nothing."""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

DATE_FORMATS = {
    "M/D/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})$", (3, 1, 2)),
    "D-M-YYYY": (r"^(\d{1,2})-(\d{1,2})-(\d{4})$", (3, 2, 1)),
    "YYYY-MM-DD": (r"^(\d{4})-(\d{1,2})-(\d{1,2})$", (1, 2, 3)),
}
"""How an export may write dates → pattern, and which of its groups are year, month and day."""


def trimmed(text: Column) -> Column:
    """Return text without blanks around it, null where nothing is left."""
    return F.nullif(F.trim(text), F.lit(""))


def looked_up(text: Column, names: Mapping[str, str]) -> Column:
    """Return the name that stands for a text, null where `names` (not empty) does not have the text."""
    pairs = [F.lit(part) for pair in names.items() for part in pair]
    return F.try_element_at(F.create_map(*pairs), text)


def corrected(text: Column, corrections: Mapping[str, str]) -> Column:
    """Return the right spelling of a misspelt text, every other text as it is."""
    return F.coalesce(looked_up(text, corrections), text) if corrections else text


def date_of(text: Column, date_format: str) -> Column:
    """Return the date that a text writes in one of `DATE_FORMATS`, null where it writes none, such as 2/30/2017.

    By pattern, because Spark's `to_date` stops the whole job at some texts that an older Spark would have read.
    """
    pattern, groups = DATE_FORMATS[date_format]
    return F.make_date(*[F.regexp_extract(text, pattern, group).cast("int") for group in groups])


def number_of(text: Column) -> Column:
    """Return the finite number that a text writes, to six decimals, as a double; null where it writes none."""
    return text.cast("decimal(30,6)").cast("double")


def means_nothing(text: Column, value: Column) -> Column:
    """Return whether there is a text from which no value could be read."""
    return text.isNotNull() & value.isNull()
