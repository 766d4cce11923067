"""Coaching insights from templates: every number comes from the rep's facts, nothing is made up.

Every rep has them; where a language model's answer is accepted (`by_model`), it takes their place.
"""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..common.formatters import days, percent
from ..common.ratios import ratio
from ..contracts.vocabulary import UNKNOWN

MODEL_VERSION = "template-1"
MOST = 3
"""Most strengths, improvements and actions of an insight."""
NOTABLE = 0.05
"""A driver is a strength or an improvement from this distance to the team, as a fraction of the team's value."""

SUGGESTIONS = {
    "win_rate": "Qualify harder and review every lost deal with your manager",
    "avg_deal_size": "Open the next deals with a wider scope and an executive sponsor",
    "avg_sales_cycle_days": "Agree on a dated plan of steps with the buyer in the first meeting",
    "avg_stakeholders": "Add one stakeholder to each open deal this week",
    "economic_buyer_rate": "Ask your champions for an introduction to the economic buyer",
    "daily_activities": "Block an hour each morning for calls",
}
"""How to begin, by name of the driver."""
QUIET_DAYS_TITLE = "Quiet Days"

VERBS = {"call": "Call", "email": "Email", "meeting": "Meet", "task": "Plan the next step with"}
"""What to do with the contact, or with the account where no contact is known, by action type."""
DEADLINE_DAYS = {"today": 0, "this_week": 7, "soon": 14}
"""Days that an action of each urgency may take."""


def lead_over_team(driver: Column) -> Column:
    """Return how much better than the team a driver is, as a fraction of the team's value; negative: worse."""
    higher = driver["rep_value"] - driver["team_avg_value"]
    better = F.when(driver["good_direction"] == "higher", higher).otherwise(-higher)
    return ratio(better, driver["team_avg_value"])


def is_strength(driver: Column) -> Column:
    """Return whether the rep is notably ahead of the team in a driver."""
    return lead_over_team(driver) >= NOTABLE


def is_gap(driver: Column) -> Column:
    """Return whether the rep is notably behind the team in a driver, and behind the top performer."""
    return (lead_over_team(driver) <= -NOTABLE) & (driver["gap_to_top"] > 0)


def strengths(drivers: Column) -> Column:
    """Return the drivers, at most `MOST`, in which the rep is notably ahead of the team, the widest lead first."""
    return F.transform(_first(F.filter(drivers, is_strength), lead_over_team), _strength)


def _strength(driver: Column) -> Column:
    value, team = driver["rep_text"], driver["team_avg_text"]
    return _texts(
        title=driver["metric_label"],
        detail=F.concat(driver["metric_label"], F.lit(" of "), value, F.lit(" against a team average of "), team),
        metric_value=value,
        metric_comparison=F.concat(team, F.lit(" team average")),
    )


def improvements(drivers: Column, low_activity_days: Column) -> Column:
    """Return at most `MOST` things to work on: drivers notably behind the team, the widest gap to the top first.

    Weekdays of low activity come after the drivers, where there is room left and the rep has any.
    """
    gaps = F.transform(_first(F.filter(drivers, is_gap), lambda driver: driver["gap_pct"]), _improvement)
    quiet = F.filter(F.array(_quiet_days(low_activity_days)), lambda _: F.size(low_activity_days) > 0)
    return F.slice(F.concat(gaps, quiet), 1, MOST)


def _improvement(driver: Column) -> Column:
    suggestion = F.coalesce(*[F.when(driver["metric_name"] == name, text) for name, text in SUGGESTIONS.items()])
    return _texts(
        title=driver["metric_label"],
        detail=F.concat(
            driver["metric_label"], F.lit(" of "), driver["rep_text"], F.lit(" against "),
            driver["top_performer_text"], F.lit(" of the top performer and a team average of "),
            driver["team_avg_text"],
        ),
        gap_value=driver["gap_text"],
        impact_estimate=driver["gap_impact"],
        suggested_action=suggestion,
    )  # fmt: skip


def _quiet_days(low_activity_days: Column) -> Column:
    names = F.array_join(low_activity_days, " and ")
    return _texts(
        title=F.lit(QUIET_DAYS_TITLE),
        detail=F.concat(F.lit("Fewer activities than usual on "), names),
        gap_value=days(F.size(low_activity_days)),
        impact_estimate=F.lit("As many touches on every weekday"),
        suggested_action=F.concat(F.lit("Block time for calls on "), names),
    )


def priority_actions(actions: Column, today: Column) -> Column:
    """Return the first `MOST` of a rep's next best actions, by `priority_rank`, each with its last day."""
    first = _first(actions, lambda action: -action["priority_rank"])
    return F.transform(first, lambda action: _priority_action(action, today))


def deadline(urgency: Column, today: Column) -> Column:
    """Return the day until which to do something of an urgency, as '2024-11-22'."""
    days_left = F.coalesce(*[F.when(urgency == known, left) for known, left in DEADLINE_DAYS.items()])
    return F.date_add(today, days_left).cast("string")


def _priority_action(action: Column, today: Column) -> Column:
    verb = F.coalesce(*[F.when(action["action_type"] == kind, verb) for kind, verb in VERBS.items()])
    contact = F.when(action["contact_name"] != UNKNOWN, action["contact_name"]).otherwise(action["account_name"])
    return F.struct(
        *_fields(deal_name=action["account_name"]),
        action["deal_amount"].alias("deal_amount"),
        *_fields(
            action=F.concat(verb, F.lit(" "), contact),
            reason=action["action_reason"],
            deadline=deadline(action["urgency"], today),
        ),
    )


def overall_assessment() -> Column:
    """Return where the rep of the facts stands: attainment, rank and win rate beside the team's."""
    return F.concat(
        "rep_name", F.lit(" has reached "), "ytd_attainment_display",
        F.lit(" of the quota of the year to date, ranks "), "rank_display",
        F.lit(" and wins "), percent(F.col("win_rate")), F.lit(" of closed deals against "),
        percent(F.col("team_avg_win_rate")), F.lit(" of the team: "), "performance_tier",
    )  # fmt: skip


def primary_focus_area(strengths: Column, improvements: Column) -> Column:
    """Return the title of the first improvement, without any that of the first strength, 'Unknown' without both."""
    keep_up = F.concat(F.lit("Keep up: "), F.get(strengths, F.lit(0))["title"])
    return F.coalesce(F.get(improvements, F.lit(0))["title"], keep_up, F.lit(UNKNOWN))


def write_insights(facts: DataFrame) -> DataFrame:
    """Return the fields of the coaching insights contract, one row per rep, from the rows of `facts`."""
    return facts.select(
        "*",
        strengths(F.col("drivers")).alias("strengths"),
        improvements(F.col("drivers"), F.col("low_activity_days")).alias("improvements"),
        priority_actions(F.col("actions"), F.col("data_freshness")).alias("priority_actions"),
    ).select(
        "rep_id",
        F.col("data_freshness").alias("generated_at"),
        F.lit(MODEL_VERSION).alias("model_version"),
        "strengths",
        "improvements",
        "priority_actions",
        overall_assessment().alias("overall_assessment"),
        primary_focus_area(F.col("strengths"), F.col("improvements")).alias("primary_focus_area"),
        "data_freshness",
    )


def _first(elements: Column, merit: Callable[[Column], Column]) -> Column:
    """Return the `MOST` elements of the greatest merit, equal ones in the order of their own fields."""
    keyed = F.transform(elements, lambda element: F.struct((-merit(element)).alias("key"), element.alias("element")))
    return F.transform(F.slice(F.array_sort(keyed), 1, MOST), lambda pair: pair["element"])


def _texts(**texts: Column) -> Column:
    return F.struct(*_fields(**texts))


def _fields(**texts: Column) -> list[Column]:
    """Return named texts that Spark, too, knows to be never null, which their contract's struct asks for."""
    return [F.coalesce(text, F.lit(UNKNOWN)).alias(name) for name, text in texts.items()]
