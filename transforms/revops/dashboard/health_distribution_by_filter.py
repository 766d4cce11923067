"""The Health Distribution widget for every setting of the dashboards' filters."""

from transforms.api import Input, Output, transform

from ..analytics.health_distribution import distribution
from ..contracts.by_filter import HEALTH_DISTRIBUTION_BY_FILTER


@transform(
    summary=Input("/RevOps/Analytics/pipeline_health_summary"),
    output=Output("/RevOps/Analytics/health_distribution_by_filter", checks=HEALTH_DISTRIBUTION_BY_FILTER.checks()),
)
def compute(summary, output):
    """Write the distribution for every quarter and setting."""
    output.write_dataframe(HEALTH_DISTRIBUTION_BY_FILTER.conform(distribution(summary.dataframe())))
