"""Forecasts of each rep, week by week as builds recorded them, against the final results.

Incremental on its own output, as `forecast_snapshots`: a build adds the forecast of its day to those of earlier days.
Ours, beyond the document.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform

from ..common.amounts import summable
from ..common.forecast import COMMIT, priced_amount
from ..common.provenance import computed
from ..common.quarters import quarter_end, quarter_name, week_of_quarter
from ..common.ratios import accuracy, ratio_if_any
from ..common.recorded import of_same_source, recorded_before
from ..contracts.pace import REP_FORECAST_ACCURACY
from .forecast_snapshots import source_facts

REP = {"rep_name": "owner_name", "manager_name": "manager_name", "segment": "segment", "region": "region"}
"""Facts of a rep → column of the deals."""
KEY = ("quarter", "week_number", "rep_id")
RECORDED = ("snapshot_date", *REP, "closed_won_amount", "forecast_amount", "commit_amount")
"""Columns that stay as they were recorded."""


def forecasts_of_today(deals: DataFrame) -> DataFrame:
    """Return the forecast of the current quarter by rep.

    Args:
        deals: rows of the contract DEAL_FORECAST.

    Returns:
        One row per rep with a deal in the quarter of today: KEY, RECORDED and data_freshness.
    """
    today, state = F.col("data_freshness"), F.col("deal_state")
    known = deals.where(F.col("quarter") == quarter_name(today)).crossJoin(
        F.broadcast(source_facts(deals).select("commit_recorded"))
    )
    won, expected, committed = (
        F.sum(F.when(condition, summable(dollars)).otherwise(summable(F.lit(0)))).cast("double")
        for condition, dollars in (
            (state == "won", priced_amount()),
            (state == "open", F.col("expected_amount")),
            ((state == "open") & (F.col("forecast_category") == COMMIT), priced_amount()),
        )
    )
    reps = known.groupBy("quarter", F.col("owner_id").alias("rep_id"), "commit_recorded", "data_freshness").agg(
        *[F.max(column).alias(name) for name, column in REP.items()],
        won.alias("closed_won_amount"), expected.alias("expected"), committed.alias("committed"),
    )  # fmt: skip
    return reps.select(
        "quarter", "rep_id", *REP, "closed_won_amount", "data_freshness",
        week_of_quarter(today).cast("long").alias("week_number"),
        today.alias("snapshot_date"),
        (F.col("closed_won_amount") + F.col("expected")).alias("forecast_amount"),
        F.when(F.col("commit_recorded"), F.col("closed_won_amount") + F.col("committed")).alias("commit_amount"),
    )  # fmt: skip


def with_earlier(today: DataFrame, previous: DataFrame, deals: DataFrame) -> DataFrame:
    """Return the forecasts of today and of earlier days, the last one of each week.

    Args:
        today: rows of `forecasts_of_today`.
        previous: rows of the contract, of earlier builds. Rows of today or later are dropped, and so are those of a day
            that has no rep of the deals: it is the record of another source, such as the demo's.
        deals: rows of the contract DEAL_FORECAST.
    """
    names = (*KEY, *RECORDED)
    earlier = recorded_before(deals, previous.select(*names, "data_freshness"))
    kept = of_same_source(earlier, deals.select(F.col("owner_id").alias("rep_id")), "rep_id")
    every = today.select(*names, "data_freshness").unionByName(kept.select(*names, "data_freshness"))
    last = F.max_by(F.struct(*RECORDED, "data_freshness"), "snapshot_date").alias("last")
    return every.groupBy(*KEY).agg(last).select(*KEY, "last.*")


def finals(deals: DataFrame) -> DataFrame:
    """Return what each rep has won in each quarter that is over, and of which the source has a closed deal.

    Args:
        deals: rows of the contract DEAL_FORECAST.

    Returns:
        One row per quarter and rep with a closed deal in it: quarter, rep_id and final (USD).
    """
    over = deals.where((quarter_end(F.col("quarter")) < F.col("data_freshness")) & (F.col("deal_state") != "open"))
    won = F.sum(F.when(F.col("deal_state") == "won", summable(priced_amount())).otherwise(summable(F.lit(0))))
    return over.groupBy("quarter", F.col("owner_id").alias("rep_id")).agg(won.cast("double").alias("final"))


def with_accuracy(forecasts: DataFrame, final_amounts: DataFrame) -> DataFrame:
    """Return the forecasts with final_amount, forecast_accuracy, forecast_bias and commit_accuracy.

    Args:
        forecasts: rows of `with_earlier`.
        final_amounts: rows of `finals`. A rep without one in a quarter of which others have one has won nothing.
    """
    known = final_amounts.select("quarter").distinct().select("quarter", F.lit(0.0).alias("nothing"))
    final, forecast = F.col("final_amount"), F.col("forecast_amount")
    joined = forecasts.join(final_amounts, ["quarter", "rep_id"], "left").join(F.broadcast(known), "quarter", "left")
    return joined.select(*forecasts.columns, F.coalesce("final", "nothing").alias("final_amount")).select(
        "*",
        accuracy(forecast, final).alias("forecast_accuracy"),
        ratio_if_any(forecast - final, final).alias("forecast_bias"),
        accuracy(F.col("commit_amount"), final).alias("commit_accuracy"),
    )


@incremental(snapshot_inputs=["deals"])
@transform(
    deals=Input("/RevOps/Analytics/deal_forecast"),
    output=Output("/RevOps/Analytics/rep_forecast_accuracy", checks=REP_FORECAST_ACCURACY.checks()),
)
def compute(ctx, deals, output):
    """Write the forecasts of today beside those that earlier builds recorded, each with what was won in the end."""
    known = deals.dataframe()
    rows = forecasts_of_today(known)
    if ctx.is_incremental:
        rows = with_earlier(rows, output.dataframe("previous"), known)
        output.set_mode("replace")
    output.write_dataframe(REP_FORECAST_ACCURACY.conform(computed(with_accuracy(rows, finals(known)))))
