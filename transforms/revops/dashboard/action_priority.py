"""How pressing an action on an open deal is: five factors, each 0 (can wait) to 1 (cannot), and their weights.

The factors are those that dashboard_data_contracts.md names for next best actions; weights and limits are our choice.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..common.ratios import ratio_if_any

WEIGHTS = {"health": 30, "silence": 25, "amount": 20, "close": 15, "flags": 10}
"""Points that each factor gives at most; together 100."""
UNKNOWN_FACTOR = 0.5
"""A factor of which nothing is known: it argues neither for nor against the action."""
SILENT_DAYS = 21
CLOSE_DAYS = 90
MANY_FLAGS = 3


def health_factor(health_score: Column) -> Column:
    """Return 1 for a health of 0 falling to 0 for 100; unknown where the health is."""
    return _factor(1 - health_score / 100)


def silence_factor(days_since_contact: Column) -> Column:
    """Return 0 for a deal touched today rising to 1 after `SILENT_DAYS`; unknown without a recorded activity."""
    return _factor(days_since_contact / SILENT_DAYS)


def amount_factor(amount: Column, largest_amount: Column) -> Column:
    """Return the amount as a fraction of the rep's largest open deal (USD): big is what is big for the rep.

    Unknown where the deal has no price or no deal of the rep has one above 0.
    """
    return _factor(ratio_if_any(amount, largest_amount))


def close_factor(days_until_close: Column) -> Column:
    """Return 1 for a deal that closes today or is overdue falling to 0 at `CLOSE_DAYS`; unknown without a date."""
    return _factor(1 - days_until_close / CLOSE_DAYS)


def flags_factor(risk_flags: Column) -> Column:
    """Return 0 without a risk flag rising to 1 at `MANY_FLAGS`."""
    return _factor(F.size(risk_flags) / MANY_FLAGS)


def priority_score(factors: dict[str, Column]) -> Column:
    """Return 0..100, to one decimal: the factors by name of `WEIGHTS`, each times its weight."""
    points = [weight * factors[name] for name, weight in WEIGHTS.items()]
    return F.round(sum(points[1:], points[0]), 1)


def _factor(value: Column) -> Column:
    clipped = F.least(F.greatest(value, F.lit(0.0)), F.lit(1.0))
    return F.when(value.isNull(), F.lit(UNKNOWN_FACTOR)).otherwise(clipped)
