"""The Stuck Deals Table: every stuck deal with its urgency, what to do about it and how to show it."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.amounts import short_amount
from ..common.health import LEAST_SCORES
from ..common.risk import risk_flags_display
from ..contracts.deals import STUCK_DEALS_VIEW
from ..contracts.vocabulary import UNKNOWN

CLOSE_SOON_DAYS, CLOSE_LATER_DAYS = 14, 45
"""Days until the close date up to which a stuck deal will hardly make it, and may not make it."""
ICONS = {"CRITICAL": "🔴", "HIGH": "🟠", "MEDIUM": "🟡", "LOW": "🟢"}
REVIEWS = ("Legal Review", "Security Review", "Procurement")
"""Activities in the hands of the buyer's departments: the rep alone cannot speed them up."""


def slip_risk(days_until_close: Column) -> Column:
    """Return how likely a stuck deal misses its close date: 'HIGH' up to 14 days before, 'MEDIUM' up to 45, else 'LOW'.

    'MEDIUM' without a close date: there is none to miss, nor one to trust.
    """
    return (
        F.when(days_until_close.isNull(), "MEDIUM")
        .when(days_until_close <= CLOSE_SOON_DAYS, "HIGH")
        .when(days_until_close <= CLOSE_LATER_DAYS, "MEDIUM")
        .otherwise("LOW")
    )


def urgency(health_score: Column, days_until_close: Column) -> Column:
    """Return the urgency of a stuck deal, by its health's band and one step higher where it is about to slip.

    Critical health: 'CRITICAL'; at risk: 'HIGH'; monitor or unknown: 'MEDIUM'; healthy: 'LOW'. A deal with slip risk
    'HIGH' goes one step up.
    """
    steps = F.array(*[F.lit(level) for level in reversed(ICONS)])
    step = (
        F.when(health_score >= LEAST_SCORES["healthy"], 1)
        .when(health_score < LEAST_SCORES["at_risk"], 4)
        .when(health_score < LEAST_SCORES["monitor"], 3)
        .otherwise(2)
    )
    raised = F.when(slip_risk(days_until_close) == "HIGH", step + 1).otherwise(step)
    return F.element_at(steps, F.least(raised, F.lit(len(ICONS))))


def urgency_icon(level: Column) -> Column:
    """Return the coloured circle of an urgency."""
    return F.coalesce(*[F.when(level == name, icon) for name, icon in ICONS.items()])


def amount_display(amount: Column) -> Column:
    """Return USD as '$2.1M' from a million on, as '$720K' below; 'Unknown' without a price."""
    return F.coalesce(short_amount(amount), F.lit(UNKNOWN))


def stuck_flags(risk_flags: Column) -> Column:
    """Return the deal's risk flags with 'STUCK' first: it may be stuck in an activity while its stage is on time."""
    return F.array_union(F.array(F.lit("STUCK")), risk_flags)


def primary_action(waits_in: Column, risk_flags: Column) -> Column:
    """Return what to do first about a stuck deal: our rule, the first that applies.

    A review is escalated; a silent deal is called; a missing economic buyer or champion, or a single contact, is a
    matter for a meeting; any other deal gets an email.
    """
    return (
        F.when(waits_in.isin(*REVIEWS), "escalate")
        .when(F.arrays_overlap(risk_flags, _flags("GOING_DARK", "CHAMPION_SILENT")), "call")
        .when(F.arrays_overlap(risk_flags, _flags("NO_EB", "NO_CHAMPION", "SINGLE_THREADED")), "meeting")
        .otherwise("email")
    )


def action_reason(waits_in: Column, days_waiting: Column, days_since_contact: Column, risk_flags: Column) -> Column:
    """Return why to do the `primary_action`, by the same rules: 'Follow up on proposal'."""
    return (
        F.when(waits_in.isin(*REVIEWS), F.format_string("Unblock %s after %d days", waits_in, days_waiting))
        .when(F.array_contains(risk_flags, "GOING_DARK"), F.format_string("No contact for %d days", days_since_contact))
        .when(F.array_contains(risk_flags, "CHAMPION_SILENT"), F.lit("Champion has gone silent"))
        .when(F.array_contains(risk_flags, "NO_EB"), F.lit("Bring in the economic buyer"))
        .when(F.array_contains(risk_flags, "NO_CHAMPION"), F.lit("Find a champion"))
        .when(F.array_contains(risk_flags, "SINGLE_THREADED"), F.lit("Involve more stakeholders"))
        .otherwise(F.format_string("Follow up on %s", F.lower(waits_in)))
    )


def _flags(*names: str) -> Column:
    return F.array(*[F.lit(name) for name in names])


def view(deals: DataFrame) -> DataFrame:
    """Return the stuck deals, with all that is known of their health, as the table shows them."""
    level = urgency(F.col("health_score"), F.col("days_until_close"))
    return deals.select(
        "opportunity_id", "account_name", "opportunity_name", "owner_name",
        "amount", "stage_name", "days_in_stage", "health_score", "close_date",
        level.alias("urgency"),
        stuck_flags(F.col("risk_flags")).alias("risk_flags"),
        risk_flags_display(stuck_flags(F.col("risk_flags"))).alias("risk_flags_display"),
        "days_until_close",
        slip_risk(F.col("days_until_close")).alias("slip_risk"),
        primary_action(F.col("waits_in"), F.col("risk_flags")).alias("primary_action"),
        F.col("primary_contact_name").alias("action_target"),
        action_reason(
            F.col("waits_in"), F.col("days_waiting"), F.col("days_since_contact"), F.col("risk_flags")
        ).alias("action_reason"),
        urgency_icon(level).alias("urgency_icon"),
        amount_display(F.col("amount")).alias("amount_display"),
        "created_at", "updated_at", "data_freshness",
    )  # fmt: skip


@transform(
    stuck_deals=Input("/RevOps/Analytics/deals_stuck_in_process"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/stuck_deals_view", checks=STUCK_DEALS_VIEW.checks()),
)
def compute(ctx, stuck_deals, health_scores, output):
    """Write the stuck deals ready for display."""
    waits = stuck_deals.dataframe().select("opportunity_id", "waits_in", "days_waiting")
    deals = health_scores.dataframe().join(waits, "opportunity_id", "inner")
    output.write_dataframe(STUCK_DEALS_VIEW.conform(view(deals)))
