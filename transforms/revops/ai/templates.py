"""Coaching insights from templates: every number comes from the rep's facts.

Every rep has them; an accepted answer of a language model (`by_model`) replaces them.
"""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..common.formatters import percent
from ..common.portable import first_of
from ..contracts.vocabulary import UNKNOWN
from .facts import STAGE_DAYS, STAGE_LOSSES, lead_over_team

MODEL_VERSION = "template-2"
MOST = 3
"""Most strengths, improvements and actions of an insight."""
NOTABLE = 0.05
"""Lead over the team, or lag behind it, from which on a driver is a strength or an improvement."""
NOTABLE_LOSSES = 0.15
"""The same of the losses in one stage, in points: with few lost deals, less is chance."""

SUGGESTIONS = {
    "win_rate": "Qualify harder and review every lost deal with your manager",
    "avg_deal_size": "Scope the next deals wider and bring in an executive sponsor early",
    "avg_sales_cycle_days": "Agree on a mutual close plan in the first meeting",
    "avg_stakeholders": "Add one stakeholder to each open deal this week",
    "economic_buyer_rate": "Ask your champions for an introduction to the economic buyer",
    "daily_activities": "Block an hour each morning for calls",
    STAGE_DAYS: "Set exit criteria for this stage and review its deals every week",
    STAGE_LOSSES: "Review each deal with your manager before it leaves this stage",
}
"""First step by name of the driver."""
QUIET_DAYS_TITLE = "Quiet Days"

VERBS = {"call": "Call", "email": "Email", "meeting": "Meet with", "task": "Follow up with"}
"""Verb before the contact, or the account if no contact is known, by action type."""
WITHOUT_ADDRESSEE = {"task": "Review the deal"}
FIND_CONTACT = "Find the right contact"
"""The action if neither contact nor account is known, unless `WITHOUT_ADDRESSEE` has one."""


def is_strength(driver: Column) -> Column:
    """Return whether the rep is notably ahead of the team in a driver.

    Args:
        driver: struct of `DRIVER_FIELDS`.
    """
    return lead_over_team(driver) >= _notable(driver)


def is_gap(driver: Column) -> Column:
    """Return whether the rep is notably behind the team in a driver.

    Args:
        driver: struct of `DRIVER_FIELDS`.
    """
    return lead_over_team(driver) <= -_notable(driver)


def _notable(driver: Column) -> Column:
    return F.when(driver["metric_name"] == STAGE_LOSSES, NOTABLE_LOSSES).otherwise(NOTABLE)


def strengths(drivers: Column) -> Column:
    """Return the drivers, at most `MOST`, in which the rep is notably ahead of the team, the widest lead first.

    Without a notable lead, the driver of the widest lead, if the rep is ahead in any.

    Args:
        drivers: array of structs of `DRIVER_FIELDS`.
    """
    notable = _first(F.filter(drivers, is_strength), lead_over_team)
    best = first_of(_first(F.filter(drivers, _is_ahead), lead_over_team), 1)
    return F.transform(F.when(F.size(notable) > 0, notable).otherwise(best), _strength)


def _is_ahead(driver: Column) -> Column:
    return (lead_over_team(driver) > 0) & (driver["rep_text"] != driver["team_avg_text"])


def _strength(driver: Column) -> Column:
    return _texts(
        title=driver["metric_label"],
        detail=_versus_team(driver),
        metric_value=driver["rep_text"],
        metric_comparison=F.concat(F.lit("vs. team "), driver["team_avg_text"]),
    )


def _versus_team(driver: Column) -> Column:
    return F.concat(
        driver["metric_label"], F.lit(" "), driver["rep_text"], F.lit(" vs. team "), driver["team_avg_text"]
    )


def improvements(drivers: Column, low_activity_days: Column) -> Column:
    """Return at most `MOST` things to work on: drivers notably behind the team, the widest lag to the team first.

    Weekdays of low activity come after the drivers, if there is room left and the rep has any.

    Args:
        drivers: array of structs of `DRIVER_FIELDS`.
        low_activity_days: array of weekday names.
    """
    gaps = F.transform(_first(F.filter(drivers, is_gap), lambda driver: -lead_over_team(driver)), _improvement)
    quiet = F.filter(F.array(_quiet_days(low_activity_days)), lambda _: F.size(low_activity_days) > 0)
    return first_of(F.concat(gaps, quiet), MOST)


def _improvement(driver: Column) -> Column:
    suggestion = F.coalesce(*[F.when(driver["metric_name"] == name, text) for name, text in SUGGESTIONS.items()])
    top = F.coalesce(F.concat(F.lit(", top performer "), driver["top_performer_text"]), F.lit(""))
    to_team = F.concat(
        F.lit("Closing the gap to the team: "), driver["rep_text"], F.lit(" to "), driver["team_avg_text"]
    )
    has_potential = driver["gap_impact"].contains("potential")
    return _texts(
        title=driver["metric_label"],
        detail=F.concat(_versus_team(driver), top),
        gap_value=driver["gap_text"],
        impact_estimate=F.when(has_potential, driver["gap_impact"]).otherwise(to_team),
        suggested_action=suggestion,
    )


def _quiet_days(low_activity_days: Column) -> Column:
    names, count = F.array_join(low_activity_days, " and "), F.size(low_activity_days)
    return _texts(
        title=F.lit(QUIET_DAYS_TITLE),
        detail=F.concat(F.lit("Fewer activities than usual on "), names),
        gap_value=F.concat(count, F.when(count == 1, " quiet weekday").otherwise(" quiet weekdays")),
        impact_estimate=F.lit("Steady activity on every weekday"),
        suggested_action=F.concat(F.lit("Block call time on "), names),
    )


def priority_actions(actions: Column) -> Column:
    """Return the first `MOST` of a rep's next best actions, by `priority_rank`, each with its deadline.

    Args:
        actions: array of structs of the contract NEXT_BEST_ACTIONS, with deal_name.
    """
    return F.transform(_first(actions, lambda action: -action["priority_rank"]), _priority_action)


def action_words(action: Column) -> Column:
    """Return what to do and with whom: 'Call Ada Brown', or the account if no contact is known.

    Args:
        action: struct of the contract NEXT_BEST_ACTIONS.
    """
    verb = F.coalesce(*[F.when(action["action_type"] == kind, verb) for kind, verb in VERBS.items()])
    contact = F.when(action["contact_name"] != UNKNOWN, action["contact_name"])
    addressee = F.coalesce(contact, F.when(action["account_name"] != UNKNOWN, action["account_name"]))
    without_addressee = [F.when(action["action_type"] == kind, words) for kind, words in WITHOUT_ADDRESSEE.items()]
    return F.coalesce(F.concat(verb, F.lit(" "), addressee), *without_addressee, F.lit(FIND_CONTACT))


def _priority_action(action: Column) -> Column:
    return F.struct(
        *_fields(deal_name=action["deal_name"]),
        action["deal_amount"].alias("deal_amount"),
        *_fields(action=action_words(action), reason=action["action_reason"], deadline=action["act_by"].cast("string")),
    )


def overall_assessment() -> Column:
    """Return the rep's attainment, rank and win rate beside the team's, in sentences.

    For a rep without a quota, a closed deal or any deal the text says so: 'Carl Lin has no deals yet.'
    """
    attainment = F.concat(
        "rep_name", F.lit(" is at "), "ytd_attainment_display", F.lit(" of quota year to date, rank "), "rank_display",
        F.lit("."),
    )  # fmt: skip
    without_quota = F.concat("rep_name", F.lit(" has no quota set."))
    win_rate = F.concat(
        F.lit(" Win rate "), percent(F.col("win_rate")), F.lit(" vs. team "), percent(F.col("team_avg_win_rate")),
        F.lit("."),
    )  # fmt: skip
    results = F.when(F.col("closed_count") == 0, " No deals closed this quarter.").otherwise(win_rate)
    tier = F.concat(F.lit(" Tier: "), "performance_tier", F.lit("."))
    no_deals = F.concat("rep_name", F.lit(" has no deals yet."))
    return (
        F.when(has_no_deals(), no_deals)
        .when(~F.col("has_quota"), F.concat(without_quota, results))
        .otherwise(F.concat(attainment, results, tier))
    )


def has_no_deals() -> Column:
    """Return whether the rep has neither a deal closed this quarter nor an open one."""
    return F.coalesce((F.col("closed_count") == 0) & (F.col("open_count") == 0), F.lit(False))


def primary_focus_area(strengths: Column, improvements: Column) -> Column:
    """Return the first improvement's title; 'Build a first pipeline' without deals; else 'Keep up: ' a strength.

    'Unknown' if there is nothing of these.

    Args:
        strengths: array of insights, as `strengths` returns them.
        improvements: array of insights, as `improvements` returns them.
    """
    keep_up = F.concat(F.lit("Keep up: "), F.get(strengths, F.lit(0))["title"])
    first_deals = F.when(has_no_deals(), "Build a first pipeline")
    return F.coalesce(first_deals, F.get(improvements, F.lit(0))["title"], keep_up, F.lit(UNKNOWN))


def write_insights(facts: DataFrame) -> DataFrame:
    """Return the fields of the coaching insights contract, one row per rep, from the rows of `facts`."""
    improved = F.when(~has_no_deals(), improvements(F.col("drivers"), F.col("low_activity_days")))
    return facts.select(
        "*",
        strengths(F.col("drivers")).alias("strengths"),
        F.coalesce(improved, F.array()).alias("improvements"),
        priority_actions(F.col("actions")).alias("priority_actions"),
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
    return F.transform(first_of(F.array_sort(keyed), MOST), lambda pair: pair["element"])


def _texts(**texts: Column) -> Column:
    return F.struct(*_fields(**texts))


def _fields(**texts: Column) -> list[Column]:
    """Return named texts that Spark, too, knows to be never null, which the struct of their contract requires."""
    return [F.coalesce(text, F.lit(UNKNOWN)).alias(name) for name, text in texts.items()]
