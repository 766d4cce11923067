"""The KPI Cards for every setting of the dashboards' filters."""

from transforms.api import Input, Output, transform

from ..contracts.by_filter import DASHBOARD_KPIS_BY_FILTER
from .compute_dashboard_kpis import kpis


@transform(
    forecast=Input("/RevOps/Analytics/forecast_confidence"),
    history=Input("/RevOps/Analytics/forecast_history"),
    output=Output("/RevOps/Analytics/dashboard_kpis_by_filter", checks=DASHBOARD_KPIS_BY_FILTER.checks()),
)
def compute(forecast, history, output):
    """Write the KPIs of every quarter and setting."""
    output.write_dataframe(DASHBOARD_KPIS_BY_FILTER.conform(kpis(forecast.dataframe(), history.dataframe())))
