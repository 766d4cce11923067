"""Contracts of what the Pipeline Health Dashboard shows for every setting of its filters.

Each has the fields of a dataset of dashboard_data_contracts.md and, besides, the filters that this lacks. Where the
added filters are 'All', the rows are that dataset's.
"""

from pyspark.sql import types as T

from .contract import Contract, contract
from .deals import DASHBOARD_KPIS, FILTER_FIELDS, FORECAST_HISTORY, HEALTH_DISTRIBUTION, STAGE_VELOCITY
from .fields import COMMON_FIELDS, text

_, TEAM, SEGMENT, REGION = FILTER_FIELDS
QUARTER = text("quarter_filter", "quarter of the deals' close dates, 'Q4 2024' or 'Unknown'; or 'All'")


def _by_filter(narrowed: Contract, grain: str, *filters: T.StructField) -> Contract:
    own = [field for field in narrowed.schema.fields if field not in COMMON_FIELDS]
    key = (*narrowed.primary_key, *[field.name for field in filters])
    return contract(f"{narrowed.name}ByFilter", grain, key, [*own, *filters])


DASHBOARD_KPIS_BY_FILTER = _by_filter(
    DASHBOARD_KPIS,
    "one row per quarter, team, segment and region with deals or a quota, 'All' of each included",
    SEGMENT,
    REGION,
)
HEALTH_DISTRIBUTION_BY_FILTER = _by_filter(
    HEALTH_DISTRIBUTION,
    "one row per quarter, team, segment and region, 'All' of each included, with an open deal of known health",
    SEGMENT,
    REGION,
)
FORECAST_HISTORY_BY_FILTER = _by_filter(
    FORECAST_HISTORY,
    "one row per quarter that has begun, week of it, and team, segment and region with deals or a quota in it, 'All' "
    "of each included; where these narrow, the target is the reps' quotas",
    TEAM,
    SEGMENT,
    REGION,
)
STAGE_VELOCITY_BY_FILTER = _by_filter(
    STAGE_VELOCITY,
    "one row per open stage, and quarter, team, segment and region with deals, 'All' of each included; none where no "
    "process event is recorded",
    QUARTER,
    TEAM,
    SEGMENT,
    REGION,
)
