"""Which open deals wait too long, and where: in a sales stage or in a process activity such as Legal Review."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.risk import is_over_benchmark
from ..contracts.deals import DEALS_STUCK_IN_PROCESS

WAIT = ("opportunity_id", "waits_in", "days_waiting", "benchmark_days")


def waits_in_stage(deals: DataFrame) -> DataFrame:
    """Return the columns `WAIT` for every open deal's stage; days null where the stage's beginning is not recorded."""
    return deals.select(
        "opportunity_id",
        F.col("stage_name").alias("waits_in"),
        F.col("days_in_stage").cast("long").alias("days_waiting"),
        "benchmark_days",
    )


def waits_in_activity(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the columns `WAIT` for every process activity that still goes on; days up to `data_freshness`."""
    benchmarks = stage_benchmarks.where(F.col("level") == "activity").select(
        F.col("name").alias("waits_in"), "benchmark_days"
    )
    running = process_events.where(F.col("ended_on").isNull()).select(
        "opportunity_id",
        F.col("activity").alias("waits_in"),
        F.datediff("data_freshness", "started_on").cast("long").alias("days_waiting"),
    )
    return running.join(F.broadcast(benchmarks), "waits_in", "inner").select(*WAIT)


def longest_waits(waits: DataFrame) -> DataFrame:
    """Return, of the waits beyond 1.5 times their benchmark, each deal's that is the most days over it.

    Added column: days_over, days waiting less benchmark. A wait of unknown length is none.
    """
    too_long = waits.where(is_over_benchmark(F.col("days_waiting"), F.col("benchmark_days")))
    days_over = (F.col("days_waiting") - F.col("benchmark_days")).alias("days_over")
    wait = F.struct(days_over, "waits_in", "days_waiting", "benchmark_days")
    return too_long.groupBy("opportunity_id").agg(F.max(wait).alias("wait")).select("opportunity_id", "wait.*")


@transform(
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Analytics/deals_stuck_in_process", checks=DEALS_STUCK_IN_PROCESS.checks()),
)
def compute(health_scores, process_events, stage_benchmarks, output):
    """Write every open deal that waits too long; none where no stage history is recorded."""
    deals = health_scores.dataframe()
    in_activity = waits_in_activity(process_events.dataframe(), stage_benchmarks.dataframe())
    waits = longest_waits(waits_in_stage(deals).unionByName(in_activity))
    stuck = deals.drop("benchmark_days").join(waits, "opportunity_id", "inner")
    output.write_dataframe(DEALS_STUCK_IN_PROCESS.conform(stuck))
