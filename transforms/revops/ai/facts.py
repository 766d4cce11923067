"""All that is known of a rep, in one row: what a writer of coaching insights gets to see, and nothing else."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..common.amounts import short_amount
from ..common.formatters import days, percent

DRIVER_TEXTS = {
    "rep_text": "rep_value",
    "top_performer_text": "top_performer_value",
    "team_avg_text": "team_avg_value",
    "gap_text": "gap_to_top",
}
"""Texts of a driver's values, and the columns that hold the values."""


def driver_text(value: Column, format_type: Column, metric_name: Column) -> Column:
    """Return a driver's value as text: '38%', '45d' (whole days), '$431K' for a deal size, '4.2' for any other."""
    decimal = F.when(metric_name == "avg_deal_size", short_amount(value)).otherwise(F.format_number(value, 1))
    return (
        F.when(format_type == "percent", percent(value))
        .when(format_type == "days", days(F.round(value)))
        .otherwise(decimal)
    )


def with_texts(drivers: DataFrame) -> DataFrame:
    """Return rows of rep_driver_comparison with `DRIVER_TEXTS`."""
    texts = F.transform(
        F.array(*DRIVER_TEXTS.values()),
        lambda value: driver_text(value, F.col("format_type"), F.col("metric_name")),
    )
    worded = drivers.select("*", texts.alias("texts"))
    return worded.select(
        *drivers.columns, *[F.col("texts")[index].alias(name) for index, name in enumerate(DRIVER_TEXTS)]
    )


def gathered(rows: DataFrame, name: str) -> DataFrame:
    """Return one row per `rep_id` with the rep's rows as an array of structs called `name`, in no order."""
    return rows.groupBy("rep_id").agg(F.collect_list(F.struct(*rows.columns)).alias(name))


def facts(performance: DataFrame, drivers: DataFrame, activity: DataFrame, actions: DataFrame) -> DataFrame:
    """Return one row per rep of rep_performance_view with its columns and three arrays, empty where nothing is known.

    `drivers` holds the rep's rows of rep_driver_comparison with texts, `actions` those of next_best_actions, and
    `low_activity_days` the weekdays on which the rep did little in the last 30 days.
    """
    month = activity.where(F.col("period") == "30d").select("rep_id", "low_activity_days")
    return (
        performance.join(gathered(with_texts(drivers), "drivers"), "rep_id", "left")
        .join(gathered(actions, "actions"), "rep_id", "left")
        .join(month, "rep_id", "left")
        .select(*performance.columns, *[_or_empty(name) for name in ("drivers", "actions", "low_activity_days")])
    )


def _or_empty(name: str) -> Column:
    return F.coalesce(F.col(name), F.array()).alias(name)
