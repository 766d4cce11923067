"""The dashboards' filters (DashboardFilters of dashboard_data_contracts.md), each narrowed or left at 'All'."""

from itertools import product

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import ALL

FILTERS = {"team_filter": "manager_name", "segment_filter": "segment", "region_filter": "region"}
"""Filter → column that it narrows."""


def for_each_filter(df: DataFrame) -> DataFrame:
    """Return each row once for each of the eight filter settings that show it.

    In: columns manager_name, segment, region. Out: team_filter, segment_filter, region_filter instead of these; each is
    the row's own value or 'All', in every combination. An aggregate by the three has a row for each setting.
    """
    settings = [
        F.struct(*[
            (F.col(column) if narrowed else F.lit(ALL)).alias(name)
            for (name, column), narrowed in zip(FILTERS.items(), narrowing, strict=True)
        ])
        for narrowing in product((False, True), repeat=len(FILTERS))
    ]  # fmt: skip
    others = [column for column in df.columns if column not in FILTERS.values()]
    return df.select(*others, F.explode(F.array(*settings)).alias("setting")).select(*others, "setting.*")
