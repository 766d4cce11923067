"""Contracts of the Rep Coaching Dashboard: performance, win rate drivers, activity, next best actions, coaching."""

from .contract import contract
from .fields import count, date, number, one_of, structs, text, texts
from .scenario import REP_FIELDS
from .vocabulary import (
    ACTION_TYPES,
    ACTION_URGENCIES,
    FORMAT_TYPES,
    GOOD_DIRECTIONS,
    PERFORMANCE_TIERS,
    PERIODS,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
"""The days on which a rep works."""

NO_CYCLE = "no won deal of the quarter has a recorded opening day"
NO_EARLIER_RECORD = "the rep has no record of the quarter before"
NO_EARLIER_QUOTA = "the rep had no quota in the year's earlier quarters"
NO_WIN_RATE_CHANGE = "the rep closed no deal in this quarter or in the one before"
NO_STAKEHOLDERS = "no deal has its stakeholders recorded"
NO_BUYER = "no deal has it recorded whether the economic buyer is involved"

REP_PERFORMANCE = contract(
    "RepPerformance",
    "one row per rep",
    ("rep_id",),
    [
        *REP_FIELDS,
        text("quarter", "current quarter, that of `data_freshness`: 'Q4 2024'"),
        count("won_count", "deals won in the current quarter"),
        count("lost_count", "deals lost in the current quarter"),
        number("closed_amount", "USD won in the current quarter"),
        count("open_count", "open deals, whenever they are expected to close"),
        number("open_pipeline_amount", "USD of the open deals that have a price"),
        number("win_rate", "fraction of the quarter's closed deals that were won; 0 when none closed"),
        number("avg_deal_size", "USD per deal won in the quarter; 0 when none was"),
        number("avg_sales_cycle_days", "days from opening to winning, mean of the quarter's won deals", NO_CYCLE),
        number("avg_stakeholders", "stakeholders per deal, open and closed", NO_STAKEHOLDERS),
        number("economic_buyer_rate", "fraction of deals, open and closed, with the economic buyer", NO_BUYER),
        number("team_win_rate", "win rate of all reps' deals together"),
        number("team_avg_deal_size", "USD per deal won by any rep in the quarter; 0 when none was"),
        number("team_avg_sales_cycle_days", "days, mean of all reps' won deals of the quarter", NO_CYCLE),
        number("team_avg_stakeholders", "stakeholders per deal of all reps", NO_STAKEHOLDERS),
        number("team_economic_buyer_rate", "fraction of all reps' deals with the economic buyer", NO_BUYER),
        number("ytd_quota", "USD: quotas of the year's quarters up to the current one"),
        number("ytd_closed_amount", "USD won in the year to date"),
        number("ytd_attainment", "fraction: won / quota of the year to date; 0 without a quota"),
        number("quarter_attainment", "fraction: won / quota of the current quarter; 0 without a quota"),
        number("prior_quarter_attainment", "the same of the quarter before", NO_EARLIER_RECORD),
        number(
            "prior_ytd_attainment",
            "fraction: won / quota of the year up to the quarter before",
            NO_EARLIER_QUOTA,
        ),
        number("prior_quarter_win_rate", "win rate of the quarter before", NO_EARLIER_RECORD),
        count("prior_quarter_rank", "rank at the end of the quarter before", NO_EARLIER_RECORD),
        count("overall_rank", "rank among all reps by `ytd_attainment`, 1 the best; equal reps have the same rank"),
        count("total_reps", "number of reps ranked"),
    ],
)

REP_PERFORMANCE_VIEW = contract(
    "RepPerformanceView",
    "one row per rep",
    ("rep_id",),
    [
        *REP_FIELDS[:4],
        text("segment", "segment that the rep sells to, or 'Unknown'"),
        number("ytd_attainment", "fraction: won / quota of the year to date; 0 without a quota"),
        text("ytd_attainment_display", "'78%'"),
        number("win_rate", "fraction of the current quarter's closed deals that were won; 0 when none closed"),
        number("avg_deal_size", "USD per deal won in the quarter; 0 when none was"),
        number("avg_sales_cycle_days", "days from opening to winning, mean of the quarter's won deals", NO_CYCLE),
        count("overall_rank", "rank among all reps by `ytd_attainment`, 1 the best; equal reps have the same rank"),
        count("total_reps", "number of reps ranked"),
        text("rank_display", "'#4/12'"),
        count("rank_change_qoq", "places gained since the quarter before, negative: lost", NO_EARLIER_RECORD),
        number("team_avg_win_rate", "win rate of all reps' deals together"),
        number("team_avg_deal_size", "USD per deal won by any rep in the quarter; 0 when none was"),
        number("team_avg_cycle", "days, mean of all reps' won deals of the quarter", NO_CYCLE),
        number("win_rate_vs_team", "win rate less the team's, as a fraction"),
        text("win_rate_vs_team_display", "'+4%'"),
        number("cycle_vs_team", "days of sales cycle less the team's; negative: faster", NO_CYCLE),
        number(
            "attainment_change_qoq", "`ytd_attainment` less that at the end of the quarter before", NO_EARLIER_QUOTA
        ),
        number("win_rate_change_qoq", "win rate less that of the quarter before", NO_WIN_RATE_CHANGE),
        one_of("performance_tier", PERFORMANCE_TIERS, "by `ytd_attainment`"),
    ],
)

REP_DRIVER_COMPARISON = contract(
    "RepDriverComparison",
    "one row per rep and win rate driver that is known of the rep, of the top performer and of the team",
    ("rep_id", "metric_name"),
    [
        text("rep_id", "identifier of the rep"),
        text("metric_name", "name of the driver: 'win_rate'"),
        text("metric_label", "what the dashboard calls it: 'Win Rate'"),
        number("rep_value", "the rep's value: a fraction, USD, days or a number per deal or day"),
        number("top_performer_value", "the value of the rep ranked first"),
        number("team_avg_value", "the value of all reps together"),
        one_of("format_type", FORMAT_TYPES, "how the values are displayed"),
        one_of("good_direction", GOOD_DIRECTIONS, "whether higher or lower values are better"),
        number("gap_to_top", "how far the rep is behind the top performer; negative: ahead"),
        number("gap_pct", "`gap_to_top` as a fraction of the top performer's value; 0 when that is 0"),
        text("gap_impact", "'24-point win rate improvement potential (14% to 38%)'"),
        number("bar_max", "value that fills the bar: the largest of the row's three values"),
        number("rep_bar_pct", "0 to 100: width of the rep's bar"),
        number("top_bar_pct", "0 to 100: width of the top performer's bar"),
    ],
)

REP_STAGE_PACE = contract(
    "RepStagePace",
    "one row per rep and open stage that a deal of the rep was in; none if no process event is recorded",
    ("rep_id", "stage_name"),
    [
        text("rep_id", "identifier of the rep"),
        text("stage_name", "sales stage"),
        count("finished_count", "deals of the rep that left the stage"),
        number("avg_days", "days that these spent in it, mean", "no deal of the rep has left the stage"),
        number("team_avg_days", "the same of all reps' deals", "no deal has left the stage"),
        count("lost_count", "deals of the rep that were lost from the stage"),
        number("lost_share", "fraction of the rep's lost deals that were lost from the stage; 0 without any"),
        number("team_lost_share", "the same of all reps' lost deals"),
    ],
)

REP_ACTIVITY_METRICS = contract(
    "RepActivityMetrics",
    "one row per rep with any recorded activity and period",
    ("rep_id", "period"),
    [
        text("rep_id", "identifier of the rep"),
        one_of("period", PERIODS, "the last 30 or 7 days, today included, or today alone"),
        count("total_activities", "activities in the period"),
        count("call_count", "calls among them"),
        count("email_count", "emails among them"),
        count("meeting_count", "meetings among them"),
        count("demo_count", "demos among them"),
        number("avg_daily_activities", "activities on Mondays to Fridays per such day of the period"),
        number("team_avg_daily", "mean of `avg_daily_activities` of all reps with any recorded activity"),
        number("top_performer_daily", "highest `avg_daily_activities` of any rep: the most active one's"),
        *[number(f"{day.lower()}_avg", f"activities per {day} of the period; 0 when it has none") for day in WEEKDAYS],
        texts("low_activity_days", "weekdays below 70 % of the rep's mean weekday, in their order", WEEKDAYS),
        number("activity_consistency_score", "0 to 1: 1 when every working day sees as many activities; 0 without any"),
    ],
)

NEXT_BEST_ACTIONS = contract(
    "NextBestAction",
    "one row per open deal among the ten of its rep that come first",
    ("action_id",),
    [
        text("action_id", "identifier of the action, made of the deal's"),
        text("rep_id", "rep who is to act"),
        text("opportunity_id", "open deal"),
        text("account_name", "its account, or 'Unknown'"),
        text("contact_name", "whom to contact, or 'Unknown'"),
        text("contact_role", "that contact's part in the decision, or 'Unknown'"),
        one_of("action_type", ACTION_TYPES, "what to do"),
        text("action_reason", "why"),
        number("priority_score", "0 to 100, 100 the most pressing"),
        count("priority_rank", "1 to 10 among the rep's actions; equal scores by amount, then age, then id"),
        text("best_time_start", "'2:00 PM'"),
        text("best_time_end", "'4:00 PM'"),
        one_of("urgency", ACTION_URGENCIES, "when to do it"),
        number("deal_amount", "USD", "an export may price no open deal"),
        number("deal_health", "0 to 100", "no signal of the deal's health is known"),
        count(
            "days_since_contact", "days since the last activity, without one since the opening; 0 if that is unknown"
        ),
        text("risk_if_delayed", "what is at stake"),
        text("action_icon", "an emoji"),
        text("time_display", "'2:00 PM – 4:00 PM'; with the rep's quiet weekday where it can wait"),
    ],
)

REP_COACHING_INSIGHTS = contract(
    "RepCoachingInsights",
    "one row per rep",
    ("rep_id",),
    [
        text("rep_id", "identifier of the rep"),
        date("generated_at", "day of the data it was written from"),
        text("model_version", "what wrote it: 'template-2', or model and prompt: 'gpt-4o/prompt-3'"),
        structs(
            "strengths",
            [
                text("title", "driver in which the rep is ahead of the team"),
                text("detail", "a sentence about it"),
                text("metric_value", "the rep's value, formatted"),
                text("metric_comparison", "the team's value, formatted"),
            ],
            "what the rep does better than the team, the best first; empty when nothing is",
            most=3,
        ),
        structs(
            "improvements",
            [
                text("title", "driver in which the rep is behind"),
                text("detail", "a sentence about it"),
                text("gap_value", "distance to the team's value: '14 points below team'"),
                text("impact_estimate", "what closing the gap would mean"),
                text("suggested_action", "how to begin"),
            ],
            "what the rep could do better, the widest lag to the team first; empty when nothing is",
            most=3,
        ),
        structs(
            "priority_actions",
            [
                text("deal_name", "account of the deal, or the deal's name and id if no account is known"),
                number("deal_amount", "USD", "an export may price no open deal"),
                text("action", "what to do, with whom"),
                text("reason", "why"),
                text("deadline", "working day by which to do it: '2024-11-22'"),
            ],
            "the rep's first next best actions; empty without an open deal",
            most=3,
        ),
        text("overall_assessment", "where the rep stands, in a sentence"),
        text("primary_focus_area", "what to work on first"),
    ],
)
