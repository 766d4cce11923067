"""The figures of every quarter and setting of the filters as each build recorded them, one snapshot a day.

Incremental on its own output: a build adds the snapshot of its day to those of earlier days, so that a change since
last week is a difference of two recorded figures from the second week on.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform

from ..common import forecast
from ..common.amounts import summable
from ..common.filters import QUARTER_AND_FILTERS, for_each_filter
from ..common.provenance import computed
from ..common.recorded import with_earlier
from ..common.targets import targets_by_filter
from ..contracts.forecast import FORECAST_SNAPSHOTS

CATEGORIES = {
    "commit_open": forecast.COMMIT,
    "best_case_open": forecast.BEST_CASE,
    "pipeline_open": forecast.PIPELINE,
    "omitted": forecast.OMITTED,
}
"""Beginning of the columns' names → forecast category of the open deals that they add up."""


def sums(deals: DataFrame) -> DataFrame:
    """Return the additive figures of the deals, one row per quarter and setting of the filters, 'All' included.

    Args:
        deals: rows of the contract DEAL_FORECAST.

    Returns:
        QUARTER_AND_FILTERS, counts of deals, and USD; a deal without an amount counts and adds no dollars.
    """
    totals = [F.sum(name).alias(name) for name in _measures()]
    # sums by team, segment, region and quarter first: far fewer rows than deals go through the sixteen settings
    by_dimension = measured(deals).groupBy(*QUARTER_AND_FILTERS.values()).agg(*totals)
    return for_each_filter(by_dimension, QUARTER_AND_FILTERS).groupBy(*QUARTER_AND_FILTERS).agg(*totals)


def measured(deals: DataFrame) -> DataFrame:
    """Return what each deal adds to `sums`: the columns that the filters narrow, and a column for each figure.

    Args:
        deals: rows of the contract DEAL_FORECAST.
    """
    return deals.select(*QUARTER_AND_FILTERS.values(), *[column.alias(name) for name, column in _measures().items()])


def _measures() -> dict[str, Column]:
    state, category = F.col("deal_state"), F.col("forecast_category")
    is_open, is_won, is_lost = state == "open", state == "won", state == "lost"
    since_week = F.col("close_date") > F.date_sub("data_freshness", 7)
    opened = F.coalesce(F.col("opened_on") > F.date_sub("data_freshness", 7), F.lit(False))
    expected, in_commit = F.col("expected_amount"), is_open & (category == forecast.COMMIT)
    measures = {
        **_count_and_amount("won", is_won),
        **_count_and_amount("lost", is_lost),
        **_count_and_amount("open", is_open),
        **_count_and_amount("commit_at_risk", F.col("commit_at_risk")),
        **_count_and_amount("opened_1w", opened),
        **_count_and_amount("won_1w", is_won & since_week),
        **_count_and_amount("lost_1w", is_lost & since_week),
        "open_pipeline_amount": _where(F.col("in_forecast")),
        "expected_amount": summable(expected),
        "certain_amount": summable(expected * forecast.certainty(F.col("health_score"))),
        "commit_expected_amount": _where(in_commit, expected),
        "won_1w_ago_amount": _where(F.col("state_1w_ago") == "won"),
        "expected_1w_ago_amount": summable(F.col("expected_amount_1w_ago")),
    }
    for name, of in CATEGORIES.items():
        measures |= _count_and_amount(name, is_open & (category == of))
    return measures


def _count_and_amount(name: str, condition: Column) -> dict[str, Column]:
    return {f"{name}_count": condition.cast("long"), f"{name}_amount": _where(condition)}


def _where(condition: Column, dollars: Column | None = None) -> Column:
    dollars = forecast.priced_amount() if dollars is None else dollars
    return F.when(condition, summable(dollars)).otherwise(summable(F.lit(0)))


def _stored_type(name: str) -> str:
    return "long" if name.endswith("_count") else "double"


def source_facts(deals: DataFrame) -> DataFrame:
    """Return one row: data_freshness, and commit_recorded, whether the source records commitments at all.

    Args:
        deals: rows of the contract DEAL_FORECAST.
    """
    committed = (F.col("deal_state") == "open") & F.col("forecast_category").isin(forecast.COMMIT, forecast.BEST_CASE)
    return deals.agg(F.max("data_freshness").alias("data_freshness"), F.bool_or(committed).alias("commit_recorded"))


def snapshot(deals: DataFrame, targets: DataFrame) -> DataFrame:
    """Return today's snapshot: the figures of every quarter and setting that has deals or a quota.

    Args:
        deals: rows of the contract DEAL_FORECAST.
        targets: rows of `targets_by_filter`.

    Returns:
        One row per quarter and setting, the fields of the contract FORECAST_SNAPSHOTS.
    """
    figures = sums(deals)
    names = [name for name in figures.columns if name not in QUARTER_AND_FILTERS]
    joined = figures.join(targets, [*QUARTER_AND_FILTERS], "full").select(
        *QUARTER_AND_FILTERS,
        *[F.coalesce(name, F.lit(0)).cast(_stored_type(name)).alias(name) for name in names],
        F.coalesce("quarter_target", F.lit(0.0)).alias("quarter_target"),
        F.coalesce("target_basis", F.lit("none")).alias("target_basis"),
    )
    return joined.crossJoin(F.broadcast(source_facts(deals))).select(
        "*",
        F.col("data_freshness").alias("snapshot_date"),
        F.col("won_amount").alias("closed_won_amount"),
        (F.col("won_amount") + F.col("expected_amount")).alias("ai_forecast"),
        (F.col("won_1w_ago_amount") + F.col("expected_1w_ago_amount")).alias("ai_forecast_1w_ago"),
    )


@incremental(snapshot_inputs=["deals", "opportunities", "sales_reps"])
@transform(
    deals=Input("/RevOps/Analytics/deal_forecast"),
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/forecast_snapshots", checks=FORECAST_SNAPSHOTS.checks()),
)
def compute(ctx, deals, opportunities, sales_reps, output):
    """Write today's snapshot beside those that earlier builds recorded."""
    targets = targets_by_filter(sales_reps.dataframe(), opportunities.dataframe())
    rows = FORECAST_SNAPSHOTS.typed(computed(snapshot(deals.dataframe(), targets)))
    if ctx.is_incremental:
        rows = with_earlier(rows, output.dataframe("previous"))
        output.set_mode("replace")
    output.write_dataframe(FORECAST_SNAPSHOTS.conform(rows))
