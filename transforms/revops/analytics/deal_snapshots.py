"""The deals as each day's source had them: every import or refresh of the opportunities is a version.

Incremental on its own output, as `forecast_snapshots`: a build adds the deals of its day to those of earlier days.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform

from ..common.filters import with_rep_segment
from ..common.provenance import computed
from ..common.recorded import of_same_source, with_earlier
from ..contracts.movement import DEAL_SNAPSHOTS
from .deal_forecast import deal_state


def deals_of_today(opportunities: DataFrame, sales_reps: DataFrame) -> DataFrame:
    """Return one row per opportunity, as it is today, the fields of the contract DEAL_SNAPSHOTS.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
        sales_reps: rows of the contract SALES_REPS.
    """
    deals = with_rep_segment(opportunities, sales_reps).select(
        "*",
        F.col("data_freshness").alias("snapshot_date"),
        deal_state(F.col("is_won"), ~F.col("is_closed")).alias("deal_state"),
    )
    return DEAL_SNAPSHOTS.typed(computed(deals.drop("created_at", "updated_at")))


@incremental(snapshot_inputs=["opportunities", "sales_reps", "earlier_deals"])
@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    earlier_deals=Input("/RevOps/Scenario/earlier_deals"),
    output=Output("/RevOps/Analytics/deal_snapshots", checks=DEAL_SNAPSHOTS.checks()),
)
def compute(ctx, opportunities, sales_reps, earlier_deals, output):
    """Write the deals of today beside those of earlier days; a day that a build recorded precedes the source's own."""
    earlier = DEAL_SNAPSHOTS.typed(earlier_deals.dataframe())
    if ctx.is_incremental:
        recorded = DEAL_SNAPSHOTS.typed(output.dataframe("previous"))
        days = recorded.select("snapshot_date").distinct()
        earlier = recorded.unionByName(earlier.join(F.broadcast(days), "snapshot_date", "left_anti"))
        output.set_mode("replace")
    today = deals_of_today(opportunities.dataframe(), sales_reps.dataframe())
    rows = with_earlier(today, of_same_source(earlier, today, "opportunity_id"))
    output.write_dataframe(DEAL_SNAPSHOTS.conform(rows))
