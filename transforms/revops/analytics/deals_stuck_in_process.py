"""Which open deals wait too long, and where: in a sales stage or in a process activity such as Legal Review."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.risk import has_flag
from ..contracts.deals import DEALS_STUCK_IN_PROCESS


def stuck(health_scores: DataFrame) -> DataFrame:
    """Return the deals of deal_health_scores with the flag 'STUCK'; benchmark_days becomes that of the wait.

    Args:
        health_scores: rows of the contract DEAL_HEALTH_SCORES.
    """
    is_stuck = has_flag(F.col("risk_flags"), "STUCK")
    waiting = health_scores.where(is_stuck).drop("benchmark_days")
    return waiting.withColumnRenamed("wait_benchmark_days", "benchmark_days")


@transform(
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/deals_stuck_in_process", checks=DEALS_STUCK_IN_PROCESS.checks()),
)
def compute(health_scores, output):
    """Write every open deal that waits too long; none if no stage history is recorded."""
    output.write_dataframe(DEALS_STUCK_IN_PROCESS.conform(stuck(health_scores.dataframe())))
