"""The dashboards' filters (DashboardFilters of dashboard_data_contracts.md), each narrowed or left at 'All'.

Team, segment and region are those of the rep who owns a deal, so that deals and quotas are filtered alike.
"""

from collections.abc import Mapping
from itertools import product

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import ALL, UNKNOWN
from .portable import stacked

FILTERS = {"team_filter": "manager_name", "segment_filter": "segment", "region_filter": "region"}
"""Filter → column that it narrows."""
QUARTER_AND_FILTERS = {"quarter": "quarter", **FILTERS}
"""The same and the quarter, which may be 'All' as well."""
WITH_QUARTER = {"quarter_filter": "quarter", **FILTERS}
"""The same, of datasets in which the quarter is an added filter."""


def with_rep_segment(deals: DataFrame, sales_reps: DataFrame) -> DataFrame:
    """Return `deals` with the segment that the owner sells to as `segment`, in place of the deal's size.

    Args:
        deals: rows with `owner_id` and `segment`.
        sales_reps: rows of the contract SALES_REPS.

    Returns:
        The same rows; 'Unknown' if the owner is not among the reps.
    """
    segments = sales_reps.select(F.col("rep_id").alias("owner_id"), F.col("segment").alias("rep_segment"))
    joined = deals.join(F.broadcast(segments), "owner_id", "left")
    segment = F.coalesce("rep_segment", F.lit(UNKNOWN)).alias("segment")
    return joined.select(*[segment if name == "segment" else name for name in deals.columns])


def for_each_filter(df: DataFrame, filters: Mapping[str, str] = FILTERS) -> DataFrame:
    """Return each row once for each setting of the filters that shows it: two settings for each filter.

    Args:
        df: rows with the columns that the filters narrow.
        filters: filter → column that it narrows.

    Returns:
        The filters in place of these columns; each is the row's own value or 'All', in every combination, so that an
        aggregate by the filters has a row for each setting.
    """
    settings = [
        F.struct(*[
            (F.col(column) if narrowed else F.lit(ALL)).alias(name)
            for (name, column), narrowed in zip(filters.items(), narrowing, strict=True)
        ])
        for narrowing in product((False, True), repeat=len(filters))
    ]  # fmt: skip
    others = [column for column in df.columns if column not in filters.values()]
    return df.select(*others, F.explode(F.array(*settings)).alias("setting")).select(*others, "setting.*")


def sum_open_deals_by_filter(measured: DataFrame, deals: DataFrame, steps: DataFrame, *sums: str) -> DataFrame:
    """Return sums over open deals by step, for every setting of the filters and the quarter that has any deal.

    Args:
        measured: rows with the columns of `steps`, the columns that WITH_QUARTER narrows, and `sums`.
        deals: all deals, open and closed, with the columns that WITH_QUARTER narrows.
        steps: one row per step, such as a stage or an activity; has only the columns that name the step.
        sums: columns to add up.

    Returns:
        One row per setting that has any deal and step: the filters, the columns of `steps` and `sums`, null for a step
        without rows in `measured`.
    """
    every_step = deals.select(*WITH_QUARTER.values()).distinct().crossJoin(F.broadcast(steps))
    facts = for_each_filter(stacked(measured, every_step), WITH_QUARTER)
    return facts.groupBy(*WITH_QUARTER, *steps.columns).agg(*[F.sum(name).alias(name) for name in sums])
