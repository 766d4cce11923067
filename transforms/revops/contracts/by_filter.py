"""Contracts of the figures that the Pipeline Health Dashboard shows for every setting of its filters.

Each dataset has the fields of a dataset of dashboard_data_contracts.md, then the filters that this one lacks, then
fields of its own. Rows with the added filters at 'All', and a quarter other than 'All', equal that dataset's rows.
"""

from pyspark.sql import types as T

from .contract import Contract, contract
from .deals import DASHBOARD_KPIS, FORECAST_HISTORY, HEALTH_DISTRIBUTION, PROCESS_BOTTLENECKS, STAGE_VELOCITY
from .fields import COMMON_FIELDS, count, date, flag, number, one_of, text
from .forecast import CHANGE_BASES, FILTER_FIELDS, ROLL_UP, TARGET_BASES, TARGET_STATES
from .vocabulary import LOSS_REASONS

_, TEAM, SEGMENT, REGION = FILTER_FIELDS
QUARTER = text("quarter_filter", "quarter of the deals' close dates, 'Q4 2024' or 'Unknown'; or 'All'")
SETTING = (QUARTER, TEAM, SEGMENT, REGION)


def _by_filter(narrowed: Contract, grain: str, filters: tuple[T.StructField, ...], *own: T.StructField) -> Contract:
    narrow = [field for field in narrowed.schema.fields if field not in COMMON_FIELDS]
    names = {field.name for field in narrow}
    key = (*narrowed.primary_key, *[field.name for field in filters])
    fields = [*narrow, *filters, *[field for field in own if field.name not in names]]
    return contract(f"{narrowed.name}ByFilter", grain, key, fields)


DASHBOARD_KPIS_BY_FILTER = _by_filter(
    DASHBOARD_KPIS,
    "one row per quarter, team, segment and region with deals or a quota, 'All' of each included",
    (SEGMENT, REGION),
    one_of("target_basis", TARGET_BASES, "recorded quotas, shares of a company target without them, or no quota"),
    one_of("target_state", TARGET_STATES, "no quota, won, over without it, or something left to win"),
    number("best_case_amount", "USD won, in Commit or in Best Case"),
    *ROLL_UP,
    count("undated_count", "open deals without a close date, whatever the quarter"),
    number("undated_amount", "USD of these"),
    flag("commit_recorded", "the source records commitments: some open deal is in Commit or Best Case"),
    one_of("change_basis", CHANGE_BASES, "whether a week ago is a recorded snapshot or a reconstruction"),
    flag("commit_change_known", "`commit_change_1w` is the difference to a recorded snapshot of commitments"),
    date("recorded_since", "first day of the quarter's recorded snapshots", "none of its weeks is recorded"),
)
HEALTH_DISTRIBUTION_BY_FILTER = _by_filter(
    HEALTH_DISTRIBUTION,
    "one row per quarter, team, segment and region, 'All' of each included, with an open deal",
    (SEGMENT, REGION),
    count("open_count", "open deals"),
    number("open_amount", "USD of the open deals that have an amount"),
    count("unknown_count", "open deals of unknown health"),
    number("unknown_amount", "USD of the open deals of unknown health"),
    number("avg_health", "0 to 100: mean health score of the deals that have one", "no deal has one"),
    number("avg_health_1w_ago", "the same a week ago, of the deals open now", "no deal had one"),
)
FORECAST_HISTORY_BY_FILTER = _by_filter(
    FORECAST_HISTORY,
    "one row per quarter that has begun, week of it up to today, and team, segment and region with deals or a quota in "
    "it, 'All' of each included",
    (TEAM, SEGMENT, REGION),
    number("quarter_target", "USD: the quota of the quarter"),
    flag("is_recorded", "the row was written on its own day; if not, it is reconstructed from the opportunities"),
    number("avg_health_score", "0 to 100: mean health score of the open deals on the day", "not recorded on that day"),
    number("forecast_accuracy", "fraction: 1 less the forecast's miss", "reconstructed, not over, or nothing was won"),
)
STAGE_VELOCITY_BY_FILTER = _by_filter(
    STAGE_VELOCITY,
    "one row per open stage, and quarter, team, segment and region with deals, 'All' of each included; the quarter "
    "narrows the deals in the stage alone",
    SETTING,
    count("finished_count", "deals that have left the stage, on which the durations rest"),
    count("went_on_count", "deals that went on to a later stage or were won"),
    count("decided_count", "deals that went on, or were lost with no later stage"),
    number("win_rate", "fraction of deals that the forecast expects to win from this stage"),
    number("history_win_rate", "fraction won of the closed deals that reached it", "no closed deal reached it"),
)
PROCESS_BOTTLENECKS_BY_FILTER = _by_filter(
    PROCESS_BOTTLENECKS,
    "one row per process activity short of closing, and quarter, team, segment and region with deals, 'All' of each "
    "included; the quarter narrows the waiting deals alone; none if no process event is recorded",
    SETTING,
)
LOSS_ANALYSIS_BY_FILTER = contract(
    "LossAnalysisByFilter",
    "one row per dimension, value of it, and quarter, team, segment and region with lost deals, 'All' of each included",
    ("dimension", "value", *[field.name for field in SETTING]),
    [
        one_of("dimension", ("loss_reason", "competitor", "stage"), "property of the lost deals"),
        text("value", "value of that property, or 'Unknown'; 'None' for deals without a competitor"),
        *SETTING,
        count("lost_count", "lost deals with that value"),
        number("lost_amount", "USD of these that have an amount"),
        number("lost_pct", "fraction of the setting's lost deals"),
        one_of("main_reason", LOSS_REASONS, "most frequent loss reason; of equal ones the first by name"),
        count("main_reason_count", "deals with that reason"),
    ],
)
