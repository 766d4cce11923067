"""The open pipeline on an earlier day, all that changed it since, and the open pipeline today."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import movement
from ..common.provenance import computed
from ..contracts.movement import PIPELINE_CHANGES, PIPELINE_MOVEMENT

SIDES = (
    ("quarter", "quarter"), ("close_date", "close_date"), ("amount", "amount"), ("stage", "stage_name"),
    ("owner", "owner_name"),
)  # fmt: skip
"""End of the columns from_… and to_… → field of the deal's state."""


def change_rows(deals: DataFrame) -> DataFrame:
    """Return the fields of the contract PIPELINE_CHANGES from the rows of `movement.compared`.

    Args:
        deals: one row per period and deal, then and now.
    """
    values = [
        F.col(f"{side}.{field}").alias(f"{prefix}_{name}")
        for name, field in SIDES
        for prefix, side in (("from", "before"), ("to", "after"))
    ]
    return movement.changes(deals).select(
        *movement.PERIOD, "opportunity_id", *movement.DEAL, "kind", "amount_effect", "moved_amount", *values,
        F.col("to_date").alias("data_freshness"),
    )  # fmt: skip


@transform(
    snapshots=Input("/RevOps/Analytics/deal_snapshots"),
    movements=Output("/RevOps/Analytics/pipeline_movement", checks=PIPELINE_MOVEMENT.checks()),
    changes=Output("/RevOps/Analytics/pipeline_changes", checks=PIPELINE_CHANGES.checks()),
)
def compute(snapshots, movements, changes):
    """Write the movement by setting, and the changes of each deal; both are empty without an earlier snapshot."""
    deals = movement.compared(snapshots.dataframe())
    settings = movement.movement(deals).select("*", F.col("to_date").alias("data_freshness"))
    movements.write_dataframe(PIPELINE_MOVEMENT.conform(computed(settings)))
    changes.write_dataframe(PIPELINE_CHANGES.conform(computed(change_rows(deals))))
