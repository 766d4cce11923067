"""The reps of an export, with what its deals tell of their earlier quarters."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from ..common.ratios import ratio_if_any
from ..contracts.vocabulary import UNKNOWN
from .mapping import ExportMapping
from .rows import judged, key_rules, recorded_on

RESULTS = ("prior_closed_count", "prior_won_count", "prior_won_amount")
"""Deals that closed in the quarter before today's, those of them that were won, and their amount in USD."""


def judged_reps(rows: DataFrame) -> DataFrame:
    """Return the rep rows with their `reason`; only a missing or repeated id forbids to use one."""
    return judged(rows, key_rules())


def rep_identities(usable_rows: DataFrame) -> DataFrame:
    """Return one row per rep: `rep_id`, `rep_name` (the id where there is none), `manager_name` and `region`."""
    return usable_rows.select(
        F.col("text.id").alias("rep_id"),
        F.coalesce("text.name", "text.id").alias("rep_name"),
        F.coalesce("text.manager", F.lit(UNKNOWN)).alias("manager_name"),
        F.coalesce("text.region", F.lit(UNKNOWN)).alias("region"),
    )


def sales_reps_of(reps: DataFrame, opportunities: DataFrame, export: ExportMapping) -> DataFrame:
    """Return every rep, with deals or without, by the contract SALES_REPS.

    The prior win rate and rank are null for a rep who closed no deal in the quarter before today's.
    """
    everyone = Window.partitionBy("data_freshness").orderBy(F.col("attainment").desc_nulls_last())
    closed_any = F.col("prior_closed_count") > 0
    measured = reps.join(closed_results(opportunities, export.today), "rep_id", "left").select(
        "*",
        (F.col("prior_won_amount") / export.quota).alias("attainment"),
        *recorded_on(F.lit(export.today)),
    )
    return measured.select(
        *reps.columns,
        F.lit(UNKNOWN).alias("segment"),
        F.lit(None).alias("hired_on"),
        quarters_of_the_year(export).alias("quarters"),
        ratio_if_any(F.col("prior_won_count"), F.col("prior_closed_count")).alias("prior_quarter_win_rate"),
        F.when(closed_any, F.rank().over(everyone)).alias("prior_quarter_rank"),
        *recorded_on(F.col("data_freshness")),
    )


def closed_results(opportunities: DataFrame, today: date) -> DataFrame:
    """Return one row per rep with deals: `RESULTS`, and `won_Q1` … (USD) of the year's quarters before today's."""
    closed_before = F.col("is_closed") & (F.col("quarter") == quarter_before(today))
    won_before = closed_before & F.col("is_won")
    return opportunities.groupBy(F.col("owner_id").alias("rep_id")).agg(
        F.count(F.when(closed_before, 1)).alias("prior_closed_count"),
        F.count(F.when(won_before, 1)).alias("prior_won_count"),
        F.coalesce(F.sum(F.when(won_before, F.col("amount"))), F.lit(0.0)).alias("prior_won_amount"),
        *[
            F.sum(F.when(F.col("is_won") & (F.col("quarter") == f"Q{number} {today.year}"), F.col("amount"))).alias(
                f"won_Q{number}"
            )
            for number in range(1, quarter_number(today))
        ],
    )


def quarters_of_the_year(export: ExportMapping) -> Column:
    """Return the quarters of today's year up to today's, each with the quota and what the rep won in it.

    0 USD where nothing was won, and in today's quarter, whose deals are in opportunities.
    """
    current = quarter_number(export.today)
    won = [F.coalesce(F.col(f"won_Q{number}"), F.lit(0.0)) for number in range(1, current)]
    return F.array(
        *[
            F.struct(
                F.lit(f"Q{number} {export.today.year}").alias("quarter"),
                F.lit(export.quota).alias("quota"),
                closed_amount.alias("closed_amount"),
            )
            for number, closed_amount in enumerate([*won, F.lit(0.0)], start=1)
        ]
    )


def quarter_number(day: date) -> int:
    """Return the calendar quarter of a day, 1 to 4."""
    return (day.month + 2) // 3


def quarter_before(day: date) -> str:
    """Return the quarter before that of a day: 'Q4 2016' for a day in Q1 2017."""
    number = quarter_number(day)
    return f"Q{number - 1} {day.year}" if number > 1 else f"Q4 {day.year - 1}"
