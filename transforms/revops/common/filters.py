"""The dashboards' filters (DashboardFilters of dashboard_data_contracts.md), each narrowed or left at 'All'."""

from collections.abc import Mapping
from itertools import product

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import ALL

FILTERS = {"team_filter": "manager_name", "segment_filter": "segment", "region_filter": "region"}
"""Filter → column that it narrows."""
WITH_QUARTER = {"quarter_filter": "quarter", **FILTERS}
"""The same where the quarter may be 'All', too."""


def for_each_filter(df: DataFrame, filters: Mapping[str, str] = FILTERS) -> DataFrame:
    """Return each row once for each setting of the filters that shows it: two settings for each filter.

    In: the columns that the filters narrow. Out: the filters instead of these; each is the row's own value or 'All', in
    every combination. An aggregate by the filters has a row for each setting.
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
