"""Contracts of the Pipeline Health Dashboard: deal health, forecast, KPIs, stage velocity, stuck deals."""

from .contract import contract
from .fields import count, date, flag, number, one_of, text, texts
from .forecast import FILTER_FIELDS, FILTER_KEY
from .scenario import DEAL_FIELDS
from .vocabulary import (
    ACTION_TYPES,
    CHAMPION_STATUSES,
    CONTACT_ROLES,
    CONTACT_STATUSES,
    FORECAST_CATEGORIES,
    HEALTH_BANDS,
    OPEN_STAGES,
    PRIMARY_ACTIONS,
    PROCESS_ACTIVITIES,
    RISK_FLAGS,
    RISK_LEVELS,
    SLIP_RISKS,
    STATUS_INDICATORS,
    TREND_DIRECTIONS,
    UNKNOWN,
    URGENCIES,
)

NOT_PRICED = "an export may price no open deal"
NO_CLOSE_DATE = "the deal has no expected close date"
NO_STAGE_HISTORY = "it is not recorded when the deal entered its stage"
NO_SIGNAL = "none of the health signals is recorded"
NO_OPENING_DAY = "the source does not record when the deal was opened"
NOT_STUCK = "the deal does not wait too long"
UNKNOWN_SIGNAL = "the signal is not recorded"
NOTHING_FINISHED = "no deal has finished it yet"

HEALTH_BANDS_OR_UNKNOWN = (*HEALTH_BANDS, UNKNOWN)

DEAL_HEALTH_SCORES = contract(
    "DealHealthScore",
    "one row per open opportunity",
    ("opportunity_id",),
    [
        *DEAL_FIELDS,
        number("amount", "USD", NOT_PRICED),
        one_of("stage_name", OPEN_STAGES, "sales stage"),
        one_of("forecast_category", FORECAST_CATEGORIES, "what the rep commits to"),
        date("close_date", "day on which the deal is expected to close", NO_CLOSE_DATE),
        text("quarter", "quarter of the close date, 'Q4 2024'; 'Unknown' without one"),
        count("days_until_close", "days from today to the close date; negative: overdue", NO_CLOSE_DATE),
        count("days_in_stage", "days since the deal entered its stage", NO_STAGE_HISTORY),
        number("benchmark_days", "days that the stage should take"),
        count("days_open", "days since the deal was opened", NO_OPENING_DAY),
        count("days_since_contact", "days since the last activity", "no activity is recorded for the deal"),
        one_of("contact_status", CONTACT_STATUSES, "whether the deal has an activity"),
        text("primary_contact_name", "whom to contact first, or 'Unknown'"),
        one_of("primary_contact_role", CONTACT_ROLES, "that contact's part in the decision"),
        count("stakeholder_count", "people at the account who are involved", UNKNOWN_SIGNAL),
        one_of("champion_status", CHAMPION_STATUSES, "how the champion behaves; 'None' where there is none"),
        text("competitor", "competitor involved; 'None' where there is none, 'Unknown' where not recorded"),
        number("recency_score", "points, 0 to 30, for a recent last activity", UNKNOWN_SIGNAL),
        number("frequency_score", "points, 0 to 18, for activities in the last two weeks", UNKNOWN_SIGNAL),
        number("champion_score", "points, 0 or 15, for a champion who answers", UNKNOWN_SIGNAL),
        number("stakeholder_score", "points, 0 to 16, for the people involved", UNKNOWN_SIGNAL),
        number("economic_buyer_score", "points, 0 or 7, for the one who signs", UNKNOWN_SIGNAL),
        number("momentum_score", "points, 0 to 14, for being on time in the stage", UNKNOWN_SIGNAL),
        number("health_score", "whole number 0 to 100: share of the known signals' points", NO_SIGNAL),
        number("health_score_1w_ago", "the same a week before `data_freshness`", NO_SIGNAL),
        one_of("health_band", HEALTH_BANDS_OR_UNKNOWN, "80, 60 and 40 are the least scores of the upper three bands"),
        one_of("health_band_1w_ago", HEALTH_BANDS_OR_UNKNOWN, "the same a week before `data_freshness`"),
        texts("risk_flags", "what is wrong with the deal, in the order of the enumeration", RISK_FLAGS),
        number("win_probability", "planning rate of the stage; deal_forecast.win_chance is the deal's own chance"),
        text("waits_in", "stage or process activity in which the deal is longest over the benchmark", NOT_STUCK),
        count("days_waiting", "days since it entered that", NOT_STUCK),
        number("wait_benchmark_days", "days that that should take", NOT_STUCK),
        number("days_over", "days waiting less benchmark", NOT_STUCK),
        number("forecast_impact", "USD: amount × win rate of its forecast category × closes this quarter"),
        one_of("slip_risk", SLIP_RISKS, "how likely the close date is missed, by health and stage progress"),
        number("priority_score", "0 to 100, 100 the most pressing"),
        one_of("urgency", URGENCIES, "by priority score"),
        one_of("next_action", ACTION_TYPES, "what to do first"),
        text("action_reason", "why: 'Re-engage: 11 days without contact'"),
        date("act_by", "working day by which to do it, before the close date"),
        text("currency_sign", "what stands before an amount in texts: '$', '€', 'CHF '"),
    ],
)

PIPELINE_HEALTH_SUMMARY = contract(
    "PipelineHealthSummary",
    "one row per quarter, team, segment and region that has open deals, 'All' of each included",
    FILTER_KEY,
    [
        *FILTER_FIELDS,
        count("open_count", "open deals"),
        number("open_amount", "USD of the open deals that have a price"),
        number("avg_health", "mean health score of the deals that have one, each deal counted once", NO_SIGNAL),
        number("avg_health_1w_ago", "the same a week before `data_freshness`", NO_SIGNAL),
        *[
            field
            for band in (*HEALTH_BANDS, UNKNOWN.lower())
            for field in (
                count(f"{band}_count", f"open deals in band {band}"),
                number(f"{band}_amount", f"USD of the open deals in band {band}"),
                count(f"{band}_count_1w_ago", f"of the deals open now, those in band {band} a week ago"),
                number(f"{band}_amount_1w_ago", f"USD of the deals open now that were in band {band} a week ago"),
            )
        ],
    ],
)

HEALTH_DISTRIBUTION = contract(
    "HealthDistribution",
    "one row per quarter and team, 'All' included, with an open deal of known health",
    ("quarter", "team_filter"),
    [
        text("quarter", "quarter of the close dates, 'Q4 2024'; 'Unknown' for open deals without one"),
        text("team_filter", "manager, or 'All'"),
        date("snapshot_date", "day of the distribution: `data_freshness`"),
        *[
            field
            for band in HEALTH_BANDS
            for field in (
                count(f"{band}_count", f"open deals in band {band}"),
                number(f"{band}_amount", f"USD of the open deals in band {band}"),
                number(f"{band}_pct", f"fraction of the deals of known health that are in band {band}"),
            )
        ],
        number("at_risk_change_1w", "fraction of deals at risk or critical, less the same a week ago"),
        one_of("trend_direction", TREND_DIRECTIONS, "by `at_risk_change_1w`; within 1 point is stable"),
    ],
)

FORECAST_HISTORY = contract(
    "ForecastHistory",
    "one row per quarter that has begun and has deals, and week of the quarter up to today; a row recorded on its own "
    "day has created_at = snapshot_date, every other is reconstructed",
    ("quarter", "week_number"),
    [
        date("snapshot_date", "last day of the week that was recorded, or its last day; of the current week today"),
        count("week_number", "week of the quarter, 1 to 13"),
        text("quarter", "'Q4 2024'"),
        number("cumulative_target", "USD: the quarter's target in thirteen equal steps"),
        number("cumulative_closed", "USD won since the quarter began"),
        number("cumulative_commit", "USD won or in Commit; an estimate by hindsight in a reconstructed row"),
        number("cumulative_forecast", "USD won, and of each open deal its amount times its chance to be won"),
        number("pipeline_commit", "USD of open deals in Commit"),
        number("pipeline_best_case", "USD of open deals in Best Case"),
        number("pipeline_total", "USD of open deals that are not omitted from the forecast"),
        number("avg_pipeline_health", "0 to 100: mean health by the signals that opportunities carry; 0 without any"),
    ],
)

DASHBOARD_KPIS = contract(
    "DashboardKPIs",
    "one row per quarter and team, 'All' included",
    ("quarter", "team_filter"),
    [
        date("snapshot_date", "day of the figures: `data_freshness`"),
        text("quarter", "'Q4 2024'; 'Unknown' for open deals without a close date"),
        text("team_filter", "manager, or 'All'"),
        number("quarter_target", "USD: the company's target, or the quotas of the team's reps"),
        number("ai_forecast", "USD won, and of each open deal its amount times its chance to be won"),
        number("ai_forecast_confidence", "fraction 0 to 1: how certain the forecast's dollars are"),
        number("commit_amount", "USD won or in Commit"),
        number("commit_confidence", "fraction 0 to 1 of the commit amount that is won or likely to be"),
        number("closed_won_amount", "USD won"),
        number("gap_to_target", "USD: forecast less target; negative: short of it"),
        number("gap_pct", "size of the gap as a fraction of the target; 0 without a target"),
        number("coverage_ratio", "open pipeline / what is left to win; 0 if nothing is left"),
        one_of("risk_level", RISK_LEVELS, "by how far the forecast falls short of the target"),
        number("forecast_change_1w", "USD by which the forecast grew in seven days"),
        number("commit_change_1w", "USD by which the commit amount grew in seven days; 0 if no snapshot says"),
    ],
)

STAGE_VELOCITY = contract(
    "StageVelocity",
    "one row per open stage",
    ("stage_name",),
    [
        text("stage_name", "sales stage"),
        count("stage_order", "place in the process, from 1"),
        number("avg_duration_days", "days that a deal spends in the stage, mean", NOTHING_FINISHED),
        number("median_duration_days", "the same, median", NOTHING_FINISHED),
        number("benchmark_days", "days that the stage should take"),
        number("deviation_days", "mean less benchmark", NOTHING_FINISHED),
        number("duration_change_pct", "mean of the last 45 days against the time before, as a fraction of that"),
        one_of("trend_direction", TREND_DIRECTIONS, "by `duration_change_pct`; within 10 % is stable"),
        number("conversion_rate", "fraction of the deals decided in the stage that went on; 0 if none was"),
        count("deals_in_stage", "open deals in the stage now"),
        number("amount_in_stage", "USD of these that have a price"),
        one_of("status_indicator", STATUS_INDICATORS, "by the mean against the benchmark"),
        text("trend_display", "'▲ +2d' where deals take longer, '▼ -2d' where less, '✓' where it is stable"),
    ],
)

PROCESS_BOTTLENECKS = contract(
    "ProcessBottleneck",
    "one row per process activity short of closing; none where no process event is recorded",
    ("activity",),
    [
        one_of("activity", PROCESS_ACTIVITIES, "process activity"),
        count("sort_order", "place in the process, from 1"),
        text("stage_name", "sales stage that the activity belongs to"),
        count("finished_count", "times that the activity was finished"),
        number("avg_duration_days", "days that it took, mean", NOTHING_FINISHED),
        number("median_duration_days", "the same, median", NOTHING_FINISHED),
        number("benchmark_days", "days that it should take"),
        number("deviation_days", "mean less benchmark", NOTHING_FINISHED),
        count("deals_waiting", "open deals that are in it now"),
        number("amount_waiting", "USD of these that have a price"),
        count("deals_reached", "deals that ever came to it"),
        number("fall_back_rate", "fraction of these that went from it straight back to an earlier activity"),
        text("fall_back_to", "the earlier activity to which most went back", "no deal went back"),
        number("fall_back_to_rate", "fraction of the deals reached that went back to that one"),
        flag("is_bottleneck", "takes more than 1.5 times its benchmark on average"),
    ],
)

DEALS_STUCK_IN_PROCESS = contract(
    "StuckDeal",
    "one row per open opportunity that waits longer than 1.5 times the benchmark of its stage or activity",
    ("opportunity_id",),
    [
        text("opportunity_id", "identifier of the opportunity"),
        text("opportunity_name", "what the deal is called"),
        text("account_name", "account that would buy, or 'Unknown'"),
        text("owner_id", "rep who owns the deal"),
        text("owner_name", "name of that rep"),
        text("manager_name", "the rep's manager: the team"),
        number("amount", "USD", NOT_PRICED),
        one_of("stage_name", OPEN_STAGES, "sales stage"),
        text("waits_in", "stage or process activity in which the deal is longest over the benchmark"),
        count("days_waiting", "days since it entered that"),
        number("benchmark_days", "days that that should take"),
        number("days_over", "days waiting less benchmark"),
    ],
)

STUCK_DEALS_VIEW = contract(
    "StuckDealView",
    "one row per stuck open opportunity",
    ("opportunity_id",),
    [
        text("opportunity_id", "identifier of the opportunity"),
        text("account_name", "account that would buy, or 'Unknown'"),
        text("opportunity_name", "what the deal is called"),
        text("owner_name", "rep who owns the deal"),
        number("amount", "USD", NOT_PRICED),
        text("stage_name", "sales stage"),
        count("days_in_stage", "days since the deal entered its stage", NO_STAGE_HISTORY),
        number("health_score", "whole number 0 to 100", NO_SIGNAL),
        date("close_date", "day on which the deal is expected to close", NO_CLOSE_DATE),
        one_of("urgency", URGENCIES, "by priority score"),
        texts("risk_flags", "those of deal_health_scores, 'STUCK' first", RISK_FLAGS),
        text("risk_flags_display", "'Stuck • No EB • Going Dark'"),
        count("days_until_close", "days from today to the close date; negative: overdue", NO_CLOSE_DATE),
        one_of("slip_risk", SLIP_RISKS, "how likely the close date is missed"),
        one_of("primary_action", PRIMARY_ACTIONS, "what to do first"),
        text("action_target", "contact to whom to do it, or 'Unknown'"),
        text("action_reason", "'Follow up on proposal'"),
        text("urgency_icon", "'🔴' CRITICAL, '🟠' HIGH, '🟡' MEDIUM, '🟢' LOW"),
        text("amount_display", "'$2.1M' or '$720K'; 'Unknown' without a price"),
    ],
)
