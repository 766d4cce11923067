"""Contracts of what moved: the deals as each day's source had them, and the changes between these days.

The document has none of these datasets; they are ours beyond it (docs/metrics.md, "What moved").
"""

from .contract import contract
from .fields import count, date, flag, number, one_of, text
from .forecast import DEAL_STATES, FILTER_FIELDS, FILTER_KEY
from .vocabulary import SEGMENTS, STAGES, UNKNOWN

PERIODS = ("last", "1w")
MOVEMENT_KINDS = ("created", "pulled_in", "increased", "won", "lost", "decreased", "pushed_out", "removed")
"""The kinds of change that the movement adds up, in the order in which pages show them."""
CHANGE_KINDS = (*MOVEMENT_KINDS, "reopened", "stage_regressed", "stage_advanced", "close_date_moved", "owner_changed")
ABSENT = "the deal is not in the source of that day"

SNAPSHOT_FIELDS = [
    date("snapshot_date", "day of the source that had the deal so"),
    text("opportunity_id", "identifier of the opportunity"),
    text("opportunity_name", "name of the deal"),
    text("account_name", "account that would buy, or 'Unknown'"),
    text("owner_id", "rep who owned the deal on that day"),
    text("owner_name", "name of that rep"),
    text("manager_name", "the rep's manager: the team"),
    one_of("segment", (*SEGMENTS, UNKNOWN), "segment that the rep sells to: what the segment filter narrows"),
    text("region", "the rep's region"),
    one_of("deal_state", DEAL_STATES, "whether the deal was open, won or lost on that day"),
    number("amount", "USD on that day", "an export may price no open deal"),
    one_of("stage_name", STAGES, "sales stage on that day"),
    date("close_date", "day on which it closed or was expected to", "an open deal may have no expected close date"),
    text("quarter", "quarter of that close date, 'Q4 2024'; 'Unknown' without one"),
]
EARLIER_DEALS = contract(
    "EarlierDeal",
    "one row per day before today that the source itself has a record of, and deal of that day",
    ("snapshot_date", "opportunity_id"),
    SNAPSHOT_FIELDS,
)
DEAL_SNAPSHOTS = contract(
    "DealSnapshot",
    "one row per day on which a build recorded the deals, or whose record the source has, and deal of that day",
    ("snapshot_date", "opportunity_id"),
    SNAPSHOT_FIELDS,
)
PERIOD_FIELDS = [
    one_of("period", PERIODS, "since the last snapshot before today, or since the last that is a week old or older"),
    date("from_date", "day of the earlier snapshot"),
    date("to_date", "day of the later snapshot: today"),
]
CHANGED_DEAL_FIELDS = [
    text("opportunity_id", "identifier of the opportunity"),
    text("opportunity_name", "name of the deal"),
    text("account_name", "account that would buy, or 'Unknown'"),
    text("owner_id", "rep who owns the deal today; of a removed deal the last owner"),
    text("owner_name", "name of that rep"),
    text("manager_name", "the rep's manager: the team"),
    one_of("segment", (*SEGMENTS, UNKNOWN), "segment that the rep sells to"),
    text("region", "the rep's region"),
]
"""The deal of a change."""

AMOUNT_FIELDS = [
    number("from_amount", "USD on the earlier day", f"{ABSENT}, or has no amount"),
    number("to_amount", "USD today", f"{ABSENT}, or has no amount"),
]
CLOSE_DATE_FIELDS = [
    date("from_close_date", "close date on the earlier day", f"{ABSENT}, or has no close date"),
    date("to_close_date", "close date today", f"{ABSENT}, or has no close date"),
]
STAGE_FIELDS = [
    text("from_stage", "stage on the earlier day", ABSENT),
    text("to_stage", "stage today", ABSENT),
]
PIPELINE_CHANGES = contract(
    "PipelineChange",
    "one row per period, deal and kind of change; a deal with several changes has several rows",
    ("period", "opportunity_id", "kind"),
    [
        *PERIOD_FIELDS,
        *CHANGED_DEAL_FIELDS,
        one_of("kind", CHANGE_KINDS, "what changed"),
        number("amount_effect", "USD by which the open pipeline of all quarters changed, negative: less"),
        number("moved_amount", "USD that left the earlier quarter and entered the later one; 0 of any other kind"),
        text("from_quarter", "quarter of the close date on the earlier day", ABSENT),
        text("to_quarter", "quarter of the close date today", ABSENT),
        *CLOSE_DATE_FIELDS,
        *AMOUNT_FIELDS,
        *STAGE_FIELDS,
        text("from_owner", "rep who owned it on the earlier day", ABSENT),
        text("to_owner", "rep who owns it today", ABSENT),
    ],
)
NO_EARLIER_DATE = "neither an earlier snapshot nor the CRM has the deal's earlier close dates"
NO_EARLIER_STAGE = "neither an earlier snapshot nor a stage history has the deal's earlier stages"
DEAL_SLIPPAGE = contract(
    "DealSlippage",
    "one row per open deal",
    ("opportunity_id",),
    [
        text("opportunity_id", "identifier of the opportunity"),
        count("push_count", "times its close date moved later", NO_EARLIER_DATE),
        count("pushed_days", "days of these moves together", NO_EARLIER_DATE),
        date("last_pushed_on", "day on which the last move was recorded", "never pushed, or unknown"),
        flag("is_pushed", "pushed twice or more, or by 30 days or more in all", NO_EARLIER_DATE),
        count("regression_count", "times it went back to an earlier stage", NO_EARLIER_STAGE),
        date("last_regressed_on", "day on which the last return was recorded", "never went back, or unknown"),
        text("fell_back_from", "the latest stage from which it went back", "never went back, or unknown"),
        flag("is_regressed", "went back and has not passed that stage since", NO_EARLIER_STAGE),
    ],
)
PIPELINE_MOVEMENT = contract(
    "PipelineMovement",
    "one row per period, quarter, team, segment and region with an open deal or a change, 'All' of each included",
    ("period", *FILTER_KEY),
    [
        *PERIOD_FIELDS,
        *FILTER_FIELDS,
        *[
            field
            for name, label in (
                ("opening", "open on the earlier day"),
                *[(kind, f"change '{kind}'") for kind in MOVEMENT_KINDS],
                ("closing", "open today"),
            )
            for field in (
                count(f"{name}_count", f"deals: {label}"),
                number(f"{name}_amount", f"USD: {label}; a change that lessens the pipeline is negative"),
            )
        ],
    ],
)
MOVEMENT_PARTS = ("opening", *MOVEMENT_KINDS, "closing")
"""The parts that make the opening pipeline the closing one, in the order in which pages show them."""
PIPELINE_MOVEMENT_DEALS = contract(
    "PipelineMovementDeal",
    "one row per period, quarter and 'All', part of the movement, and deal that it counts",
    ("period", "quarter", "part", "opportunity_id"),
    [
        *PERIOD_FIELDS,
        text("quarter", "quarter in whose movement the deal counts, 'Q4 2024' or 'Unknown'; or 'All'"),
        one_of("part", MOVEMENT_PARTS, "the figure of pipeline_movement that counts the deal"),
        *CHANGED_DEAL_FIELDS,
        number("part_amount", "USD that the deal adds to the part; negative: it lessens the pipeline of the quarter"),
        *AMOUNT_FIELDS,
        *CLOSE_DATE_FIELDS,
        *STAGE_FIELDS,
    ],
)
