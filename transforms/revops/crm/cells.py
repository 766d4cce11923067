"""Read the text in a cell of an export: a date, a number, a name; null if it is none."""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

DATE_FORMATS = {
    "M/D/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})$", (3, 1, 2)),
    "D-M-YYYY": (r"^(\d{1,2})-(\d{1,2})-(\d{4})$", (3, 2, 1)),
    "YYYY-MM-DD": (r"^(\d{4})-(\d{1,2})-(\d{1,2})$", (1, 2, 3)),
}
"""How an export may write dates → pattern, and which of its groups are year, month and day."""

US_AMOUNT = r"^(\()?(-)?(?:USD|US\$|\$)?\s?(-)?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:\s?USD)?(\))?$"
"""An amount in US notation: groups 1 and 5 are parentheses, 2 and 3 signs, 4 the digits."""


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
    """Return the finite number that a text writes, to six decimals, as a double; null if it writes none.

    Reads plain numbers ("1054", "-3.5", "1E+06") and amounts as they are written in the United States: "$900",
    "$1,234.50", "USD 1,234", "-$5", and negative ones in parentheses, "($1,234.50)".
    """
    trimmed_text = F.trim(text)
    digits = F.regexp_replace(F.regexp_extract(trimmed_text, US_AMOUNT, 4), ",", "")
    opened, closed = (F.regexp_extract(trimmed_text, US_AMOUNT, group) != "" for group in (1, 5))
    minus = F.concat(*[F.regexp_extract(trimmed_text, US_AMOUNT, group) for group in (2, 3)])
    is_amount = trimmed_text.rlike(US_AMOUNT) & (opened == closed) & (F.length(minus) + opened.cast("int") <= 1)
    sign = F.when(opened | (minus != ""), "-").otherwise("")
    readable = F.when(is_amount, F.concat(sign, digits)).otherwise(text)
    return readable.cast("decimal(30,6)").cast("double")


def means_nothing(text: Column, value: Column) -> Column:
    """Return whether there is a text from which no value could be read."""
    return text.isNotNull() & value.isNull()
