"""Numbers as the dashboards write them: the display formatters of docs/dashboard_data_contracts.md, and signs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "–"
"""Shown where a table has no value."""


REPORTING_CURRENCY = "/RevOps/Reference/reporting_currency"
"""The dataset that states the currency of all amounts."""
CURRENCY_SIGN: ContextVar[str] = ContextVar("CURRENCY_SIGN", default="$")
"""Sign before each amount of the page or report that is being made; see `amounts_in`."""
CURRENCY_CODE: ContextVar[str] = ContextVar("CURRENCY_CODE", default="USD")
"""The same currency in explanations of figures."""


@contextlib.contextmanager
def amounts_in(sign: str, code: str = "") -> Iterator[None]:
    """Write amounts in a currency inside the with block.

    Args:
        sign: what stands before an amount: '$', '€' or 'CHF '.
        code: the currency in explanations; empty: 'the reporting currency'.
    """
    tokens = CURRENCY_SIGN.set(sign), CURRENCY_CODE.set(code or "the reporting currency")
    try:
        yield
    finally:
        CURRENCY_SIGN.reset(tokens[0])
        CURRENCY_CODE.reset(tokens[1])


def rounded(number: float, digits: int = 0) -> str:
    """Return a number with a fixed count of digits after the point, halves rounded away from zero.

    JavaScript's toFixed, which the contracts name, rounds so; Python's formats round halves to even. A number that
    is rounded to zero has no minus.

    Args:
        number: any number.
        digits: digits after the point.
    """
    exact = Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact if exact else abs(exact):,}"


def money(amount: float | None) -> str:
    """Return an amount as '$2.1M' from a million on, else '$720K'; a minus stands before the sign of the currency.

    Args:
        amount: amount in the reporting currency; None: unknown.
    """
    if amount is None:
        return UNKNOWN
    sign, size = ("-" if amount <= -0.5 else "") + CURRENCY_SIGN.get(), abs(amount)
    if size >= 999_500:  # what would be written as $1000K
        return f"{sign}{rounded(size / 1_000_000, 1)}M"
    return f"{sign}{rounded(size / 1_000)}K" if size >= 10_000 else f"{sign}{rounded(size)}"


def money_tick(amount: float) -> str:
    """Return an amount of an axis: '$0', '$500K', '$2M', '$2.5M'.

    Args:
        amount: amount in the reporting currency.
    """
    sign = CURRENCY_SIGN.get()
    if amount >= 1_000_000:
        return f"{sign}{rounded(amount / 1_000_000, 1).removesuffix('.0')}M"
    return f"{sign}{rounded(amount / 1_000, 1).removesuffix('.0')}K" if amount >= 1_000 else f"{sign}{rounded(amount)}"


def money_change(amount: float | None) -> str:
    """Return a change of an amount with its sign: '+$120K'; no change as '$0'.

    Args:
        amount: change in the reporting currency; None: unknown.
    """
    return UNKNOWN if amount is None else f"{'+' if amount >= 0.5 else ''}{money(amount)}"


def percent(fraction: float | None) -> str:
    """Return a fraction as '38%'.

    Args:
        fraction: 0 to 1; None: unknown.
    """
    return UNKNOWN if fraction is None else f"{rounded(fraction * 100)}%"


def _signed(text: str) -> str:
    return text if text.startswith("-") or not text.strip("0,.") else f"+{text}"


def percent_change(fraction: float | None) -> str:
    """Return a change of a fraction as '+4%'.

    Args:
        fraction: difference of two fractions; None: unknown.
    """
    return UNKNOWN if fraction is None else f"{_signed(rounded(fraction * 100))}%"


def points_change(fraction: float | None) -> str:
    """Return a change of a share in percentage points: '+3 points', '-1 point'.

    Args:
        fraction: difference of two fractions; None: unknown.
    """
    if fraction is None:
        return UNKNOWN
    text = _signed(rounded(fraction * 100))
    return f"{text} point{'' if text in ('+1', '-1') else 's'}"


def days(number: float | None) -> str:
    """Return days as '12d'.

    Args:
        number: days; None: unknown.
    """
    return UNKNOWN if number is None else f"{rounded(number)}d"


def days_change(number: float | None) -> str:
    """Return a difference in days as '+7d'.

    Args:
        number: difference in days; None: unknown.
    """
    return UNKNOWN if number is None else f"{_signed(rounded(number))}d"


def decimal(number: float | None) -> str:
    """Return a number as '1,234.5'.

    Args:
        number: any number; None: unknown.
    """
    return UNKNOWN if number is None else rounded(number, 1)


def whole(number: float | None) -> str:
    """Return a number as '1,234'.

    Args:
        number: any number; None: unknown.
    """
    return UNKNOWN if number is None else rounded(number)


def day(value: date | None) -> str:
    """Return a date as 'Dec 13, 2024'.

    Args:
        value: a date; None: unknown.
    """
    return UNKNOWN if value is None else f"{value:%b} {value.day}, {value.year}"


def day_text(text: str | None) -> str:
    """Return an ISO date inside a text as people write it: '2024-11-29' as 'Nov 29, 2024'; other texts unchanged.

    Args:
        text: a text that may begin with a date.
    """
    try:
        return day(date.fromisoformat(text)) if text else UNKNOWN
    except ValueError:
        return text or UNKNOWN


def words(name: str) -> str:
    """Return a name of an enumeration as words: 'GOING_DARK' as 'Going dark', 'NO_EB' as 'No economic buyer'.

    Args:
        name: name in capitals.
    """
    text = name.replace("NO_EB", "NO_ECONOMIC_BUYER").replace("_", " ").lower()
    return text[:1].upper() + text[1:]


def count(number: float, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun: '1 deal', '2,089 deals', '9 activities'.

    Args:
        number: how many.
        singular: noun for 1.
        plural: noun for other numbers; None: by the rules of English.
    """
    if number == 1:
        return f"{whole(number)} {singular}"
    ends_in_y = singular.endswith("y") and singular[-2] not in "aeiou"
    return f"{whole(number)} {plural or (singular[:-1] + 'ies' if ends_in_y else singular + 's')}"


def deals_of(number: float, amount: float | None) -> str:
    """Return an amount with its count: '$2.1M · 3 deals'; without the amount if the source records none.

    Args:
        number: number of deals.
        amount: amount of these in the reporting currency; None: unknown.
    """
    return count(number, "deal") if number and not amount else f"{money(amount)} · {count(number, 'deal')}"


def in_currency(text: str | None) -> str:
    """Return an explanation of a figure with the currency of the page in place of USD.

    Args:
        text: the explanation.
    """
    return UNKNOWN if text is None else text.replace("USD", CURRENCY_CODE.get())


def known(text: str | None) -> str:
    """Return a text of a table; a dash where the table says that it is unknown.

    Args:
        text: the text; 'Unknown', 'None' or empty: no value.
    """
    return UNKNOWN if text is None or text in ("", "Unknown", "None") else text


def join_words(values: list[str] | None) -> str:
    """Return names of an enumeration as words, separated by commas.

    Args:
        values: the names.
    """
    return ", ".join(map(words, values or []))


FORMATS = {
    function.__name__: function
    for function in (
        money, money_change, percent, percent_change, points_change, days, days_change, decimal, whole, day, day_text,
        words, count, known, join_words, in_currency,
    )
}  # fmt: skip
"""Every format by its name, for templates."""
