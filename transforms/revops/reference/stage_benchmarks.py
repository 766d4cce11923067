"""How long each stage and each process activity should take, and how likely a deal in it is to be won.

The days that two or more activities of a stage should take add up to those of the stage.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import Output, transform

from ..common.forecast import PLANNING_RATES
from ..contracts.scenario import STAGE_BENCHMARKS
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, OPEN_STAGES
from ..scenario.story import TODAY

BENCHMARK_DAYS = dict(zip(OPEN_STAGES, (14.0, 14.0, 14.0, 14.0, 14.0, 10.0), strict=True))
"""Days that each open stage should take."""
STAGES = tuple((name, days, PLANNING_RATES[name]) for name, days in BENCHMARK_DAYS.items())
"""Open sales stages in order: name, benchmark in days, probability to win."""

BENCHMARK_DAYS = {name: days for name, days, _ in STAGES}
"""Days that each open stage should take."""

ACTIVITIES = (
    ("Lead Created", "Prospecting", 4.0),
    ("Qualified", "Prospecting", 10.0),
    ("Discovery", "Discovery", 14.0),
    ("Solution Design", "Solution Design", 14.0),
    ("Proposal", "Proposal", 14.0),
    ("Negotiation", "Negotiation", 14.0),
    ("Legal Review", "Verbal Commit", 5.0),
    ("Security Review", "Verbal Commit", 3.0),
    ("Procurement", "Verbal Commit", 2.0),
    (CLOSED_WON, CLOSED_WON, 0.0),
    (CLOSED_LOST, CLOSED_LOST, 0.0),
)
"""Process activities in order: name, stage that each belongs to, benchmark in days."""

CLOSED_PROBABILITIES = {CLOSED_WON: 1.0, CLOSED_LOST: 0.0}
SCHEMA = """
    level string, name string, sort_order long, stage_name string, benchmark_days double, win_probability double
"""


def benchmark_rows() -> list[tuple]:
    """Return the rows of `SCHEMA`: stages, then activities, an activity with its stage's probability to win."""
    probabilities = {name: probability for name, _, probability in STAGES} | CLOSED_PROBABILITIES
    return [
        *(
            ("stage", name, position, name, days, chance)
            for position, (name, days, chance) in enumerate(STAGES, start=1)
        ),
        *(
            ("activity", name, position, stage, days, probabilities[stage])
            for position, (name, stage, days) in enumerate(ACTIVITIES, start=1)
        ),
    ]


def stage_benchmarks(spark: SparkSession) -> DataFrame:
    """Return one row per open sales stage and per process activity, the fields of the contract.

    Args:
        spark: the Spark session.
    """
    today = F.lit(TODAY)
    return spark.createDataFrame(benchmark_rows(), SCHEMA).select(
        "*", today.alias("created_at"), today.alias("updated_at"), today.alias("data_freshness")
    )


@transform(output=Output("/RevOps/Reference/stage_benchmarks", checks=STAGE_BENCHMARKS.checks()))
def compute(ctx, output):
    """Write the benchmarks."""
    output.write_dataframe(STAGE_BENCHMARKS.conform(stage_benchmarks(ctx.spark_session)))
