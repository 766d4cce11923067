"""The deals behind each figure of pipeline_movement, so that a page shows those of a bar without computing anything."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import movement
from ..common.provenance import computed
from ..contracts.movement import PIPELINE_MOVEMENT_DEALS
from ..contracts.vocabulary import ALL

SIDES = (("amount", "amount"), ("close_date", "close_date"), ("stage", "stage_name"))
"""End of the columns from_… and to_… → field of the deal's state."""
IDENTITY = ("opportunity_id", "opportunity_name", "account_name", "owner_id", "owner_name")
"""Columns of the deal beside those that the filters narrow."""


def deals_of_parts(deals: DataFrame) -> DataFrame:
    """Return the fields of PIPELINE_MOVEMENT_DEALS from the rows of `movement.compared`.

    A deal that moved to another quarter has its amount in the quarter that it entered, the negative amount in the one
    that it left, and 0 in quarter 'All'.

    Args:
        deals: one row per period and deal, then and now.
    """
    effects = movement.effects(deals, *IDENTITY, "before", "after")
    none = F.lit(0).cast(movement.CENTS)
    of_all = F.when(F.col("name").isin("pulled_in", "pushed_out"), none).otherwise(F.col("amount"))
    settings = F.array(
        F.struct(F.col("quarter"), F.col("amount").cast(movement.CENTS).alias("part_amount")),
        F.struct(F.lit(ALL).alias("quarter"), of_all.cast(movement.CENTS).alias("part_amount")),
    )
    values = [
        F.col(f"{side}.{field}").alias(f"{prefix}_{name}")
        for name, field in SIDES
        for prefix, side in (("from", "before"), ("to", "after"))
    ]
    rows = effects.select(
        *movement.PERIOD, F.col("name").alias("part"), *IDENTITY, *movement.FILTERS.values(), *values,
        "count_of_all", F.explode(settings).alias("setting"),
    )  # fmt: skip
    counted = rows.where((F.col("setting.quarter") != ALL) | (F.col("count_of_all") == 1))
    return counted.select("*", "setting.*", F.col("to_date").alias("data_freshness"))


@transform(
    snapshots=Input("/RevOps/Analytics/deal_snapshots"),
    output=Output("/RevOps/Analytics/pipeline_movement_deals", checks=PIPELINE_MOVEMENT_DEALS.checks()),
)
def compute(snapshots, output):
    """Write the deals of each part of the movement; none without an earlier snapshot."""
    rows = deals_of_parts(movement.compared(snapshots.dataframe()))
    output.write_dataframe(PIPELINE_MOVEMENT_DEALS.conform(computed(rows)))
