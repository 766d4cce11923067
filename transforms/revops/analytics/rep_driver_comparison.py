"""The Win Rate Drivers widget: what a rep does beside what the top performer and the team do."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.formatters import percent
from ..common.provenance import computed
from ..common.ratios import ratio
from ..contracts.reps import REP_DRIVER_COMPARISON


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
    """Return reps with avg_daily_activities and team_avg_daily of the last 30 days, null where none is recorded."""
    month = activity.where(F.col("period") == "30d").select("rep_id", "avg_daily_activities", "team_avg_daily")
    return performance.join(month, "rep_id", "left")


def driver_values(reps: DataFrame) -> DataFrame:
    """Return one row per rep and driver: its value of the rep, of the top performer and of the team.

    The top performer is the rep ranked first. A driver that is unknown of any of the three has no row.
    """
    all_reps = Window.partitionBy("data_freshness", "metric_name")
    top_value = F.max(F.when(F.col("overall_rank") == 1, F.col("rep_value"))).over(all_reps)
    drivers = F.array(*[_driver(driver) for driver in DRIVERS])
    values = reps.select("rep_id", "overall_rank", "data_freshness", F.inline(drivers))
    return values.select("*", top_value.alias("top_performer_value")).dropna(
        subset=["rep_value", "top_performer_value", "team_avg_value"]
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
    """Return how far the rep is behind the top performer in the driver's unit; negative where the rep is ahead."""
    return F.when(good_direction == "higher", top_value - rep_value).otherwise(rep_value - top_value)


def gap_impact(gap_pct: Column, metric_label: Column) -> Column:
    """Return what closing the gap (fraction of the top performer's value) would change, as the document words it."""
    potential = F.concat(percent(gap_pct), F.lit(" "), F.lower(metric_label), F.lit(" improvement potential"))
    return F.when(gap_pct > 0, potential).otherwise("No gap to the top performer")


def bar_pct(value: Column, bar_max: Column) -> Column:
    """Return the width of a bar, 0 to 100; 0 for a value below 0 or where even the longest bar is 0."""
    return F.greatest(F.lit(0.0), 100 * ratio(value, bar_max))


@transform(
    performance=Input("/RevOps/Analytics/rep_performance"),
    activity=Input("/RevOps/Analytics/rep_activity_metrics"),
    output=Output("/RevOps/Analytics/rep_driver_comparison", checks=REP_DRIVER_COMPARISON.checks()),
)
def compute(performance, activity, output):
    """Write one row per rep and driver with the gap to the top performer and the bars that show it."""
    rep, top, team = F.col("rep_value"), F.col("top_performer_value"), F.col("team_avg_value")
    gap_to_top = gap(rep, top, F.col("good_direction"))
    gap_pct = ratio(gap_to_top, top)
    bar_max = F.greatest(rep, top, team)
    comparison = driver_values(with_activity(performance.dataframe(), activity.dataframe())).select(
        "rep_id", "metric_name", "metric_label",
        "rep_value", "top_performer_value", "team_avg_value",
        "format_type", "good_direction",
        gap_to_top.alias("gap_to_top"),
        gap_pct.alias("gap_pct"),
        gap_impact(gap_pct, F.col("metric_label")).alias("gap_impact"),
        bar_max.alias("bar_max"),
        bar_pct(rep, bar_max).alias("rep_bar_pct"),
        bar_pct(top, bar_max).alias("top_bar_pct"),
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(REP_DRIVER_COMPARISON.conform(computed(comparison)))
