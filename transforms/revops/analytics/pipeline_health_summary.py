"""How the open pipeline's health is distributed, now and a week ago, for every setting of the dashboards' filters."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.filters import QUARTER_AND_FILTERS, for_each_filter, with_rep_segment
from ..common.portable import mean
from ..common.provenance import computed
from ..contracts.deals import HEALTH_BANDS_OR_UNKNOWN, PIPELINE_HEALTH_SUMMARY


def band_totals() -> list[Column]:
    """Return the aggregates {band}_count and {band}_amount (USD) for each band and 'unknown', now and a week ago.

    Both days look at the deals open now, at today's amounts. A deal without a price counts, but adds no amount.
    """
    return [
        total
        for band in HEALTH_BANDS_OR_UNKNOWN
        for ending in ("", "_1w_ago")
        for total in _totals_where(F.col(f"health_band{ending}") == band, band.lower(), ending)
    ]


def _totals_where(is_in_band: Column, band: str, ending: str) -> list[Column]:
    return [
        F.count(F.when(is_in_band, True)).alias(f"{band}_count{ending}"),
        amount_where(is_in_band).alias(f"{band}_amount{ending}"),
    ]


def amount_where(condition: Column) -> Column:
    """Return the aggregate: USD of the rows that the condition picks, 0 where it picks none with a price.

    Args:
        condition: condition on a deal.
    """
    return F.coalesce(F.sum(F.when(condition, F.col("amount"))), F.lit(0.0))


def summary(deals: DataFrame) -> DataFrame:
    """Return the health of the open deals, one row per quarter and setting of the filters, quarter 'All' included.

    The mean health counts each deal once, whatever its amount: the amounts by band say where the money is.

    Args:
        deals: rows of the contract DEAL_HEALTH_SCORES with the rep's segment.
    """
    return (
        for_each_filter(deals, QUARTER_AND_FILTERS)
        .groupBy(*QUARTER_AND_FILTERS)
        .agg(
            F.count(F.lit(1)).alias("open_count"),
            amount_where(F.lit(True)).alias("open_amount"),
            mean("health_score").alias("avg_health"),
            mean("health_score_1w_ago").alias("avg_health_1w_ago"),
            *band_totals(),
            F.max("data_freshness").alias("data_freshness"),
        )
    )


@transform(
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/pipeline_health_summary", checks=PIPELINE_HEALTH_SUMMARY.checks()),
)
def compute(health_scores, sales_reps, output):
    """Summarise the open pipeline's health for every setting of the filters."""
    deals = with_rep_segment(health_scores.dataframe(), sales_reps.dataframe())
    output.write_dataframe(PIPELINE_HEALTH_SUMMARY.conform(computed(summary(deals))))
