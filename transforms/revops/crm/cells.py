"""Read the text in a cell of an export: a date, a time, a number, a currency; null if it is none."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl

_TIME = (
    r"(?:[T,\s]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*"
    r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?:\s*\([^)]*\))?)?$"
)
"""A time and a zone behind a date."""
_NUMERIC = {
    "YYYY-MM-DD": (r"^(\d{4})-(\d{1,2})-(\d{1,2})", (1, 2, 3)),
    "YYYY/M/D": (r"^(\d{4})/(\d{1,2})/(\d{1,2})", (1, 2, 3)),
    "M/D/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})", (3, 1, 2)),
    "D/M/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})", (3, 2, 1)),
    "D.M.YYYY": (r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", (3, 2, 1)),
    "D-M-YYYY": (r"^(\d{1,2})-(\d{1,2})-(\d{4})", (3, 2, 1)),
    "M-D-YYYY": (r"^(\d{1,2})-(\d{1,2})-(\d{4})", (3, 1, 2)),
    "YYYYMMDD": (r"^(\d{4})(\d{2})(\d{2})", (1, 2, 3)),
    "D MMM YYYY": (r"^(\d{1,2})[ .-]+([A-Za-z]{3,9})[., -]+(\d{4})", (3, 2, 1)),
    "MMM D YYYY": (r"^([A-Za-z]{3,9})[ .-]+(\d{1,2})[., -]+(\d{4})", (3, 1, 2)),
}
"""Date format → pattern, and which of its groups are year, month and day."""
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_SIGNS = {"€": "EUR", "£": "GBP", "₽": "RUB", "¥": "JPY", "₹": "INR", "R$": "BRL", "zł": "PLN", "руб": "RUB"}
_UNIT = r"(?:[A-Z]{3}|[A-Z]{0,3}\p{Sc}|руб\.?|р\.|zł|kr\.?|Kč)"
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")


def trimmed(text: pl.Expr) -> pl.Expr:
    """Return text without blanks around it, with ordinary blanks for no-break ones; null if nothing remains.

    Args:
        text: a column of text.
    """
    plain = text.str.replace_all("[\u00a0\u2007\u202f]", " ").str.strip_chars(" \t\r\n\ufeff\u200b")
    return pl.when(plain != "").then(plain)


def looked_up(text: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    """Return the name that stands for a text, upper and lower case alike; null if there is none.

    Args:
        text: a column of text.
        names: text of the export → our name.
    """
    if not names:
        return pl.lit(None, pl.String)
    lower = {key.strip().replace("\u00a0", " ").lower(): value for key, value in names.items()}
    return text.str.to_lowercase().replace_strict(
        list(lower), list(lower.values()), default=None, return_dtype=pl.String
    )


def corrected(text: pl.Expr, corrections: Mapping[str, str]) -> pl.Expr:
    """Return the right spelling of a misspelt text, any other text as it is.

    Args:
        text: a column of text.
        corrections: misspelt text → right spelling.
    """
    return text.replace(corrections) if corrections else text


def date_of(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Return the day that a text writes by the first of the formats that fits, null if it writes none (2/30/2017).

    Args:
        text: a column of text.
        formats: formats of DATE_FORMATS, in order.
    """
    return pl.coalesce(*[_date_by(text, pattern) for pattern in formats])


def time_of(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Return the day and the time as they are written, without zone; midnight without a time.

    The fraction of an Excel serial number is the time.

    Args:
        text: a column of text.
        formats: formats of DATE_FORMATS, in order.
    """
    clock = text.str.extract_groups(r"[T,\s](\d{1,2}):(\d{2})(?::(\d{2}))?[\d.,]*\s*([AaPp])?")
    hour, minute, second = (clock.struct.field(str(n)).cast(pl.Int64, strict=False).fill_null(0) for n in (1, 2, 3))
    half = clock.struct.field("4").str.to_lowercase()
    hour = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    seconds = hour * 3600 + minute * 60 + second
    if "serial" in formats:
        fraction = text.str.extract(r"^\d{5}(\.\d+)$").cast(pl.Float64, strict=False)
        seconds = pl.coalesce((fraction * 86400).round().cast(pl.Int64), seconds)
    return date_of(text, formats).cast(pl.Datetime("us")) + pl.duration(seconds=seconds)


def number_of(text: pl.Expr, decimal: str, thousands: str | None) -> pl.Expr:
    """Return the finite number that a text writes, to six decimals; null if it writes none.

    Reads plain numbers (1054, -3.5, 1E+06), signs between thousands, currency codes and signs, a minus before or behind
    and parentheses for negative numbers, "($1,234.50)".

    Args:
        text: trimmed text.
        decimal: '.' or ','.
        thousands: the sign between thousands; None: the other one of '.' and ',', a blank or an apostrophe.
    """
    between = f"[{thousands}]" if thousands else f"[{'.' if decimal == ',' else ','} '’]"
    point = rf"\{decimal}"
    grouped = rf"\d{{1,3}}(?:{between}\d{{2,3}})*{between}\d{{3}}(?:{point}\d+)?"
    digits = rf"{grouped}|\d+(?:{point}\d*)?(?:[eE][+-]?\d+)?|{point}\d+"
    pattern = rf"^(\()?\s*([-−])?\s*{_UNIT}?\s*([-−])?\s*({digits})\s*([-−])?\s*{_UNIT}?\s*([-−])?(\))?$"
    parts = text.str.extract_groups(pattern)
    body = parts.struct.field("4").str.replace_all(between, "").str.replace(point, ".")
    value = body.cast(pl.Float64, strict=False).round(6)
    minus = sum((parts.struct.field(str(n)).is_not_null().cast(pl.Int8) for n in (2, 3, 5, 6)), pl.lit(0, pl.Int8))
    opened, closed = parts.struct.field("1").is_not_null(), parts.struct.field("7").is_not_null()
    signs = minus + opened.cast(pl.Int8)
    sign = pl.when(signs > 0).then(-1.0).otherwise(1.0)
    return pl.when((opened == closed) & (signs <= 1) & value.is_finite()).then(value * sign)


def currency_in(text: pl.Expr, own: str) -> pl.Expr:
    """Return the code of the currency whose code or sign stands in an amount; null without one.

    A plain dollar sign is the mapping's currency if that is a dollar, else USD.

    Args:
        text: a column of amounts as text.
        own: name of a currency in the export → its code.
    """
    iso_code = text.str.extract(r"([A-Z]{3})")
    signs = [pl.when(text.str.contains(sign, literal=True)).then(pl.lit(code)) for sign, code in _SIGNS.items()]
    plain = pl.when(text.str.contains("$", literal=True)).then(pl.lit(own if own in _DOLLARS else "USD"))
    return pl.coalesce(iso_code, *signs, plain)


def truth_of(text: pl.Expr) -> pl.Expr:
    """Return whether a text means yes: true, yes, 1, x.

    Args:
        text: a column of text.
    """
    return text.str.to_lowercase().is_in(["true", "yes", "y", "1", "x", "ja", "sim", "да"]).fill_null(False)


def _date_by(text: pl.Expr, date_format: str) -> pl.Expr:
    match date_format:
        case "ISO":
            return _date_by(text, "YYYY-MM-DD")
        case "serial":
            days = text.str.extract(r"^(\d{5})(?:\.\d+)?$").cast(pl.Int64, strict=False)
            return pl.lit(date(1899, 12, 30)) + pl.duration(days=days)
        case "epoch_ms":
            millis = text.str.extract(r"^(\d{12,13})$").cast(pl.Int64, strict=False)
            return (pl.lit(datetime(1970, 1, 1)) + pl.duration(milliseconds=millis)).cast(pl.Date)
    has_short_year = date_format.endswith("/YY") or date_format.endswith(".YY") or date_format.endswith("-YY")
    pattern, groups = _NUMERIC[f"{date_format}YY" if has_short_year else date_format]
    if has_short_year:
        pattern = pattern.replace(r"(\d{4})", r"(\d{2})")
    parts = text.str.extract_groups(pattern + _TIME)
    year, month, day = (parts.struct.field(str(group)) for group in groups)
    if has_short_year:
        year = pl.lit("20") + year
    if "MMM" in date_format:
        month = month.str.slice(0, 3).str.to_lowercase().replace_strict(
            list(_MONTHS), list(_MONTHS.values()), default=None, return_dtype=pl.String
        )  # fmt: skip
    written = pl.concat_str([year, month.str.zfill(2), day.str.zfill(2)], separator="-")
    return written.str.to_date("%Y-%m-%d", strict=False)
