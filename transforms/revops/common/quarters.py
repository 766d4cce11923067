"""Calendar quarters, their names and their thirteen weeks."""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from .portable import days_between

YEAR = 2000
"""Year from which quarters are counted; any would do."""
MONTHS = 3
"""Months of a quarter."""
WEEKS = 13
"""Weeks of a quarter; the last takes the days that are left over and so has 6 to 8 days."""


def quarter_name(day: Column) -> Column:
    """Return the calendar quarter of a date as the contracts write it: 'Q4 2024'; null without a date.

    Args:
        day: a date.
    """
    return F.concat(F.lit("Q"), F.quarter(day), F.lit(" "), F.year(day))


def quarter_begin(quarter: Column) -> Column:
    """Return the first day of a quarter such as 'Q4 2024'; null for any text that names none, such as 'Unknown'.

    Args:
        quarter: name of a quarter, 'Q4 2024'.
    """
    name = F.when(quarter.rlike(r"^Q[1-4] [0-9]{4}\z"), quarter)
    number, year = F.substring(name, 2, 1).cast("int"), F.substring(name, 4, 4).cast("int")
    return F.add_months(F.lit(date(YEAR, 1, 1)), MONTHS * (4 * (year - YEAR) + number - 1))


def quarter_end(quarter: Column) -> Column:
    """Return the last day of a quarter such as 'Q4 2024'; null for any text that names none.

    Args:
        quarter: name of a quarter, 'Q4 2024'.
    """
    return F.date_sub(F.add_months(quarter_begin(quarter), MONTHS), 1)


def week_begin(begin: Column, week_number: Column) -> Column:
    """Return the first day of a week of a quarter.

    Args:
        begin: first day of the quarter.
        week_number: 1 to 13.
    """
    return F.date_add(begin, (7 * (week_number - 1)).cast("int"))


def week_end(begin: Column, end: Column, week_number: Column) -> Column:
    """Return the last day of a week of a quarter; week 1 begins with the quarter, week 13 ends with it.

    Args:
        begin: first day of the quarter.
        end: last day of the quarter.
        week_number: 1 to 13.
    """
    return F.when(week_number == WEEKS, end).otherwise(F.date_add(week_begin(begin, week_number), 6))


def day_of_quarter(day: Column) -> Column:
    """Return the number of a date in its calendar quarter, from 1.

    Args:
        day: a date.
    """
    return days_between(quarter_begin(quarter_name(day)), day) + 1


def week_of_quarter(day: Column) -> Column:
    """Return the week, 1 to 13, that a date is in: see `week_end`.

    Args:
        day: a date.
    """
    return F.least(((day_of_quarter(day) - 1) / 7).cast("int") + 1, F.lit(WEEKS))
