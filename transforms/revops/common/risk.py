"""What can be wrong with an open deal: one rule per risk flag. What is unknown raises no flag."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..contracts.vocabulary import RISK_FLAGS, UNKNOWN

STUCK_FACTOR = 1.5
"""A deal is stuck, and a process activity a bottleneck, beyond so many times the benchmark."""
DARK_AFTER_DAYS = 7
"""Days without contact after which a deal goes dark."""

FLAG_LABELS = {
    "STUCK": "Stuck",
    "GOING_DARK": "Going Dark",
    "NO_EB": "No EB",
    "NO_CHAMPION": "No Champion",
    "CHAMPION_SILENT": "Champion Silent",
    "SINGLE_THREADED": "Single-Threaded",
    "COMPETITOR": "Competitor",
    "OVERDUE": "Overdue",
}


def is_over_benchmark(days: Column, benchmark_days: Column) -> Column:
    """Return whether so many days are beyond 1.5 times the benchmark in days; null where either is unknown."""
    return days > STUCK_FACTOR * benchmark_days


def risk_flags(
    days_in_stage: Column,
    benchmark_days: Column,
    days_since_contact: Column,
    has_economic_buyer: Column,
    champion_status: Column,
    stakeholder_count: Column,
    competitor: Column,
    days_until_close: Column,
) -> Column:
    """Return the flags of a deal as an array of text in the order of `RISK_FLAGS`, empty where nothing is wrong."""
    raised = {
        "STUCK": is_over_benchmark(days_in_stage, benchmark_days),
        "GOING_DARK": days_since_contact > DARK_AFTER_DAYS,
        "NO_EB": ~has_economic_buyer,
        "NO_CHAMPION": champion_status == "None",
        "CHAMPION_SILENT": champion_status == "Silent",
        "SINGLE_THREADED": stakeholder_count <= 1,
        "COMPETITOR": ~competitor.isin("None", UNKNOWN),
        "OVERDUE": days_until_close < 0,
    }
    flags = F.array(*[F.when(raised[flag], F.lit(flag)) for flag in RISK_FLAGS])
    return F.filter(flags, lambda flag: flag.isNotNull())


def risk_flags_display(flags: Column) -> Column:
    """Return an array of flags as text for people: 'Stuck • No EB • Going Dark'."""
    labels = F.create_map(*[F.lit(text) for item in FLAG_LABELS.items() for text in item])
    return F.concat_ws(" • ", F.transform(flags, lambda flag: F.element_at(labels, flag)))
