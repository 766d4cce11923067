"""Contracts of the forecast: what each deal adds to it, what a setting of the filters adds up to, and its snapshots."""

from .contract import contract
from .fields import count, date, flag, number, one_of, text
from .vocabulary import FORECAST_CATEGORIES, HEALTH_BANDS, LOSS_REASONS, OPEN_STAGES, SEGMENTS, STAGES, UNKNOWN

DEAL_STATES = ("open", "won", "lost")
TARGET_BASES = ("recorded", "allocated", "none")
TARGET_STATES = ("no_quota", "met", "missed", "open")
CHANGE_BASES = ("recorded", "reconstructed")

FILTER_FIELDS = [
    text("quarter", "quarter of the close dates, 'Q4 2024'; 'Unknown' for open deals without one; or 'All'"),
    text("team_filter", "manager of the deals' owners, or 'All'"),
    text("segment_filter", "segment that the deals' owners sell to, or 'All'"),
    text("region_filter", "region of the deals' owners, or 'All'"),
]
FILTER_KEY = tuple(field.name for field in FILTER_FIELDS)

STAGE_WIN_RATES = contract(
    "StageWinRate",
    "one row per open stage",
    ("stage_name",),
    [
        one_of("stage_name", OPEN_STAGES, "sales stage"),
        count("stage_order", "position in the process, from 1"),
        number("planning_rate", "fraction of deals that the plan expects to win from this stage"),
        count("deals_reached", "closed deals that reached the stage; all closed deals if no last stage is recorded"),
        count("deals_won", "of these, the ones that were won"),
        number("history_win_rate", "deals_won / deals_reached", "no closed deal reached the stage"),
        number("win_rate", "rate that the forecast uses: history pulled towards the planning rate"),
        count("longest_won_days", "most days that a won deal took from opening to winning", "no such deal is recorded"),
    ],
)

DEAL_FORECAST = contract(
    "DealForecast",
    "one row per opportunity, open or closed",
    ("opportunity_id",),
    [
        text("opportunity_id", "identifier of the opportunity"),
        text("opportunity_name", "name of the deal"),
        text("account_name", "account that would buy, or 'Unknown'"),
        text("owner_id", "rep who owns the deal"),
        text("owner_name", "name of that rep"),
        text("manager_name", "the rep's manager: the team"),
        one_of("segment", (*SEGMENTS, UNKNOWN), "segment that the rep sells to: what the segment filter narrows"),
        text("region", "the rep's region"),
        text("quarter", "quarter of the close date, 'Q4 2024'; 'Unknown' without one"),
        one_of("deal_state", DEAL_STATES, "whether the deal is open, won or lost"),
        one_of("deal_size", (*SEGMENTS, UNKNOWN), "by amount: Enterprise above 500K, Mid-Market from 100K, SMB below"),
        number("amount", "USD", "an export may price no open deal"),
        one_of("stage_name", STAGES, "sales stage"),
        text("closed_from_stage", "open stage that a closed deal was in last", "open, or not recorded"),
        one_of("forecast_category", FORECAST_CATEGORIES, "forecast category that the rep set"),
        date("opened_on", "day on which the opportunity was opened", "an imported CRM export may not record it"),
        date("close_date", "day on which it closed or is expected to", "an open deal may have no expected close date"),
        count("age_days", "days from opening to today, or to closing", "the opening day is not recorded"),
        one_of("loss_reason", LOSS_REASONS, "why a lost deal was lost; 'Not Lost' for every other"),
        text("competitor", "competitor involved; 'None' if there is none, 'Unknown' if not recorded"),
        number("health_score", "0 to 100", "closed, or no signal of the deal's health is recorded"),
        one_of("health_band", (*HEALTH_BANDS, UNKNOWN), "band of the health score"),
        number("win_chance", "fraction 0 to 1: chance that the deal is won; 1 if it is, 0 if it is lost"),
        number("expected_amount", "USD that the deal adds to the AI forecast of its quarter"),
        flag("in_forecast", "open and not omitted from the forecast"),
        flag("commit_at_risk", "open, in Commit, and of a health score below 60"),
        one_of("state_1w_ago", (*DEAL_STATES, "none"), "state a week ago; 'none' if it was opened since"),
        text("stage_1w_ago", "open stage of that day", "not open then, or not recorded"),
        number("win_chance_1w_ago", "fraction 0 to 1: chance of that day; 0 if it was not open or won then"),
        number("expected_amount_1w_ago", "USD that the deal added to the AI forecast of that day, at today's amount"),
    ],
)

ROLL_UP = [
    number("closed_won_amount", "USD won"),
    count("won_count", "deals won"),
    count("lost_count", "deals lost"),
    number("lost_amount", "USD of these that have an amount"),
    count("open_count", "open deals"),
    number("open_amount", "USD of these that have an amount"),
    *[
        field
        for name, category in (
            ("commit_open", "Commit"),
            ("best_case_open", "Best Case"),
            ("pipeline_open", "Pipeline"),
            ("omitted", "Omitted"),
        )
        for field in (
            count(f"{name}_count", f"open deals in forecast category {category}"),
            number(f"{name}_amount", f"USD of the open deals in forecast category {category}"),
        )
    ],
    count("commit_at_risk_count", "open Commit deals of a health score below 60"),
    number("commit_at_risk_amount", "USD of these"),
    *[
        field
        for name in ("opened", "won", "lost")
        for field in (
            count(f"{name}_1w_count", f"deals {name} in the last seven days"),
            number(f"{name}_1w_amount", f"USD of the deals {name} in the last seven days"),
        )
    ],
    number("open_pipeline_amount", "USD of the open deals that are not omitted from the forecast"),
]
"""Additive figures of a setting: those of all teams, of all segments, of all regions or of all quarters add up."""

TARGET = [
    number("quarter_target", "USD: the company's target, or the quotas of the setting's reps; 0 if there is none"),
    one_of("target_basis", TARGET_BASES, "recorded quotas, shares of a company target without them, or no quota"),
]

FORECAST_SNAPSHOTS = contract(
    "ForecastSnapshot",
    "one row per day on which a build recorded one, quarter, team, segment and region with deals or a quota, 'All' of "
    "each included",
    ("snapshot_date", *FILTER_KEY),
    [
        date("snapshot_date", "day of the figures"),
        *FILTER_FIELDS,
        *TARGET,
        *ROLL_UP,
        number("expected_amount", "USD that the open deals add to the AI forecast"),
        number("certain_amount", "USD of these, each deal's times its health / 100; 0.5 if that is unknown"),
        number("commit_expected_amount", "USD that the open Commit deals add to the AI forecast"),
        number("ai_forecast", "USD won, and of each open deal its amount times its chance to be won"),
        number("ai_forecast_1w_ago", "USD: `ai_forecast` reconstructed for a week before"),
        flag("commit_recorded", "the source records commitments: some open deal is in Commit or Best Case"),
    ],
)

FORECAST_CONFIDENCE = contract(
    "ForecastConfidence",
    "one row per quarter, team, segment and region with deals or a quota, 'All' of each included",
    FILTER_KEY,
    [
        *FILTER_FIELDS,
        *TARGET,
        one_of("target_state", TARGET_STATES, "no quota, won, over without it, or something left to win"),
        *ROLL_UP,
        number("commit_amount", "USD won or in Commit"),
        number("best_case_amount", "USD won, in Commit or in Best Case"),
        number("ai_forecast", "USD won, and of each open deal its amount times its chance to be won"),
        number("ai_forecast_confidence", "fraction 0 to 1: how certain the forecast's dollars are"),
        number("commit_confidence", "fraction 0 to 1 of the commit amount that is won or likely to be"),
        count("undated_count", "open deals without a close date, whatever the quarter"),
        number("undated_amount", "USD of these"),
        number("ai_forecast_1w_ago", "USD: `ai_forecast` a week ago"),
        number("commit_amount_1w_ago", "USD: `commit_amount` a week ago", "no snapshot of that day was recorded"),
        one_of("change_basis", CHANGE_BASES, "whether a week ago is a recorded snapshot or a reconstruction"),
        flag("commit_recorded", "the source records commitments: some open deal is in Commit or Best Case"),
    ],
)
