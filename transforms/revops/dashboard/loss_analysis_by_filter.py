"""Why deals are lost, to whom, and from which stage, for every setting of the dashboards' filters."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.filters import WITH_QUARTER, for_each_filter
from ..common.provenance import computed
from ..common.ratios import ratio
from ..contracts.by_filter import LOSS_ANALYSIS_BY_FILTER
from ..contracts.vocabulary import UNKNOWN

DIMENSIONS = {"loss_reason": "loss_reason", "competitor": "competitor", "stage": "closed_from_stage"}
"""Dimension of the analysis → column of the deals that it counts by."""


def lost_deals(deals: DataFrame) -> DataFrame:
    """Return the lost deals once for each dimension.

    Args:
        deals: rows of the contract DEAL_FORECAST.

    Returns:
        The columns that the filters narrow, dimension, value ('Unknown' if it is not recorded), reason, count and
        amount (USD), summed over the deals that agree in them; data_freshness.
    """
    values = F.array(*[
        F.struct(F.lit(name).alias("dimension"), F.coalesce(column, F.lit(UNKNOWN)).alias("value"))
        for name, column in DIMENSIONS.items()
    ])  # fmt: skip
    lost = deals.where(F.col("deal_state") == "lost").select(
        *WITH_QUARTER.values(), F.col("loss_reason").alias("reason"), "amount", "data_freshness", F.inline(values)
    )
    return lost.groupBy(*WITH_QUARTER.values(), "dimension", "value", "reason").agg(
        F.count(F.lit(1)).alias("count"),
        F.coalesce(F.sum("amount"), F.lit(0.0)).alias("amount"),
        F.max("data_freshness").alias("data_freshness"),
    )


def losses(lost: DataFrame) -> DataFrame:
    """Return the lost deals by setting, dimension and value, with their share and most frequent reason.

    Args:
        lost: rows of `lost_deals`.
    """
    key = (*WITH_QUARTER, "dimension", "value")
    by_reason = for_each_filter(lost, WITH_QUARTER).groupBy(*key, "reason").agg(
        F.sum("count").alias("count"),
        F.sum("amount").alias("amount"),
        F.max("data_freshness").alias("data_freshness"),
    )  # fmt: skip
    # the largest count, of equal ones the first name
    main = F.min(F.struct((-F.col("count")).alias("order"), "reason", "count"))
    by_value = by_reason.groupBy(*key).agg(
        F.sum("count").alias("lost_count"),
        F.sum("amount").alias("lost_amount"),
        main.alias("main"),
        F.max("data_freshness").alias("data_freshness"),
    )
    all_lost = F.sum("lost_count").over(Window.partitionBy(*WITH_QUARTER, "dimension"))
    return by_value.select(
        *key, "lost_count", "lost_amount",
        ratio(F.col("lost_count"), all_lost).alias("lost_pct"),
        F.col("main.reason").alias("main_reason"),
        F.col("main.count").alias("main_reason_count"),
        "data_freshness",
    )  # fmt: skip


@transform(
    deals=Input("/RevOps/Analytics/deal_forecast"),
    output=Output("/RevOps/Analytics/loss_analysis_by_filter", checks=LOSS_ANALYSIS_BY_FILTER.checks()),
)
def compute(deals, output):
    """Write the lost deals by loss reason, competitor and stage for every setting."""
    output.write_dataframe(LOSS_ANALYSIS_BY_FILTER.conform(computed(losses(lost_deals(deals.dataframe())))))
