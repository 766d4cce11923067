"""Each deal's part in the forecast, today and a week ago: the rows behind every figure of the pipeline page."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import forecast
from ..common.filters import with_rep_segment
from ..common.health import LEAST_SCORES
from ..common.portable import days_between
from ..common.provenance import computed
from ..contracts.forecast import DEAL_FORECAST
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, UNKNOWN


def today() -> Column:
    """Return the day of the source data, which is 'today' to the pipeline."""
    return F.col("data_freshness")


def week_ago() -> Column:
    """Return the day a week before today."""
    return F.date_sub(today(), 7)


def stages_a_week_ago(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the stage that each deal was in a week ago, by the last process activity begun by then.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.

    Returns:
        One row per opportunity with an activity begun by then: opportunity_id, event_stage_1w_ago (null if that was a
        closing activity).
    """
    activities = stage_benchmarks.where(F.col("level") == "activity").select(
        F.col("name").alias("activity"), "stage_name"
    )
    begun = process_events.where(F.col("started_on") <= week_ago()).join(F.broadcast(activities), "activity", "inner")
    last = F.max_by("stage_name", F.struct("started_on", "sequence"))
    open_stage = F.when(~last.isin(CLOSED_WON, CLOSED_LOST), last)
    return begun.groupBy("opportunity_id").agg(open_stage.alias("event_stage_1w_ago"))


def deal_state(was_won: Column, was_open: Column) -> Column:
    """Return 'won', 'open' or 'lost' from whether a deal was won and was open; a deal that is neither is lost.

    Args:
        was_won: whether the deal was won by the day.
        was_open: whether the deal was open at the end of the day.
    """
    return F.when(was_won, "won").when(was_open, "open").otherwise("lost")


def chance(state: Column, open_chance: Column) -> Column:
    """Return the chance to win, 0 to 1, of a deal in that state: `open_chance` if open, 1 if won, else 0."""
    return F.when(state == "open", open_chance).when(state == "won", 1.0).otherwise(0.0)


def deal_rows(deals: DataFrame) -> DataFrame:
    """Return the fields of the contract DEAL_FORECAST from opportunities with their history, health and stages.

    Args:
        deals: opportunities with the rep's segment, the columns of `forecast.with_history`, deal_size, health_score,
            health_band and event_stage_1w_ago.

    Returns:
        One row per opportunity.
    """
    not_yet = F.coalesce(F.col("opened_on") > week_ago(), F.lit(False))
    state = deal_state(F.col("is_won"), ~F.col("is_closed"))
    state_1w_ago = F.when(not_yet, "none").otherwise(
        deal_state(forecast.was_won(week_ago()), forecast.was_open(week_ago()))
    )
    stage_1w_ago = F.coalesce("event_stage_1w_ago", forecast.stage_on(week_ago()))
    in_commit = forecast.was_in(forecast.COMMIT, today())
    known = deals.select(
        "*",
        stage_1w_ago.alias("stage_then_if_open"),
        forecast.signal_health(today()).alias("signal_health"),
        forecast.signal_health(week_ago()).alias("signal_health_1w_ago"),
        state.alias("deal_state"),
        state_1w_ago.alias("state_1w_ago"),
    )
    chance_now = forecast.win_chance(today(), F.col("stage_name"), F.col("signal_health"))
    chance_then = forecast.win_chance(week_ago(), F.col("stage_then_if_open"), F.col("signal_health_1w_ago"))
    chances = known.select("*", chance_now.alias("chance_if_open"), chance_then.alias("chance_then_if_open"))
    return chances.select(
        "opportunity_id", "opportunity_name", "account_name", "owner_id", "owner_name",
        "manager_name", "segment", "region", "quarter",
        "deal_state",
        "deal_size", "amount", "stage_name", "closed_from_stage", "forecast_category", "opened_on", "close_date",
        days_between("opened_on", F.when(F.col("is_closed"), F.col("close_date")).otherwise(today())).alias("age_days"),
        "loss_reason", "competitor", "health_score",
        F.coalesce("health_band", F.lit(UNKNOWN)).alias("health_band"),
        chance(F.col("deal_state"), F.col("chance_if_open")).alias("win_chance"),
        forecast.expected_amount(today(), F.col("chance_if_open")).alias("expected_amount"),
        forecast.is_forecast(today()).alias("in_forecast"),
        F.coalesce(in_commit & (F.col("health_score") < LEAST_SCORES["monitor"]), F.lit(False)).alias("commit_at_risk"),
        "state_1w_ago",
        F.when(F.col("state_1w_ago") == "open", F.col("stage_then_if_open")).alias("stage_1w_ago"),
        chance(F.col("state_1w_ago"), F.col("chance_then_if_open")).alias("win_chance_1w_ago"),
        forecast.expected_amount(week_ago(), F.col("chance_then_if_open")).alias("expected_amount_1w_ago"),
        "data_freshness",
    )  # fmt: skip


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Analytics/deal_forecast", checks=DEAL_FORECAST.checks()),
)
def compute(opportunities, health_scores, sales_reps, process_events, stage_benchmarks, output):
    """Write one row per opportunity, open or closed."""
    all_deals = opportunities.dataframe()
    health = health_scores.dataframe().select("opportunity_id", "health_score", "health_band")
    stages = stages_a_week_ago(process_events.dataframe(), stage_benchmarks.dataframe())
    sized = all_deals.select("*", F.col("segment").alias("deal_size"))
    known = (
        with_rep_segment(sized, sales_reps.dataframe())
        .join(health, "opportunity_id", "left")
        .join(stages, "opportunity_id", "left")
    )
    output.write_dataframe(DEAL_FORECAST.conform(computed(deal_rows(forecast.with_history(known, all_deals)))))
