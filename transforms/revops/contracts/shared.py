"""Types of dashboard_data_contracts.md that are no datasets: fields that datasets share, requests of a dashboard."""

from pyspark.sql import types as T

from .contract import Contract
from .fields import COMMON_FIELDS, text

COMMON = Contract("CommonFields", "part of every dataset's rows", (), T.StructType(list(COMMON_FIELDS)))

DASHBOARD_FILTERS = Contract(
    "DashboardFilters",
    "what the filters of a dashboard are set to",
    (),
    T.StructType(
        [
            text("quarter", "'Q4 2024'"),
            text("team", "manager, or 'All'"),
            text("segment", "segment, or 'All'"),
            text("region", "region, or 'All'"),
        ]
    ),
)
