"""Signals: which facts an export records, and which files or columns would fill panels that stay empty.

A signal is a fact that panels need: activities, a stage history, contacts, quotas, dates and amounts of deals. The
dashboards pick the rows of the signals that a panel needs and is not recorded, and show their advice.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from ..contracts.vocabulary import UNKNOWN
from .rows import SourceRows, recorded_on

AGAIN = "and import it again: `import FOLDER --crm`."
VALUE_NAMES = {
    "loss_reasons": ("loss_reason", "loss_reasons"),
    "forecast_categories": ("forecast_category", "category_names"),
}
"""Signal → field of the deals' file and table of the mapping that names its values."""
FIELDS = {
    "amounts": "amount", "close_dates": "close_date", "opening_days": "opened_on", "competitors": "competitor",
    "owners": "rep",
}  # fmt: skip
"""Signal → field of the deals' file."""


@dataclass(frozen=True)
class Signal:
    """A fact that panels need.

    Attributes:
        name: its name, which the panels list.
        label: what is recorded, or not.
        concerns: condition on an opportunity: it can have the fact.
        has: condition on an opportunity: it has the fact. None: a file of its own has it.
        section: section of the mapping with a file of its own; 'opportunities': a column of the file of deals.
        columns: columns that the file needs, by names that the import recognises.
    """

    name: str
    label: str
    section: str
    columns: tuple[str, ...]
    concerns: pl.Expr
    has: pl.Expr | None = None

    @property
    def lack(self) -> str:
        """A sentence that says that the fact is not recorded."""
        return f"{self.label} not recorded."

    def advice(self, rows: SourceRows) -> str:
        """Return what to do if the fact is not recorded.

        Args:
            rows: the file of deals.
        """
        if self.name in VALUE_NAMES and rows.has(VALUE_NAMES[self.name][0]):
            table = VALUE_NAMES[self.name][1]
            return (
                f"Its column has no value that says one: name its values in {table} of [opportunities] in the mapping, "
                "and import with `--mapping FILE`."
            )
        if self.name in FIELDS and rows.has(FIELDS[self.name]):
            return f"Fill the column {self.columns[0]} in the CRM, export it {AGAIN}"
        named = f"{', '.join(self.columns[:-1])} and {self.columns[-1]}" if len(self.columns) > 1 else self.columns[0]
        if self.section == "opportunities":
            return f"Add the column {named} to the file of deals {AGAIN}"
        kind = self.section.replace("_", " ")
        return f"Add a file of {kind} with the columns {named} to the folder {AGAIN}"


_OPEN, _LOST = ~pl.col("is_closed"), pl.col("is_closed") & ~pl.col("is_won")
_ALL = pl.lit(True)
SIGNALS = (
    Signal("activities", "Activities are", "activities", ("Deal ID", "Type", "Date"), _ALL),
    Signal("stage_history", "The stage history is", "stage_history", ("Deal ID", "Stage", "Entered at"), _ALL),
    Signal("contacts", "Contacts are", "contacts", ("Deal ID", "Contact", "Role"), _ALL),
    Signal("quotas", "Quotas are", "quotas", ("Rep", "Quarter", "Quota"), _ALL, pl.col("quarter_target") > 0),
    Signal(
        "days_in_stage", "The days of open deals in their stage are", "stage_history",
        ("Deal ID", "Stage", "Entered at"), _OPEN, pl.col("stage_entered_on").is_not_null(),
    ),
    Signal(
        "amounts", "The amounts of open deals are", "opportunities", ("Amount",), _OPEN,
        pl.col("amount").is_not_null(),
    ),
    Signal(
        "close_dates", "The close dates of open deals are", "opportunities", ("Close date",), _OPEN,
        pl.col("close_date").is_not_null(),
    ),
    Signal(
        "opening_days", "The days on which deals were opened are", "opportunities", ("Create date",), _ALL,
        pl.col("opened_on").is_not_null(),
    ),
    Signal(
        "forecast_categories", "Forecast categories of open deals are", "opportunities", ("Forecast category",), _OPEN,
        pl.col("forecast_category").is_in(["Commit", "Best Case"]),
    ),
    Signal(
        "loss_reasons", "Reasons of losses are", "opportunities", ("Loss reason",), _LOST,
        pl.col("loss_reason") != UNKNOWN,
    ),
    Signal(
        "competitors", "Competitors of lost deals are", "opportunities", ("Competitor",), _LOST,
        pl.col("competitor") != UNKNOWN,
    ),
    Signal("owners", "Owners of deals are", "opportunities", ("Owner",), _ALL, pl.col("owner_id") != UNKNOWN),
)  # fmt: skip


def signals_of(
    opportunities: pl.DataFrame, deal_rows: SourceRows, deals_of_files: dict[str, int], today: date
) -> pl.DataFrame:
    """Return one row per signal, by the contract IMPORT_SIGNALS.

    Args:
        opportunities: the rows of opportunities.
        deal_rows: the file of deals.
        deals_of_files: signal of a file of its own → number of deals that its used rows are about.
        today: day of the export.
    """
    rows = []
    for signal in SIGNALS:
        concerned = opportunities.filter(signal.concerns)
        count = deals_of_files[signal.name] if signal.has is None else concerned.filter(signal.has).height
        rows.append(
            (signal.name, count > 0, count, concerned.height, signal.section, signal.lack, signal.advice(deal_rows))
        )
    names = {
        "signal": pl.String, "is_recorded": pl.Boolean, "deals_with_it": pl.Int64, "deals_concerned": pl.Int64,
        "source_section": pl.String, "lack": pl.String, "advice": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(recorded_on(today))
