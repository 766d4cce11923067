"""The Next Best Actions widget: what every rep is to do first, deal by deal."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.provenance import computed
from ..contracts.reps import NEXT_BEST_ACTIONS
from .action_advice import action_icon, action_reason, action_type, best_time, risk_if_delayed, urgency
from .action_priority import (
    amount_factor,
    close_factor,
    flags_factor,
    health_factor,
    priority_score,
    silence_factor,
)

ACTIONS_PER_REP = 10


def prioritized(deals: DataFrame) -> DataFrame:
    """Return open deals with `priority_score`, 0..100, from the five factors of the document."""
    largest_amount = F.max("amount").over(Window.partitionBy("owner_id"))
    factors = {
        "health": health_factor(F.col("health_score")),
        "silence": silence_factor(F.col("days_since_contact")),
        "amount": amount_factor(F.col("amount"), largest_amount),
        "close": close_factor(F.col("days_until_close")),
        "flags": flags_factor(F.col("risk_flags")),
    }
    return deals.select("*", priority_score(factors).alias("priority_score"))


def first_per_rep(deals: DataFrame) -> DataFrame:
    """Return each rep's `ACTIONS_PER_REP` deals of the highest priority with `priority_rank` from 1.

    Equal scores rank by `opportunity_id`, so that every build ranks alike.
    """
    pressing_first = Window.partitionBy("owner_id").orderBy(F.desc("priority_score"), "opportunity_id")
    ranked = deals.select("*", F.row_number().over(pressing_first).alias("priority_rank"))
    return ranked.where(F.col("priority_rank") <= ACTIONS_PER_REP)


def with_low_activity_days(deals: DataFrame, activities: DataFrame) -> DataFrame:
    """Return deals with the `low_activity_days` of their rep's last 30 days, null for a rep without activities."""
    month = activities.where(F.col("period") == "30d").select(F.col("rep_id").alias("owner_id"), "low_activity_days")
    return deals.join(month, "owner_id", "left")


@transform(
    opportunities=Input("/RevOps/Enriched/deal_health_scores"),
    activities=Input("/RevOps/Analytics/rep_activity_metrics"),
    output=Output("/RevOps/Analytics/next_best_actions", checks=NEXT_BEST_ACTIONS.checks()),
)
def compute(ctx, opportunities, activities, output):
    """Write the actions that come first for each rep, one per open deal."""
    deals = first_per_rep(prioritized(opportunities.dataframe()))
    flags, role = F.col("risk_flags"), F.col("primary_contact_role")
    actions = with_low_activity_days(deals, activities.dataframe()).select(
        F.concat(F.lit("NBA-"), "opportunity_id").alias("action_id"),
        F.col("owner_id").alias("rep_id"),
        "opportunity_id", "account_name",
        F.col("primary_contact_name").alias("contact_name"),
        role.alias("contact_role"),
        action_type(flags).alias("action_type"),
        action_reason(flags, F.col("low_activity_days")).alias("action_reason"),
        "priority_score", "priority_rank",
        best_time(role).alias("best_time_start"),
        best_time(role, end=True).alias("best_time_end"),
        urgency(F.col("priority_score")).alias("urgency"),
        F.col("amount").alias("deal_amount"),
        F.col("health_score").alias("deal_health"),
        "days_since_contact",
        risk_if_delayed(F.col("amount"), F.col("days_until_close")).alias("risk_if_delayed"),
        action_icon(action_type(flags)).alias("action_icon"),
        F.concat(best_time(role), F.lit(" – "), best_time(role, end=True)).alias("time_display"),
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(NEXT_BEST_ACTIONS.conform(computed(actions)))
