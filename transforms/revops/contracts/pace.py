"""Contracts of the pace: forecasts of reps against results, this quarter against earlier ones, and what is missing.

The document has none of these datasets; they are ours beyond it (docs/metrics.md, "Pace").
"""

from .contract import contract
from .fields import count, date, flag, number, one_of, text
from .forecast import FILTER_FIELDS, FILTER_KEY, TARGET_STATES
from .vocabulary import SEGMENTS, UNKNOWN

NOT_OVER = "the quarter is not over, or the source has no closed deal of it"
NOTHING_WON = f"{NOT_OVER}, or nothing was won"
NO_DEALS_OF_IT = "the source has no closed deal of that quarter"
PIPELINE_BASES = ("recorded", "reconstructed", "unknown")
RATE_BASES = ("setting", "company", "none")

QUARTER, *SETTING = FILTER_FIELDS

REP_FORECAST_ACCURACY = contract(
    "RepForecastAccuracy",
    "one row per quarter, week of it in which a build recorded a forecast, and rep with a deal in the quarter",
    ("quarter", "week_number", "rep_id"),
    [
        text("quarter", "'Q4 2024'"),
        count("week_number", "week of the quarter, 1 to 13"),
        date("snapshot_date", "day of the week's last recorded forecast"),
        text("rep_id", "identifier of the rep"),
        text("rep_name", "name of the rep"),
        text("manager_name", "the rep's manager on that day: the team"),
        one_of("segment", (*SEGMENTS, UNKNOWN), "segment that the rep sold to on that day"),
        text("region", "the rep's region on that day"),
        number("closed_won_amount", "USD won in the quarter up to that day"),
        number("forecast_amount", "USD won, and of each open deal its amount times its chance to be won"),
        number("commit_amount", "USD won or in Commit", "the source recorded no commitments on that day"),
        number("final_amount", "USD won in the quarter when it was over", NOT_OVER),
        number("forecast_accuracy", "fraction: 1 less the forecast's miss as a share of the final amount", NOTHING_WON),
        number(
            "forecast_bias", "fraction: forecast less final amount, as a share of that; above 0: too high", NOTHING_WON
        ),
        number("commit_accuracy", "fraction: the same of the commit amount", f"{NOTHING_WON}, or no commitments"),
    ],
)

PIPELINE_PACING = contract(
    "PipelinePacing",
    "one row per compared quarter, the current one included, and team, segment and region, 'All' of each included",
    FILTER_KEY,
    [
        QUARTER,
        *SETTING,
        flag("is_current", "the quarter of today"),
        date("as_of", "day that has the same number in its quarter as today in the current one; at most the last day"),
        count("day_of_quarter", "that number, from 1"),
        count("week_number", "week of that day, 1 to 13"),
        count("won_count", "deals of the quarter won up to that day", NO_DEALS_OF_IT),
        number("won_amount", "USD of these", NO_DEALS_OF_IT),
        number(
            "final_amount", "USD won in the whole quarter", "the quarter is not over, or its result is not recorded"
        ),
        number("won_share", "fraction of the final amount that was won by that day", NOTHING_WON),
        number(
            "won_change_pct", "the current quarter's won amount less this one, as a fraction of this one", NOTHING_WON
        ),
        count("pipeline_count", "deals open on that day, whatever their close date", "not known of that day"),
        number("pipeline_amount", "USD of these", "not known of that day"),
        one_of(
            "pipeline_basis", PIPELINE_BASES, "a snapshot of that week, or the days on which deals opened and closed"
        ),
        number("pipeline_change_pct", "the current pipeline less this one, as a fraction of this one", "not known"),
        number("quarter_target", "USD: quota of the quarter; 0 if there is none"),
        number(
            "projected_amount",
            "USD that the current quarter ends with if it goes on as the earlier ones did: won / their won_share",
            "an earlier quarter, or none of these is recorded",
        ),
    ],
)

PIPELINE_TO_CREATE = contract(
    "PipelineToCreate",
    "one row per quarter, team, segment and region with deals or a quota, 'All' included but of the quarter",
    FILTER_KEY,
    [
        text("quarter", "quarter of the close dates, 'Q4 2024'"),
        *SETTING,
        number("quarter_target", "USD: the company's target, or the quotas of the setting's reps; 0 if there is none"),
        one_of("target_state", TARGET_STATES, "no quota, won, over without it, or something left to win"),
        number("closed_won_amount", "USD won"),
        number("expected_amount", "USD that the open deals add to the AI forecast: amount times chance to be won"),
        number("missing_amount", "USD: target less won less expected, at least 0", "no quota, or the quarter is over"),
        count("closed_count", "deals closed in the last 365 days, on which the rate rests"),
        one_of("rate_basis", RATE_BASES, "closed deals of the setting, of the company if these are too few, or none"),
        number("win_rate", "fraction of these that were won", "no deal was closed in the last 365 days"),
        number("avg_deal_size", "USD: mean amount of the won ones", "no deal was won in the last 365 days"),
        number("avg_cycle_days", "days from opening to winning, mean", "no won deal has a recorded opening day"),
        number(
            "pipeline_to_create",
            "USD: missing_amount / win_rate",
            "missing_amount or win_rate is unknown, or 0 are won",
        ),
        count("deals_to_create", "pipeline_to_create / avg_deal_size, rounded up", "one of both is unknown"),
        date("create_by", "last day of the quarter less avg_cycle_days", "avg_cycle_days is unknown"),
        flag("is_late", "create_by is before today", "avg_cycle_days is unknown"),
    ],
)
