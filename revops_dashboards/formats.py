"""Numbers as the dashboards write them: the display formatters of docs/dashboard_data_contracts.md, and signs."""

from __future__ import annotations

from datetime import date

UNKNOWN = "–"
"""What is shown where a table has no value."""


def money(amount: float | None) -> str:
    """Return USD as '$2.1M' from a million on, else '$720K'; a minus stands before the dollar sign."""
    if amount is None:
        return UNKNOWN
    sign, size = "-" if amount < 0 else "", abs(amount)
    if size >= 999_500:  # what would be written as $1000K
        return f"{sign}${size / 1_000_000:.1f}M"
    return f"{sign}${size / 1_000:.0f}K" if size >= 500 else f"{sign}${size:.0f}"


def money_change(amount: float | None) -> str:
    """Return a change in USD with its sign: '+$120K'."""
    return UNKNOWN if amount is None else f"{'+' if amount >= 0 else ''}{money(amount)}"


def percent(fraction: float | None) -> str:
    """Return a fraction as '38%'."""
    return UNKNOWN if fraction is None else f"{fraction * 100:.0f}%"


def percent_change(fraction: float | None) -> str:
    """Return a change of a fraction as '+4%'."""
    return UNKNOWN if fraction is None else f"{fraction * 100:+.0f}%"


def points_change(fraction: float | None) -> str:
    """Return a change of a share as '+3 points'."""
    return UNKNOWN if fraction is None else f"{fraction * 100:+.0f} points"


def days(number: float | None) -> str:
    """Return days as '12d'."""
    return UNKNOWN if number is None else f"{number:.0f}d"


def days_change(number: float | None) -> str:
    """Return a difference in days as '+7d'."""
    return UNKNOWN if number is None else f"{number:+.0f}d"


def decimal(number: float | None) -> str:
    """Return a number as '1,234.5'."""
    return UNKNOWN if number is None else f"{number:,.1f}"


def whole(number: float | None) -> str:
    """Return a number as '1,234'."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def day(value: date | None) -> str:
    """Return a date as 'Dec 13, 2024'."""
    return UNKNOWN if value is None else f"{value:%b} {value.day}, {value.year}"


def words(name: str) -> str:
    """Return a name of an enumeration as words: 'GOING_DARK' as 'Going dark', 'NO_EB' as 'No economic buyer'."""
    text = name.replace("NO_EB", "NO_ECONOMIC_BUYER").replace("_", " ").lower()
    return text[:1].upper() + text[1:]


FORMATS = {
    function.__name__: function
    for function in (
        money, money_change, percent, percent_change, points_change, days, days_change, decimal, whole, day, words,
    )
}  # fmt: skip
"""Every format by its name, for templates."""
