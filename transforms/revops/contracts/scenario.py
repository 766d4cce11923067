"""Contracts of /RevOps/Scenario and /RevOps/Reference: what a CRM knows, made up for the demo or imported."""

from .contract import contract
from .fields import count, date, flag, number, one_of, structs, text, texts
from .vocabulary import (
    ACTIVITY_TYPES,
    CHAMPION_STATUSES,
    CONTACT_ROLES,
    DEAL_TYPES,
    FORECAST_CATEGORIES,
    LOSS_REASONS,
    PROCESS_ACTIVITIES,
    SEGMENTS,
    STAGES,
    UNKNOWN,
)

NOT_RECORDED = "an imported CRM export may not record it"

DEAL_FIELDS = [
    text("opportunity_id", "identifier of the opportunity"),
    text("opportunity_name", "what the deal is called"),
    text("account_id", "account that would buy; 'Unknown' where the export names none"),
    text("account_name", "name of that account, or 'Unknown'"),
    text("owner_id", "rep who owns the deal (sales_reps.rep_id)"),
    text("owner_name", "name of that rep"),
    text("manager_name", "the rep's manager: the team"),
    text("region", "the rep's region"),
    one_of("segment", (*SEGMENTS, UNKNOWN), "by amount: Enterprise above 500K, Mid-Market from 100K, SMB below"),
    one_of("deal_type", (*DEAL_TYPES, UNKNOWN), "new logo, expansion or renewal"),
]
"""Account, owner and type of a deal; datasets about deals begin with these fields."""

REP_FIELDS = [
    text("rep_id", "identifier of the rep"),
    text("rep_name", "name"),
    text("manager_name", "manager: the team"),
    text("region", "region"),
    one_of("segment", (*SEGMENTS, UNKNOWN), "segment that the rep sells to"),
]
"""A rep, the team and what the rep sells; datasets about reps begin with these."""

OPPORTUNITIES = contract(
    "Opportunity",
    "one row per opportunity, open or closed",
    ("opportunity_id",),
    [
        *DEAL_FIELDS,
        number("amount", "USD", "an export may price no open deal"),
        one_of("stage_name", STAGES, "sales stage"),
        one_of("forecast_category", FORECAST_CATEGORIES, "what the rep commits to"),
        flag("is_closed", "closed, won or lost"),
        flag("is_won", "closed and won"),
        date("opened_on", "day on which the opportunity was opened", NOT_RECORDED),
        date("close_date", "day on which it closed or is expected to", "an open deal may have no expected close date"),
        text("quarter", "quarter of the close date, 'Q4 2024'; 'Unknown' without one"),
        number("quarter_target", "USD: the company's target for that quarter; 0 for quarter 'Unknown'"),
        text("closed_from_stage", "open stage that a closed deal was in last", "open, or not recorded"),
        date("stage_entered_on", "day on which the deal entered its stage", NOT_RECORDED),
        count("stakeholder_count", "people at the account who are involved", NOT_RECORDED),
        flag("has_economic_buyer", "the one who signs is among them", NOT_RECORDED),
        one_of("champion_status", CHAMPION_STATUSES, "how the champion behaves; 'None' where there is none"),
        date("champion_silent_since", "day since which a silent champion has not answered", "null unless 'Silent'"),
        text("primary_contact_name", "whom to contact first, or 'Unknown'"),
        one_of("primary_contact_role", CONTACT_ROLES, "that contact's part in the decision"),
        text("competitor", "competitor involved; 'None' where there is none, 'Unknown' where not recorded"),
        one_of("loss_reason", LOSS_REASONS, "why a lost deal was lost; 'Not Lost' for every other"),
        number("probability", "the CRM's own probability that the deal is won, 0 to 1", NOT_RECORDED),
        count("close_date_pushes", "times its close date moved later, by the CRM's history", NOT_RECORDED),
        count("close_date_pushed_days", "days of these moves together", NOT_RECORDED),
        date("close_date_pushed_on", "day of the last of them", "never pushed, or not recorded"),
    ],
)

ACCOUNTS = contract(
    "Account",
    "one row per account",
    ("account_id",),
    [
        text("account_id", "identifier of the account"),
        text("account_name", "its name"),
        text("industry", "its industry, or 'Unknown'"),
        text("country", "where it sits, or 'Unknown'"),
        count("employee_count", "people employed", NOT_RECORDED),
        number("annual_revenue", "USD a year", NOT_RECORDED),
    ],
)

SALES_REPS = contract(
    "SalesRep",
    "one row per rep",
    ("rep_id",),
    [
        *REP_FIELDS,
        date("hired_on", "first day", NOT_RECORDED),
        structs(
            "quarters",
            [
                text("quarter", "'Q3 2024'"),
                number("quota", "USD; 0 before the rep had one"),
                number("closed_amount", "USD won in that quarter; of the current quarter 0: opportunities has it"),
            ],
            "quarters of the current year up to the current one, oldest first",
        ),
        number("prior_quarter_win_rate", "fraction of closed deals won in the quarter before", "no earlier record"),
        count(
            "prior_quarter_rank", "rank among all reps by attainment at the end of that quarter", "no earlier record"
        ),
    ],
)

ACTIVITIES = contract(
    "Activity",
    "one row per call, email, meeting or demo",
    ("activity_id",),
    [
        text("activity_id", "identifier of the activity"),
        text("opportunity_id", "opportunity it was about"),
        text("rep_id", "rep who did it"),
        one_of("activity_type", (*ACTIVITY_TYPES, UNKNOWN), "kind of activity"),
        date("activity_date", "day, never after `data_freshness`"),
        text("contact_name", "whom it reached, or 'Unknown'"),
        one_of("contact_role", CONTACT_ROLES, "that contact's part in the decision"),
    ],
)

PROCESS_EVENTS = contract(
    "ProcessEvent",
    "one row per opportunity and step of the sales process that it went through, repeated steps each on their own",
    ("event_id",),
    [
        text("event_id", "identifier of the event"),
        text("opportunity_id", "opportunity that took the step"),
        one_of("activity", PROCESS_ACTIVITIES, "process activity"),
        count("sequence", "place of the step in the opportunity's process, from 1"),
        date("started_on", "day on which the step began"),
        date("ended_on", "day on which it ended", "the step is still going on"),
        count("duration_days", "days from begin to end", "the step is still going on"),
    ],
)

STAGE_BENCHMARKS = contract(
    "StageBenchmark",
    "one row per open sales stage and per process activity",
    ("level", "name"),
    [
        one_of("level", ("stage", "activity"), "what the row measures"),
        text("name", "name of the stage or of the activity"),
        count("sort_order", "place in the process, from 1"),
        text("stage_name", "stage that the activity belongs to; of a stage its own name"),
        number("benchmark_days", "days that it should take"),
        number("win_probability", "planning rate: fraction of deals that the plan expects to win from this stage"),
    ],
)

REPORTING_CURRENCY = contract(
    "ReportingCurrency",
    "one row: the currency of all amounts of the pipeline",
    ("currency",),
    [
        text("currency", "its code, 'USD'"),
        text("currency_sign", "what stands before an amount in texts: '$', '€', 'CHF '"),
        texts("converted_from", "codes of other currencies, whose amounts the import converted at its mapping's rates"),
        texts("without_rate", "codes of other currencies without a rate: amounts in these are unknown"),
    ],
)
