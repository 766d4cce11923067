"""The Next Best Actions widget: what every rep is to do first, deal by deal.

Priority, urgency, action and reason are those of deal_health_scores, which the stuck deals table shows too.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.amounts import short_amount
from ..common.provenance import computed
from ..contracts.reps import NEXT_BEST_ACTIONS
from ..enrichment.advice import day_count
from ..enrichment.priority import action_urgency

ACTIONS_PER_REP = 10
ACTION_ICONS = {"call": "📞", "email": "📧", "meeting": "📅", "task": "✅"}
BEST_TIMES = {
    "Economic Buyer": ("9:00 AM", "11:00 AM"),
    "Executive Sponsor": ("8:00 AM", "9:00 AM"),
    "Champion": ("2:00 PM", "4:00 PM"),
    "Technical Evaluator": ("10:00 AM", "12:00 PM"),
    "Legal": ("1:00 PM", "3:00 PM"),
    "End User": ("3:00 PM", "5:00 PM"),
}
"""Times at which a contact is best reached, by role: decision makers before their meetings, users after work."""
ANY_TIME = ("10:00 AM", "12:00 PM")


def first_per_rep(deals: DataFrame) -> DataFrame:
    """Return each rep's `ACTIONS_PER_REP` deals of the highest priority with `priority_rank` from 1.

    Equal scores rank by amount, then by age, then by `opportunity_id`, so that every build ranks alike.

    Args:
        deals: rows of the contract DEAL_HEALTH_SCORES.
    """
    pressing_first = Window.partitionBy("owner_id").orderBy(
        F.desc("priority_score"), F.desc_nulls_last("amount"), F.desc_nulls_last("days_open"), "opportunity_id"
    )
    ranked = deals.select("*", F.row_number().over(pressing_first).alias("priority_rank"))
    return ranked.where(F.col("priority_rank") <= ACTIONS_PER_REP)


def with_low_activity_days(deals: DataFrame, activities: DataFrame) -> DataFrame:
    """Return deals with the `low_activity_days` of their rep's last 30 days, null for a rep without activities.

    Args:
        deals: rows of the contract DEAL_HEALTH_SCORES.
        activities: rows of the contract REP_ACTIVITY_METRICS.
    """
    month = activities.where(F.col("period") == "30d").select(F.col("rep_id").alias("owner_id"), "low_activity_days")
    return deals.join(month, "owner_id", "left")


def days_of_silence(days_since_contact: Column, days_open: Column) -> Column:
    """Return days since the last contact; of a deal never contacted those since it was opened, 0 if that is unknown.

    The contract's field is a number. `contact_status` and the flag 'NEVER_CONTACTED' of deal_health_scores tell the
    cases apart.

    Args:
        days_since_contact: days, null if never contacted.
        days_open: days since the deal was opened, null if unknown.
    """
    return F.coalesce(days_since_contact, days_open, F.lit(0))


def best_time(contact_role: Column, end: bool = False) -> Column:
    """Return the time of day at which the best time to reach a contact of this role begins, or ends: '2:00 PM'.

    Args:
        contact_role: one of CONTACT_ROLES.
        end: whether to return the end of the time.
    """
    known = [F.when(contact_role == role, times[end]) for role, times in BEST_TIMES.items()]
    return F.coalesce(*known, F.lit(ANY_TIME[end]))


def time_display(contact_role: Column, urgency: Column, low_activity_days: Column) -> Column:
    """Return '2:00 PM – 4:00 PM'; what can wait is for the rep's first quiet weekday: 'Thursday 2:00 PM – 4:00 PM'.

    Args:
        contact_role: one of CONTACT_ROLES.
        urgency: one of ACTION_URGENCIES.
        low_activity_days: array of weekday names, null if unknown.
    """
    hours = F.concat(best_time(contact_role), F.lit(" – "), best_time(contact_role, end=True))
    quiet_day = F.when((urgency == "soon") & (F.size(low_activity_days) > 0), F.get(low_activity_days, F.lit(0)))
    return F.coalesce(F.concat(quiet_day, F.lit(" "), hours), hours)


def action_icon(action_type: Column) -> Column:
    """Return the emoji of an action type.

    Args:
        action_type: one of ACTION_TYPES.
    """
    return F.coalesce(*[F.when(action_type == kind, icon) for kind, icon in ACTION_ICONS.items()])


def risk_if_delayed(amount: Column, days_until_close: Column, sign: Column | None = None) -> Column:
    """Return what is at stake and by when: '$1.2M may slip: 28 days to the close date'.

    Args:
        amount: USD, null if unknown.
        days_until_close: days, null without a close date.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    at_stake = F.coalesce(short_amount(amount, sign), F.lit("This deal"))
    when = (
        F.when(
            days_until_close < 0, F.concat(F.lit(" is "), day_count(-days_until_close), F.lit(" past its close date"))
        )
        .when(days_until_close == 0, F.lit(" is due to close today"))
        .when(
            days_until_close > 0,
            F.concat(F.lit(" may slip: "), day_count(days_until_close), F.lit(" to the close date")),
        )
        .otherwise(" may stall: no close date set")
    )
    return F.concat(at_stake, when)


@transform(
    opportunities=Input("/RevOps/Enriched/deal_health_scores"),
    activities=Input("/RevOps/Analytics/rep_activity_metrics"),
    output=Output("/RevOps/Analytics/next_best_actions", checks=NEXT_BEST_ACTIONS.checks()),
)
def compute(ctx, opportunities, activities, output):
    """Write the actions that come first for each rep, one per open deal."""
    deals = with_low_activity_days(first_per_rep(opportunities.dataframe()), activities.dataframe())
    role, urgency = F.col("primary_contact_role"), action_urgency(F.col("urgency"))
    actions = deals.select(
        F.concat(F.lit("NBA-"), "opportunity_id").alias("action_id"),
        F.col("owner_id").alias("rep_id"),
        "opportunity_id", "account_name",
        F.col("primary_contact_name").alias("contact_name"),
        role.alias("contact_role"),
        F.col("next_action").alias("action_type"),
        "action_reason", "priority_score", "priority_rank",
        best_time(role).alias("best_time_start"),
        best_time(role, end=True).alias("best_time_end"),
        urgency.alias("urgency"),
        F.col("amount").alias("deal_amount"),
        F.col("health_score").alias("deal_health"),
        days_of_silence(F.col("days_since_contact"), F.col("days_open")).alias("days_since_contact"),
        risk_if_delayed(F.col("amount"), F.col("days_until_close"), F.col("currency_sign")).alias("risk_if_delayed"),
        action_icon(F.col("next_action")).alias("action_icon"),
        time_display(role, urgency, F.col("low_activity_days")).alias("time_display"),
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(NEXT_BEST_ACTIONS.conform(computed(actions)))
