"""Contracts of the datasets that describe an import of a CRM export; ours, beyond the document's."""

from .contract import contract
from .fields import count, flag, number, one_of, text
from .vocabulary import CONTACT_ROLES

IMPORT_REJECTS = contract(
    "ImportReject",
    "one row per row of an imported file that could not be used",
    ("source_file", "row_number"),
    [
        text("source_file", "name of the file in the export's folder"),
        count("row_number", "place of the row in the file, 1 for the first after the header"),
        text("row_id", "the row's identifier", "the file has none, or this row's cell is empty"),
        text("reason_kind", "the first rule that the row breaks, as a word: no_id, bad_amount …"),
        text("reason", "the same rule as a sentence"),
        text("row", "the row as it is in the file"),
    ],
)

IMPORT_SUMMARY = contract(
    "ImportSummary",
    "one row per imported file",
    ("source_file",),
    [
        text("source_file", "name of the file in the export's folder"),
        count("rows_read", "rows of the file"),
        count("rows_used", "rows that became rows of the scenario's datasets"),
        count("rows_rejected", "rows that could not be used: those of import_rejects"),
        count("rows_set_aside", "rows about something else, such as planned activities or those on accounts"),
        count("lines_ignored", "lines that are no rows, such as a footer or a total"),
        text("currency", "currency in which all amounts of the import are"),
    ],
)

IMPORT_LOSSES = contract(
    "ImportLoss",
    "one row per field of an imported file and kind of problem that cost values, but not the rows",
    ("source_file", "field", "reason_kind"),
    [
        text("source_file", "name of the file in the export's folder"),
        text("field", "field of the mapping; of amounts without a rate 'amount in USD'"),
        text("reason_kind", "'unreadable', or 'no rate' for amounts in a currency without a rate"),
        count("value_count", "how many values are unknown therefore"),
        text("example", "the first of them"),
    ],
)

SIGNALS = (
    "activities", "stage_history", "contacts", "quotas", "days_in_stage", "amounts", "close_dates", "opening_days",
    "forecast_categories", "loss_reasons", "competitors", "owners",
)  # fmt: skip
"""Facts that panels of the dashboards need, in the order in which pages name them."""
IMPORT_SIGNALS = contract(
    "ImportSignal",
    "one row per fact that panels of the dashboards need",
    ("signal",),
    [
        one_of("signal", SIGNALS, "the fact"),
        flag("is_recorded", "the export has it for some deal"),
        count("deals_with_it", "deals that have it"),
        count("deals_concerned", "deals that can have it: open ones, lost ones or all"),
        text("source_section", "section of the mapping that would have it: a file, or 'opportunities' for a column"),
        text("lack", "sentence that says that the fact is not recorded; holds if is_recorded is false"),
        text("advice", "which file or column would record it, and how to import it"),
    ],
)

IMPORT_DEALS = contract(
    "ImportDeal",
    "one row per imported deal: what the export says about it beyond Opportunity",
    ("opportunity_id",),
    [
        text("opportunity_id", "identifier of the opportunity"),
        text("source_stage", "stage in the words of the export, or 'Unknown'"),
        text("source_status", "status in the words of the export, or 'Unknown'"),
        text("source_loss_reason", "reason of the loss in the words of the export, or 'Unknown'"),
        text("source_forecast_category", "forecast category in the words of the export, or 'Unknown'"),
        text("source_currency", "currency of the amount in the export"),
        number("source_amount", "amount in that currency", "the export has none"),
        text("currency", "currency of opportunities.amount"),
        number("probability", "the deal's own probability to be won, 0 to 1", "not recorded"),
        count("close_date_pushes", "how often its close date moved later", "the export has no such history"),
    ],
)

CONTACTS = contract(
    "Contact",
    "one row per contact of an opportunity",
    ("contact_id",),
    [
        text("contact_id", "identifier of the contact's part in the deal"),
        text("opportunity_id", "opportunity"),
        text("contact_name", "name"),
        one_of("contact_role", CONTACT_ROLES, "part in the decision"),
        text("source_role", "role in the words of the export, or 'Unknown'"),
        flag("is_champion", "speaks for us"),
        flag("is_primary", "to be contacted first"),
    ],
)
