"""The Stuck Deals Table: every stuck deal with its urgency, what to do about it and how to show it.

Urgency, flags, slip risk and advice are those of deal_health_scores, which next best actions and coaching show too.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.amounts import short_amount
from ..common.risk import risk_flags_display
from ..contracts.deals import STUCK_DEALS_VIEW
from ..contracts.vocabulary import UNKNOWN

ICONS = {"CRITICAL": "🔴", "HIGH": "🟠", "MEDIUM": "🟡", "LOW": "🟢"}


def urgency_icon(level: Column) -> Column:
    """Return the colored circle of an urgency.

    Args:
        level: one of URGENCIES.
    """
    return F.coalesce(*[F.when(level == name, icon) for name, icon in ICONS.items()])


def amount_display(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount as '$2.1M' from a million on, as '$720K' below; 'Unknown' without a price.

    Args:
        amount: USD, null if unknown.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    return F.coalesce(short_amount(amount, sign), F.lit(UNKNOWN))


def view(deals: DataFrame) -> DataFrame:
    """Return deals of deal_health_scores as the table shows them, one row each.

    Args:
        deals: rows of the contract DEAL_HEALTH_SCORES.
    """
    return deals.select(
        "opportunity_id", "account_name", "opportunity_name", "owner_name",
        "amount", "stage_name", "days_in_stage", "health_score", "close_date",
        "urgency", "risk_flags",
        risk_flags_display(F.col("risk_flags")).alias("risk_flags_display"),
        "days_until_close", "slip_risk",
        F.col("next_action").alias("primary_action"),
        F.col("primary_contact_name").alias("action_target"),
        "action_reason",
        urgency_icon(F.col("urgency")).alias("urgency_icon"),
        amount_display(F.col("amount"), F.col("currency_sign")).alias("amount_display"),
        "created_at", "updated_at", "data_freshness",
    )  # fmt: skip


@transform(
    stuck_deals=Input("/RevOps/Analytics/deals_stuck_in_process"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/stuck_deals_view", checks=STUCK_DEALS_VIEW.checks()),
)
def compute(ctx, stuck_deals, health_scores, output):
    """Write the stuck deals ready for display."""
    stuck = stuck_deals.dataframe().select("opportunity_id")
    output.write_dataframe(
        STUCK_DEALS_VIEW.conform(view(health_scores.dataframe().join(stuck, "opportunity_id", "inner")))
    )
