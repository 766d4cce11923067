"""Every sample export is imported with the mapping that `import --crm` proposes; expected.json has the values."""

import json
import tomllib
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from transforms_api.cli.crm_import import Look, Statements, look_at
from transforms_api.importing import read_export

SAMPLES = Path(__file__).parents[2] / "data" / "crm_exports"
FOLDERS = ("bitrix24", "dynamics", "excel", "history", "one_file", "salesforce", "zoho")
FILES = (
    ("hubspot", "deals.csv"),
    ("hubspot", "deals_no_owner.csv"),
    ("pipedrive", "deals.csv"),
    ("pipedrive", "deals.xlsx"),
    ("salesforce", "report1731661920.csv"),
    *(
        ("encodings", f"deals_{name}")
        for name in (
            "cp1252.csv",
            "dmy.csv",
            "latin1.csv",
            "nbsp.csv",
            "ragged.csv",
            "sep_line.csv",
            "tab.txt",
            "utf16.csv",
            "utf8.csv",
            "utf8_bom.csv",
        )
    ),
    ("encodings", "deals_dmy_ambiguous.csv"),
)


def _expected(folder: str, file: str | None) -> dict[str, Any]:
    expectation = json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))
    return expectation["variants"].get(file, expectation) if file and "variants" in expectation else expectation


def _imported(source: Path, today: str, date_format: str | None = None) -> tuple[Look, dict[str, pl.DataFrame]]:
    look = look_at(source, Statements(date.fromisoformat(today), date_format))
    assert look.proposal.to_state == []
    frames = read_export(source, tomllib.loads(look.toml), None, look.toml, "proposed.toml")
    return look, {spec.alias.rsplit("/", 1)[1]: frame.collect() for spec, frame in frames.items()}


CASES = [(folder, None) for folder in FOLDERS] + list(FILES)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "/".join(part for part in case if part))
def case(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    folder, file = request.param
    expected = _expected(folder, file)
    stated = "D/M/YYYY" if file == "deals_dmy_ambiguous.csv" else None
    source = SAMPLES / folder / file if file else SAMPLES / folder
    return expected, _imported(source, expected["today"], stated)[1]


def _deals(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    own = frames["import_deals"].select(
        "opportunity_id", "source_stage", "source_status", "source_currency", "source_amount"
    )
    return frames["opportunities"].join(own, "opportunity_id")


def _outcome(stage: str) -> str:
    return {"Closed Won": "won", "Closed Lost": "lost"}.get(stage, "open")


def _money(rows: list[dict[str, Any]], mixed: bool) -> Any:
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[row["source_currency"] if mixed else ""] += row["source_amount"] or 0
    return {code: round(amount, 2) for code, amount in sums.items()} if mixed else round(sums[""], 2)


def test_the_accepted_deals_are_as_many_as_expected(case):
    expected, frames = case
    assert frames["opportunities"].height == expected["accepted"]


def test_the_rejects_are_the_expected_rows_with_their_reasons(case):
    expected, frames = case
    rejects = frames["import_rejects"].select("source_file", "row_number", "reason_kind").rows()
    wanted = [(reject["file"], reject["row"], reject["reason_kind"]) for reject in expected["rejected"]]
    assert sorted(rejects) == sorted(wanted)


def test_won_lost_and_open_deals_are_counted_as_expected(case):
    expected, frames = case
    counted: dict[str, int] = defaultdict(int)
    for stage in frames["opportunities"]["stage_name"]:
        counted[_outcome(stage)] += 1
    assert dict(counted) == expected["outcomes"]


def test_won_amounts_by_quarter_are_the_expected_ones(case):
    expected, frames = case
    mixed = expected["open_pipeline"]["currency"] == "mixed"
    by_quarter: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _deals(frames).filter(pl.col("stage_name") == "Closed Won").to_dicts():
        day = row["close_date"]
        by_quarter[f"{day.year}-Q{(day.month + 2) // 3}"].append(row)
    amounts = {quarter: _money(rows, mixed) for quarter, rows in by_quarter.items()}
    assert amounts == expected["closed_won_by_quarter"]


def test_the_open_pipeline_by_the_exports_stages_is_the_expected_one(case):
    expected, frames = case
    mixed = expected["open_pipeline"]["currency"] == "mixed"
    by_stage: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _deals(frames).filter(~pl.col("stage_name").str.starts_with("Closed")).to_dicts():
        by_stage[row["source_stage"]].append(row)
    stages = {stage: {"deals": len(rows), "amount": _money(rows, mixed)} for stage, rows in by_stage.items()}
    assert stages == expected["open_pipeline"]["by_stage"]


def test_the_currency_is_the_expected_one(case):
    expected, frames = case
    currency = expected["open_pipeline"]["currency"]
    if currency != "mixed":
        assert set(frames["import_deals"]["source_currency"]) == {currency}


def test_each_reps_deals_are_the_expected_ones(case):
    expected, frames = case
    names = dict(frames["sales_reps"].select("rep_id", "rep_name").rows())
    counted: dict[str, dict[str, int]] = {}
    for owner, stage in frames["opportunities"].select("owner_id", "stage_name").rows():
        counts = counted.setdefault(names.get(owner, owner), {"won": 0, "lost": 0, "open": 0})
        counts[_outcome(stage)] += 1
    counted.pop("Unknown", None)
    wanted = {name: {key: rep[key] for key in ("won", "lost", "open")} for name, rep in expected["reps"].items()}
    assert counted == wanted


@pytest.mark.parametrize("folder", ["2024-11-08", "2024-11-15"])
def test_each_snapshot_is_imported_as_of_the_day_of_its_folder(folder):
    expectation = json.loads((SAMPLES / "two_snapshots" / "expected.json").read_text(encoding="utf-8"))
    _, frames = _imported(SAMPLES / "two_snapshots" / folder, folder)
    assert frames["import_rejects"].height == 3
    assert frames["opportunities"].height == {"2024-11-08": 50, "2024-11-15": 55}[folder], expectation.keys()


def test_dates_with_two_readings_have_to_be_stated():
    look = look_at(SAMPLES / "encodings" / "deals_dmy_ambiguous.csv", Statements(date(2024, 11, 15)))
    assert "--date-format D/M/YYYY or M/D/YYYY" in look.proposal.to_state[0]
