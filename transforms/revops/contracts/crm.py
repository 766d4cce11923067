"""Contracts of the datasets that describe an import of a CRM export."""

from .contract import contract
from .fields import count, text

IMPORT_REJECTS = contract(
    "ImportReject",
    "one row per row of an imported file that could not be used",
    ("source_file", "row_number"),
    [
        text("source_file", "name of the file in the export's folder"),
        count("row_number", "place of the row in the file, 1 for the first after the header"),
        text("reason", "the first rule that the row breaks"),
        text("row", "the row as it was read: a JSON object of column and text"),
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
    ],
)
