"""Make up the activities of the demo scenario."""

from collections.abc import Iterator

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import IntegerParam, Output, transform

from ..contracts.scenario import ACTIVITIES
from .blueprint import Deal, blueprint
from .repetition import common_fields, contact_name, identifier, opportunity_id, padded, rep_id, repeated
from .story import DEALS, DEFAULT_SEED

BLUEPRINT_SCHEMA = """
    deal_number long, rep_number long, sequence long, activity_type string, activity_date date, contact_slot long,
    contact_role string
"""


def blueprint_rows(deal: Deal) -> Iterator[tuple]:
    """Return the rows of `BLUEPRINT_SCHEMA` for the activities of a deal, oldest first.

    Args:
        deal: deal of the blueprint.
    """
    for sequence, touch in enumerate(deal.touches, start=1):
        role = deal.contact_roles[touch.contact_slot]
        yield (deal.number, deal.rep_number, sequence, touch.activity_type, touch.day, touch.contact_slot, role)


def activities(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return the activities of `scale` deals, about ten each, the fields of the contract.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    rows = (row for deal in blueprint(seed) for row in blueprint_rows(deal))
    return repeated(spark, rows, BLUEPRINT_SCHEMA, scale).select(
        F.concat_ws("-", identifier("ACT", F.col("deal")), padded(F.col("sequence"), 3)).alias("activity_id"),
        opportunity_id(F.col("deal")).alias("opportunity_id"),
        rep_id(F.col("rep")).alias("rep_id"),
        "activity_type",
        "activity_date",
        contact_name(seed, F.col("deal"), F.col("contact_slot")).alias("contact_name"),
        "contact_role",
        *common_fields(F.col("activity_date"), F.col("activity_date")),
    )


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities; each has about ten activities"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/activities", checks=ACTIVITIES.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the activities."""
    output.write_dataframe(ACTIVITIES.conform(activities(ctx.spark_session, scale.value, seed.value)))
