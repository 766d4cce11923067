"""Make up the process events of the demo scenario: how each deal went through the sales process."""

from collections.abc import Iterator
from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import IntegerParam, Output, transform

from ..contracts.scenario import PROCESS_EVENTS
from .blueprint import Deal, blueprint
from .repetition import common_fields, identifier, opportunity_id, padded, repeated
from .story import DEALS, DEFAULT_SEED

BLUEPRINT_SCHEMA = """
    deal_number long, rep_number long, sequence long, activity string, started_on date, ended_on date,
    duration_days long
"""


def blueprint_rows(deal: Deal) -> Iterator[tuple]:
    """Return the rows of `BLUEPRINT_SCHEMA` for the steps of a deal; one that is going on has no end.

    Args:
        deal: deal of the blueprint.
    """
    for sequence, step in enumerate(deal.steps, start=1):
        ended_on = None if step.days is None else step.started_on + timedelta(days=step.days)
        yield (deal.number, deal.rep_number, sequence, step.activity, step.started_on, ended_on, step.days)


def process_events(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return the process events of `scale` deals, the fields of the contract.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    rows = (row for deal in blueprint(seed) for row in blueprint_rows(deal))
    return repeated(spark, rows, BLUEPRINT_SCHEMA, scale).select(
        F.concat_ws("-", identifier("EVT", F.col("deal")), padded(F.col("sequence"), 2)).alias("event_id"),
        opportunity_id(F.col("deal")).alias("opportunity_id"),
        "activity",
        "sequence",
        "started_on",
        "ended_on",
        "duration_days",
        *common_fields(F.col("started_on"), F.coalesce("ended_on", "started_on")),
    )


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities; each has its way through the process"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/process_events", checks=PROCESS_EVENTS.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the process events."""
    output.write_dataframe(PROCESS_EVENTS.conform(process_events(ctx.spark_session, scale.value, seed.value)))
