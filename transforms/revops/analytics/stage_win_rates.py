"""The win rate of each open stage that the forecast uses, and the history that it comes from."""

from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.forecast import sales_history
from ..common.provenance import computed
from ..contracts.forecast import STAGE_WIN_RATES


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    output=Output("/RevOps/Analytics/stage_win_rates", checks=STAGE_WIN_RATES.checks()),
)
def compute(opportunities, output):
    """Write one row per open stage."""
    deals = opportunities.dataframe()
    today = deals.agg(F.max("data_freshness").alias("data_freshness"))
    rates = sales_history(deals).select(F.inline("stages")).crossJoin(F.broadcast(today))
    output.write_dataframe(STAGE_WIN_RATES.conform(computed(rates.where(F.col("data_freshness").isNotNull()))))
