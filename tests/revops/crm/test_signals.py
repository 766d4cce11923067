"""What an import says about facts that the export lacks, and that a file with the named columns is recognised."""

import re
import tomllib
from datetime import date

import pytest

from transforms.revops.contracts.crm import SIGNALS as NAMES
from transforms.revops.crm.signals import SIGNALS
from transforms_api.cli.crm_import import Statements, look_at
from transforms_api.importing import read_export

DEALS = {
    "Deal ID": ("D1", "D2", "D3", "D4"),
    "Stage": ("Proposal", "Negotiation", "Closed Won", "Closed Lost"),
    "Amount": ("1000", "2000", "3000", "4000"),
    "Close date": ("2024-12-20", "2024-12-21", "2024-10-22", "2024-10-23"),
}
COLUMN = {
    "Create date": ("2024-08-20",) * 4,
    "Forecast category": ("Commit", "Best Case", "Closed", "Omitted"),
    "Loss reason": ("", "", "", "Price"),
    "Competitor": ("", "", "", "Initech"),
    "Owner": ("Ann Lee",) * 4,
    "Amount": ("1000", "2000", "3000", "4000"),
    "Close date": DEALS["Close date"],
}
"""Column that an advice names → its cells."""
FILES = {
    "activities": {"Deal ID": ("D1", "D2"), "Type": ("Call", "Email"), "Date": ("2024-11-13", "2024-11-14")},
    "stage_history": {
        "Deal ID": ("D1", "D1"), "Stage": ("Negotiation", "Proposal"), "Entered at": ("2024-10-13", "2024-10-24"),
    },
    "contacts": {"Deal ID": ("D1", "D2"), "Contact": ("Bo Day", "Cy Ray"), "Role": ("Champion", "Legal")},
    "quotas": {"Rep": ("Ann Lee",), "Quarter": ("Q4 2024",), "Quota": ("50000",)},
}  # fmt: skip
"""Section with a file of its own → the file's columns, by the names of the advice."""


@pytest.fixture
def signals(tmp_path):
    """signals(name of a file=columns, …) → signal → its row, of an import with the proposed mapping."""

    def imported(**files):
        for name, columns in {"deals": DEALS, **files}.items():
            lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        look = look_at(tmp_path, Statements(date(2024, 11, 15), None))
        frames = read_export(tmp_path, tomllib.loads(look.toml), None, look.toml, "proposed.toml")
        [rows] = [frame.collect() for spec, frame in frames.items() if spec.alias.endswith("/import_signals")]
        return {row["signal"]: row for row in rows.to_dicts()}

    return imported


def test_deals_alone_record_amounts_and_close_dates(signals):
    states = signals()
    assert tuple(states) == NAMES
    assert {name for name, row in states.items() if row["is_recorded"]} == {"amounts", "close_dates"}
    assert (states["amounts"]["deals_with_it"], states["amounts"]["deals_concerned"]) == (2, 2)


@pytest.mark.parametrize("section", FILES)
def test_a_file_with_the_columns_of_the_advice_records_its_signal(signals, section):
    owned = {**DEALS, "Owner": COLUMN["Owner"]}
    assert not signals(deals=owned)[section]["is_recorded"]
    assert signals(deals=owned, **{section: FILES[section]})[section]["is_recorded"]


@pytest.mark.parametrize(
    "signal", [signal for signal in SIGNALS if signal.section == "opportunities"], ids=lambda signal: signal.name
)
def test_a_column_of_the_advice_in_the_file_of_deals_records_its_signal(signals, signal):
    [column] = signal.columns
    without = {name: cells for name, cells in DEALS.items() if name != column}
    assert signals(deals={**without, column: COLUMN[column]})[signal.name]["is_recorded"]


def test_a_stage_history_records_the_days_of_open_deals_in_their_stage(signals):
    assert signals(stage_history=FILES["stage_history"])["days_in_stage"]["deals_with_it"] == 1


@pytest.mark.parametrize("section", FILES)
def test_the_tested_files_have_the_columns_that_the_advice_names(signals, section):
    advice = signals()[section]["advice"]
    named = re.search(r"with the columns (.*) to the folder", advice)
    assert named and tuple(re.split(", | and ", named[1])) == tuple(FILES[section])
    assert advice.startswith("Add a file of ")
    assert advice.endswith("import it again: `import FOLDER --crm`.")


def test_reasons_in_words_of_another_language_are_read_and_unknown_words_have_an_advice_of_their_own(signals):
    read = signals(deals={**DEALS, "Loss reason": ("", "", "", "Preis zu hoch")})["loss_reasons"]
    unread = signals(deals={**DEALS, "Loss reason": ("", "", "", "Xyz")})["loss_reasons"]
    assert (read["is_recorded"], unread["is_recorded"]) == (True, False)
    assert "name its values in loss_reasons of [opportunities] in the mapping" in unread["advice"]


def test_an_empty_column_is_to_be_filled_in_the_crm(signals):
    advice = signals(deals={**DEALS, "Competitor": ("",) * 4})["competitors"]["advice"]
    assert advice.startswith("Fill the column Competitor in the CRM")
