"""The Health Distribution widget: how many deals and dollars are in each band, and whether more are at risk."""

from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.ratios import ratio
from ..contracts.deals import HEALTH_DISTRIBUTION
from ..contracts.vocabulary import ALL, HEALTH_BANDS

STABLE_WITHIN = 0.01
"""Change of the share at risk, as a fraction, that is no trend yet."""


def known_count(ending: str = "") -> Column:
    """Return the number of deals of known health, a week ago with the ending '_1w_ago'.

    Args:
        ending: end of the columns' names: '' for today, '_1w_ago'.
    """
    return reduce(add, [F.col(f"{band}_count{ending}") for band in HEALTH_BANDS])


def share_at_risk(ending: str = "") -> Column:
    """Return the fraction of the deals of known health that are at risk or critical; 0 where no health is known.

    Critical ones count too, or a pipeline would seem to improve as its deals at risk become critical.

    Args:
        ending: end of the columns' names: '' for today, '_1w_ago'.
    """
    at_risk = F.col(f"at_risk_count{ending}") + F.col(f"critical_count{ending}")
    return ratio(at_risk, known_count(ending))


def trend_direction(at_risk_change: Column) -> Column:
    """Return 'worsening' where the share at risk grew by more than a point, 'improving' where it fell by as much.

    Args:
        at_risk_change: change of the share in a week, as a fraction.
    """
    return (
        F.when(at_risk_change > STABLE_WITHIN, "worsening")
        .when(at_risk_change < -STABLE_WITHIN, "improving")
        .otherwise("stable")
    )


def at_risk_change() -> Column:
    """Return by how much the share at risk grew in a week, as a fraction; 0 where no health was known a week ago."""
    return F.when(known_count("_1w_ago") > 0, share_at_risk() - share_at_risk("_1w_ago")).otherwise(0.0)


def distribution(summary: DataFrame) -> DataFrame:
    """Return the rows of pipeline_health_summary with each band's fraction and the trend; 0 if no health is known.

    Args:
        summary: rows of the contract PIPELINE_HEALTH_SUMMARY.
    """
    return summary.select(
        "*",
        *[ratio(F.col(f"{band}_count"), known_count()).alias(f"{band}_pct") for band in HEALTH_BANDS],
        at_risk_change().alias("at_risk_change_1w"),
        trend_direction(at_risk_change()).alias("trend_direction"),
        F.col("data_freshness").alias("snapshot_date"),
    )


@transform(
    summary=Input("/RevOps/Analytics/pipeline_health_summary"),
    output=Output("/RevOps/Analytics/health_distribution", checks=HEALTH_DISTRIBUTION.checks()),
)
def compute(summary, output):
    """Write the distribution for every quarter and team, over all segments and regions."""
    teams = summary.dataframe().where(
        (F.col("quarter") != ALL) & (F.col("segment_filter") == ALL) & (F.col("region_filter") == ALL)
    )
    output.write_dataframe(HEALTH_DISTRIBUTION.conform(distribution(teams.where(known_count() > 0))))
