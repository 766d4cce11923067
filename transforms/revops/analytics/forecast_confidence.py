"""The forecast of each quarter, how far to trust it, and what it was a week ago, for every setting of the filters."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.filters import FILTERS
from ..common.portable import days_between
from ..common.provenance import computed
from ..common.quarters import quarter_end
from ..common.ratios import ratio
from ..contracts.forecast import FILTER_KEY, FORECAST_CONFIDENCE
from ..contracts.vocabulary import UNKNOWN

WEEK_DAYS = 7
LATE_DAYS = 3
"""Days by which a recorded snapshot may be older than a week and still count as that of a week ago: a long weekend."""


def target_state(quarter_target: Column, closed_won: Column, is_over: Column) -> Column:
    """Return whether something is left to win: 'no_quota', 'met', 'missed' or 'open'.

    Args:
        quarter_target: USD; 0 if there is none: 'no_quota'.
        closed_won: USD; at least the target: 'met'.
        is_over: whether the quarter is over: 'missed' if the target is not met.
    """
    return (
        F.when(quarter_target <= 0, "no_quota")
        .when(closed_won >= quarter_target, "met")
        .when(is_over, "missed")
        .otherwise("open")
    )


def recorded_a_week_ago(snapshots: DataFrame) -> DataFrame:
    """Return the figures of the last snapshot recorded seven to ten days ago, one row per quarter and setting.

    Args:
        snapshots: rows of the contract FORECAST_SNAPSHOTS.

    Returns:
        FILTER_KEY, recorded_forecast and recorded_commit (USD); no row where no such snapshot is recorded.
    """
    age = days_between("snapshot_date", "data_freshness")
    figures = F.struct(
        F.col("ai_forecast").alias("recorded_forecast"),
        (F.col("closed_won_amount") + F.col("commit_open_amount")).alias("recorded_commit"),
    )
    old = snapshots.where(age.between(WEEK_DAYS, WEEK_DAYS + LATE_DAYS))
    return old.groupBy(*FILTER_KEY).agg(F.max_by(figures, "snapshot_date").alias("last")).select(
        *FILTER_KEY, "last.recorded_forecast", "last.recorded_commit"
    )  # fmt: skip


def undated(today: DataFrame) -> DataFrame:
    """Return the open deals without a close date by setting: the filters, undated_count and undated_amount (USD).

    Args:
        today: rows of the contract FORECAST_SNAPSHOTS, of one day.
    """
    return today.where(F.col("quarter") == UNKNOWN).select(
        *FILTERS, F.col("open_count").alias("undated_count"), F.col("open_amount").alias("undated_amount")
    )


def confidence(today: DataFrame, a_week_ago: DataFrame) -> DataFrame:
    """Return the forecast of each quarter and setting.

    Confidence in the forecast: of its dollars, those won count fully, those expected by how certain their deals are.
    Confidence in the commit: the part of it that is won or, by the deals' chances, will be. Both 0 for no dollars.

    Args:
        today: today's rows of the contract FORECAST_SNAPSHOTS.
        a_week_ago: rows of `recorded_a_week_ago`; without one a week ago is reconstructed.

    Returns:
        One row per quarter and setting, the fields of the contract FORECAST_CONFIDENCE.
    """
    won, forecast = F.col("closed_won_amount"), F.col("ai_forecast")
    commit = won + F.col("commit_open_amount")
    is_recorded = F.col("recorded_forecast").isNotNull()
    is_over = F.coalesce(quarter_end(F.col("quarter")) < F.col("data_freshness"), F.lit(False))
    joined = today.join(a_week_ago, [*FILTER_KEY], "left").join(F.broadcast(undated(today)), [*FILTERS], "left")
    names = [name for name in today.columns if name not in ("ai_forecast_1w_ago", "created_at", "updated_at")]
    return joined.select(
        *names,
        target_state(F.col("quarter_target"), won, is_over).alias("target_state"),
        commit.alias("commit_amount"),
        (commit + F.col("best_case_open_amount")).alias("best_case_amount"),
        ratio(won + F.col("certain_amount"), forecast).alias("ai_forecast_confidence"),
        ratio(won + F.col("commit_expected_amount"), commit).alias("commit_confidence"),
        F.coalesce("undated_count", F.lit(0)).alias("undated_count"),
        F.coalesce("undated_amount", F.lit(0.0)).alias("undated_amount"),
        F.coalesce("recorded_forecast", "ai_forecast_1w_ago").alias("ai_forecast_1w_ago"),
        F.col("recorded_commit").alias("commit_amount_1w_ago"),
        F.when(is_recorded, "recorded").otherwise("reconstructed").alias("change_basis"),
    )


@transform(
    snapshots=Input("/RevOps/Analytics/forecast_snapshots"),
    output=Output("/RevOps/Analytics/forecast_confidence", checks=FORECAST_CONFIDENCE.checks()),
)
def compute(snapshots, output):
    """Write the forecast of every quarter and setting as of today."""
    rows = snapshots.dataframe()
    today = rows.where(F.col("snapshot_date") == F.col("data_freshness"))
    output.write_dataframe(FORECAST_CONFIDENCE.conform(computed(confidence(today, recorded_a_week_ago(rows)))))
