"""The Win Rate Drivers widget: what a rep does beside what the top performer and the team do."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.amounts import short_amount, with_currency_sign
from ..common.formatters import days, decimal, percent, whole_amount
from ..common.portable import rounded, whole
from ..common.provenance import computed
from ..common.ratios import ratio
from ..contracts.reps import REP_DRIVER_COMPARISON

SMALL_AMOUNT, MILLION = 10_000, 1_000_000
"""Amounts below which an amount is shown to the unit, and from which on in millions."""


@dataclass(frozen=True)
class Driver:
    """One measure that drives the win rate, and the columns that hold it."""

    name: str
    label: str
    format_type: str
    good_direction: str
    rep_column: str
    team_column: str


DRIVERS = (
    Driver("win_rate", "Win Rate", "percent", "higher", "win_rate", "team_win_rate"),
    Driver("avg_deal_size", "Average Deal Size", "decimal", "higher", "avg_deal_size", "team_avg_deal_size"),
    Driver(
        "avg_sales_cycle_days", "Sales Cycle", "days", "lower", "avg_sales_cycle_days", "team_avg_sales_cycle_days",
    ),
    Driver(
        "avg_stakeholders", "Stakeholders per Deal", "decimal", "higher", "avg_stakeholders", "team_avg_stakeholders",
    ),
    Driver(
        "economic_buyer_rate", "Economic Buyer Involvement", "percent", "higher", "economic_buyer_rate",
        "team_economic_buyer_rate",
    ),
    Driver("daily_activities", "Activities per Day", "decimal", "higher", "avg_daily_activities", "team_avg_daily"),
)  # fmt: skip


def with_activity(performance: DataFrame, activity: DataFrame) -> DataFrame:
    """Return reps with avg_daily_activities and team_avg_daily of the last 30 days, null where none is recorded.

    Args:
        performance: rows of the contract REP_PERFORMANCE.
        activity: rows of the contract REP_ACTIVITY_METRICS.
    """
    month = activity.where(F.col("period") == "30d").select("rep_id", "avg_daily_activities", "team_avg_daily")
    return performance.join(month, "rep_id", "left")


def driver_values(reps: DataFrame) -> DataFrame:
    """Return one row per rep and driver: its value of the rep, of the top performer and of the team.

    The top performer is the rep ranked first; of several, the best value counts. A driver that is unknown of any of the
    three has no row: also the win rate of a rep who closed no deal, and the deal size of one who won none.

    Args:
        reps: rows of `measured`.
    """
    all_reps = Window.partitionBy("data_freshness", "metric_name")
    top_value = F.when(F.col("good_direction") == "higher", F.max("value_of_first").over(all_reps)).otherwise(
        F.min("value_of_first").over(all_reps)
    )
    drivers = F.array(*[_driver(driver) for driver in DRIVERS])
    values = reps.select("rep_id", "overall_rank", "data_freshness", F.inline(drivers)).select(
        "*", F.when(F.col("overall_rank") == 1, F.col("rep_value")).alias("value_of_first")
    )
    return values.select("*", top_value.alias("top_performer_value")).dropna(
        subset=["rep_value", "top_performer_value", "team_avg_value"]
    )


def measured(reps: DataFrame) -> DataFrame:
    """Return reps with win_rate and avg_deal_size null where there is no closed, or no won, deal to measure.

    Args:
        reps: rows of `with_activity`.
    """
    closed_any, won_any = F.col("won_count") + F.col("lost_count") > 0, F.col("won_count") > 0
    return reps.withColumns(
        {"win_rate": F.when(closed_any, F.col("win_rate")), "avg_deal_size": F.when(won_any, F.col("avg_deal_size"))}
    )


def _driver(driver: Driver) -> Column:
    return F.struct(
        F.lit(driver.name).alias("metric_name"),
        F.lit(driver.label).alias("metric_label"),
        F.lit(driver.format_type).alias("format_type"),
        F.lit(driver.good_direction).alias("good_direction"),
        F.col(driver.rep_column).cast("double").alias("rep_value"),
        F.col(driver.team_column).cast("double").alias("team_avg_value"),
    )


def gap(rep_value: Column, top_value: Column, good_direction: Column) -> Column:
    """Return how far the rep is behind the top performer in the driver's unit; negative where the rep is ahead.

    Args:
        rep_value: the rep's value.
        top_value: the value of the top performer.
        good_direction: 'higher' or 'lower': which values are better.
    """
    return F.when(good_direction == "higher", top_value - rep_value).otherwise(rep_value - top_value)


def driver_text(value: Column, format_type: Column, metric_name: Column, sign: Column | None = None) -> Column:
    """Return a driver's value as text: '38%', '45d' (whole days), '$431K' or '$2,431' for a deal size, else '4.2'.

    Args:
        value: the value.
        format_type: 'percent', 'days' or 'decimal'.
        metric_name: the driver.
        sign: sign of the reporting currency; None: '$'.
    """
    money = F.when(value < SMALL_AMOUNT, whole_amount(value, sign)).otherwise(short_amount(value, sign))
    number = F.when(metric_name == "avg_deal_size", money).otherwise(decimal(value))
    return (
        F.when(format_type == "percent", percent(value))
        .when(format_type == "days", days(whole(value)))
        .otherwise(number)
    )


def shown_value(value: Column, format_type: Column, metric_name: Column) -> Column:
    """Return a driver's value as its text rounds it: percent and days whole, else to 0.1; amounts to 0.1M, 1K or 1.

    Args:
        value: a value of the driver.
        format_type: how values of the driver are displayed.
        metric_name: name of the driver.
    """
    money = (
        F.when(value < SMALL_AMOUNT, rounded(value))
        .when(value < MILLION, 1_000 * rounded(value / 1_000))
        .otherwise(100_000 * rounded(value / 100_000))
    )
    number = F.when(metric_name == "avg_deal_size", money).otherwise(rounded(value, 1))
    return (
        F.when(format_type == "percent", rounded(value, 2))
        .when(format_type == "days", rounded(value))
        .otherwise(number)
    )


def difference(value: Column, other: Column, format_type: Column, metric_name: Column) -> Column:
    """Return the distance between two values as they are shown, for `difference_text`: percent in points.

    Args:
        value: a value of the driver.
        other: a value of the same driver.
        format_type: how values of the driver are displayed.
        metric_name: name of the driver.
    """
    first, second = (shown_value(metric, format_type, metric_name) for metric in (value, other))
    distance = F.abs(first - second)
    return F.when(format_type == "percent", rounded(100 * distance)).otherwise(distance)


def difference_text(distance: Column, format_type: Column, metric_name: Column, sign: Column | None = None) -> Column:
    """Return a `difference`, a column that has been computed, in words: '14 points', '6 days', '$47K' or '2.9'.

    Args:
        distance: the difference, in the driver's unit.
        format_type: how values of the driver are displayed.
        metric_name: name of the driver.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    count, ending = whole(distance).cast("string"), F.when(distance == 1, "").otherwise("s")
    return (
        F.when(format_type == "percent", F.concat(count, F.lit(" point"), ending))
        .when(format_type == "days", F.concat(count, F.lit(" day"), ending))
        .otherwise(driver_text(distance, format_type, metric_name, sign))
    )


def with_gap(drivers: DataFrame) -> DataFrame:
    """Return rows of `driver_values` and currency_sign with gap_to_top and gap_impact.

    gap_impact is what closing the gap would change, '24-point win rate improvement potential (14% to 38%)': the
    distance between the two values as they are shown.

    Args:
        drivers: one row per rep and driver.
    """
    rep, top, kind, name, sign = (
        F.col(column) for column in ("rep_value", "top_performer_value", "format_type", "metric_name", "currency_sign")
    )
    # texts are columns first: an expression that has all of them several times takes engines long to analyze
    texts = {"rep_text": driver_text(rep, kind, name, sign), "top_text": driver_text(top, kind, name, sign)}
    distance = difference_text(F.col("distance"), kind, name, sign)
    adjective = F.regexp_replace(F.replace("distance_text", F.lit(" "), F.lit("-")), "s$", "")
    potential = F.concat(
        adjective, F.lit(" "), F.lower("metric_label"),
        F.lit(" improvement potential ("), "rep_text", F.lit(" to "), "top_text", F.lit(")"),
    )  # fmt: skip
    impact = F.when(F.col("gap_to_top") > 0, potential).otherwise("No gap to the top performer")
    return (
        drivers.select("*", gap(rep, top, F.col("good_direction")).alias("gap_to_top"))
        .select("*", difference(rep, top, kind, name).alias("distance"))
        .select("*", distance.alias("distance_text"), *[text.alias(column) for column, text in texts.items()])
        .select("*", impact.alias("gap_impact"))
        .drop("distance", "distance_text", *texts)
    )


def bar_pct(value: Column, bar_max: Column) -> Column:
    """Return the width of a bar, 0 to 100; 0 for a value below 0 or where even the longest bar is 0.

    Args:
        value: the value that the bar shows.
        bar_max: value that fills the bar.
    """
    return F.greatest(F.lit(0.0), 100 * ratio(value, bar_max))


@transform(
    performance=Input("/RevOps/Analytics/rep_performance"),
    activity=Input("/RevOps/Analytics/rep_activity_metrics"),
    reporting_currency=Input("/RevOps/Reference/reporting_currency"),
    output=Output("/RevOps/Analytics/rep_driver_comparison", checks=REP_DRIVER_COMPARISON.checks()),
)
def compute(performance, activity, reporting_currency, output):
    """Write one row per rep and driver with the gap to the top performer and the bars that show it."""
    rep, top, team = F.col("rep_value"), F.col("top_performer_value"), F.col("team_avg_value")
    reps = with_activity(measured(performance.dataframe()), activity.dataframe())
    driver_rows = with_currency_sign(driver_values(reps), reporting_currency.dataframe())
    bars = with_gap(driver_rows).select("*", F.greatest(rep, top, team).alias("bar_max"))
    comparison = bars.select(
        "rep_id", "metric_name", "metric_label",
        "rep_value", "top_performer_value", "team_avg_value",
        "format_type", "good_direction", "gap_to_top",
        ratio(F.col("gap_to_top"), top).alias("gap_pct"),
        "gap_impact", "bar_max",
        bar_pct(rep, F.col("bar_max")).alias("rep_bar_pct"),
        bar_pct(top, F.col("bar_max")).alias("top_bar_pct"),
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(REP_DRIVER_COMPARISON.conform(computed(comparison)))
