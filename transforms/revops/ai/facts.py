"""All facts about a rep in one row: the only source of coaching insights."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..analytics.rep_driver_comparison import difference, difference_text, driver_text
from ..common.amounts import with_currency_sign
from ..contracts.vocabulary import UNKNOWN

DRIVER_TEXTS = {"rep_text": "rep_value", "top_performer_text": "top_performer_value", "team_avg_text": "team_avg_value"}
"""Texts of a driver's values, and the columns that hold the values."""
DRIVER_FIELDS = (
    "metric_name", "metric_label", "format_type", "good_direction", "rep_value", "top_performer_value",
    "team_avg_value", "gap_impact",
)  # fmt: skip
STAGE_DAYS, STAGE_LOSSES = "stage_days", "stage_losses"
"""Names of the drivers that come from rep_stage_pace."""
LEAST_DEALS = 5
"""Deals that left a stage, or were lost from it, from which on a rep's figure of the stage says something."""


def lead_over_team(driver: Column) -> Column:
    """Return how much better than the team the rep is: a fraction of the team's value; negative: worse.

    Of losses by stage, which are shares, the lead is in points: 0.44 for 80% instead of 36%.

    Args:
        driver: struct or row of `DRIVER_FIELDS`.
    """
    higher = driver["rep_value"] - driver["team_avg_value"]
    better = F.when(driver["good_direction"] == "higher", higher).otherwise(-higher)
    team_value = F.when(driver["metric_name"] == STAGE_LOSSES, F.lit(1.0)).otherwise(driver["team_avg_value"])
    return F.coalesce(better / F.nullif(team_value, F.lit(0.0)), F.lit(0.0))


def stage_drivers(stage_pace: DataFrame) -> DataFrame:
    """Return `DRIVER_FIELDS` of each rep's stages: days in a stage, and losses from it, lower is better.

    Of the days, the rep's slowest and fastest stage against the team; of the losses, the stage in which the rep loses
    more than the team. No top performer is known: its value is null.

    Args:
        stage_pace: rows of the contract REP_STAGE_PACE.
    """
    days = stage_pace.where((F.col("finished_count") >= LEAST_DEALS) & F.col("avg_days").isNotNull()).select(
        "rep_id", "stage_name", F.lit(STAGE_DAYS).alias("metric_name"), F.lit("days").alias("format_type"),
        F.lit("Days in ").alias("prefix"), F.col("avg_days").alias("rep_value"),
        F.col("team_avg_days").alias("team_avg_value"),
    )  # fmt: skip
    losses = stage_pace.where(F.col("lost_count") >= LEAST_DEALS).select(
        "rep_id", "stage_name", F.lit(STAGE_LOSSES).alias("metric_name"), F.lit("percent").alias("format_type"),
        F.lit("Losses in ").alias("prefix"), F.col("lost_share").alias("rep_value"),
        F.col("team_lost_share").alias("team_avg_value"),
    )  # fmt: skip
    drivers = days.unionByName(losses).select(
        "rep_id", "metric_name", F.concat("prefix", "stage_name").alias("metric_label"), "format_type",
        F.lit("lower").alias("good_direction"), "rep_value", F.lit(None).cast("double").alias("top_performer_value"),
        "team_avg_value", F.lit(None).cast("string").alias("gap_impact"),
    )  # fmt: skip
    lead = lead_over_team(F.struct(*DRIVER_FIELDS))
    ranked = drivers.groupBy("rep_id", "metric_name").agg(
        F.min_by(F.struct(*DRIVER_FIELDS), lead).alias("worst"), F.max_by(F.struct(*DRIVER_FIELDS), lead).alias("best")
    )
    chosen = F.when(F.col("metric_name") == STAGE_DAYS, F.array_distinct(F.array("worst", "best"))).otherwise(
        F.array("worst")
    )
    return ranked.select("rep_id", F.explode(chosen).alias("driver")).select("rep_id", "driver.*")


def with_texts(drivers: DataFrame) -> DataFrame:
    """Return rep_id, `DRIVER_FIELDS` and `DRIVER_TEXTS` of drivers, with gap_text: '14 points below team'.

    Args:
        drivers: rep_id, `DRIVER_FIELDS` and currency_sign.
    """
    kind, name, sign = F.col("format_type"), F.col("metric_name"), F.col("currency_sign")
    texts = [driver_text(F.col(column), kind, name, sign).alias(text) for text, column in DRIVER_TEXTS.items()]
    distance = difference(F.col("rep_value"), F.col("team_avg_value"), kind, name)
    side = F.when(F.col("rep_value") < F.col("team_avg_value"), " below team").otherwise(" above team")
    gap_text = F.concat(difference_text(F.col("distance"), kind, name, sign), side)
    return drivers.select("*", distance.alias("distance")).select(
        "rep_id", *DRIVER_FIELDS, *texts, gap_text.alias("gap_text")
    )


def with_deals(actions: DataFrame, deals: DataFrame) -> DataFrame:
    """Return next best actions with `act_by` and `deal_name`: the account, else the deal's name and id.

    Args:
        actions: rows of the contract NEXT_BEST_ACTIONS.
        deals: rows of the contract DEAL_HEALTH_SCORES.
    """
    names = deals.select("opportunity_id", "opportunity_name", "act_by")
    account = F.when(F.col("account_name") != UNKNOWN, F.col("account_name"))
    deal_name = F.coalesce(
        account, F.concat("opportunity_name", F.lit(" ("), "opportunity_id", F.lit(")")), F.lit(UNKNOWN)
    )
    joined = actions.join(names, "opportunity_id", "left")
    return joined.select(*actions.columns, "act_by", deal_name.alias("deal_name"))


def gathered(rows: DataFrame, name: str) -> DataFrame:
    """Return one row per `rep_id` with the rep's rows as an array of structs called `name`, in no order.

    Args:
        rows: rows with rep_id.
    """
    return rows.groupBy("rep_id").agg(F.collect_list(F.struct(*rows.columns)).alias(name))


def facts(
    performance: DataFrame,
    results: DataFrame,
    drivers: DataFrame,
    stage_pace: DataFrame,
    activity: DataFrame,
    actions: DataFrame,
    deals: DataFrame,
    reporting_currency: DataFrame,
) -> DataFrame:
    """Return one row per rep of rep_performance_view with all that is known of the rep.

    Added columns: currency_sign of the amounts; closed_count, open_count and has_quota from rep_performance
    (`results`), null if it lacks the rep; drivers (rows of rep_driver_comparison and of `stage_drivers` with texts),
    actions (rows of next_best_actions with those of `with_deals`) and low_activity_days (weekdays of the last 30 days),
    empty if nothing is known.

    Args:
        performance: rows of the contract REP_PERFORMANCE_VIEW.
        drivers: rows of the contract REP_DRIVER_COMPARISON.
        stage_pace: rows of the contract REP_STAGE_PACE.
        activity: rows of the contract REP_ACTIVITY_METRICS.
        actions: rows of the contract NEXT_BEST_ACTIONS.
        deals: rows of the contract DEAL_HEALTH_SCORES.
        reporting_currency: the row of the contract REPORTING_CURRENCY.
    """
    month = activity.where(F.col("period") == "30d").select("rep_id", "low_activity_days")
    counts = results.select(
        "rep_id",
        (F.col("won_count") + F.col("lost_count")).alias("closed_count"),
        "open_count",
        (F.col("ytd_quota") > 0).alias("has_quota"),
    )
    all_drivers = drivers.select("rep_id", *DRIVER_FIELDS).unionByName(stage_drivers(stage_pace))
    texts = with_texts(with_currency_sign(all_drivers, reporting_currency))
    return (
        with_currency_sign(performance, reporting_currency)
        .join(counts, "rep_id", "left")
        .join(gathered(texts, "drivers"), "rep_id", "left")
        .join(gathered(with_deals(actions, deals), "actions"), "rep_id", "left")
        .join(month, "rep_id", "left")
        .select(
            *performance.columns,
            "currency_sign",
            "closed_count",
            "open_count",
            "has_quota",
            *[_or_empty(name) for name in ("drivers", "actions", "low_activity_days")],
        )
    )


def _or_empty(name: str) -> Column:
    return F.coalesce(F.col(name), F.array()).alias(name)
