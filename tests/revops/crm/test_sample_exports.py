"""The sample exports of tests/data/crm_exports with the preset of their product: every value of expected.json."""

import json
import statistics
import tomllib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from transforms.revops.crm.mapping import SECTIONS
from transforms.revops.crm.mapping_file import parse_mapping
from transforms.revops.crm.rows import source_rows
from transforms.revops.crm.steps import stage_visits
from transforms_api.importing import ExportFolder, read_export

REPOSITORY = Path(__file__).parents[3]
SAMPLES = REPOSITORY / "tests/data/crm_exports"
ENCODINGS = sorted(file.name for file in (SAMPLES / "encodings").glob("deals_*"))
CASES = [
    ("bitrix24", "", "bitrix24"),
    ("dynamics", "", "dynamics"),
    ("excel", "CRM.xlsx", "generic"),
    ("history", "", "generic"),
    ("hubspot", "deals.csv", "hubspot"),
    ("hubspot", "deals_no_owner.csv", "hubspot"),
    ("one_file", "", "generic"),
    ("pipedrive", "deals.csv", "pipedrive"),
    ("pipedrive", "deals.xlsx", "pipedrive"),
    ("salesforce", "", "salesforce"),
    ("salesforce", "report1731661920.csv", "salesforce"),
    ("two_snapshots", "2024-11-08", "generic"),
    ("two_snapshots", "2024-11-15", "generic"),
    ("zoho", "", "zoho"),
    *(("encodings", file, "generic") for file in ENCODINGS),
]
"""Folder, file or folder in it, preset."""
CHANGES = {
    "hubspot": {"currency": "BRL"},
    "encodings": {"currency": "EUR"},
    "deals_dmy.csv": {"date_formats": ["D/M/YYYY"]},
    "deals_dmy_ambiguous.csv": {"date_formats": ["D/M/YYYY"]},
    "deals.xlsx": {"decimal": "."},
}
"""What the user states beside the preset."""


def expected_of(folder, part):
    expectation = json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))
    variants = {**expectation.get("variants", {}), **expectation.get("snapshots", {})}
    return variants.get(part, expectation)


def preset(name):
    return tomllib.loads((REPOSITORY / f"conf/import/{name}.toml").read_text(encoding="utf-8"))


def mapping_of(folder, part, product):
    return {**preset(product), **CHANGES.get(folder, {}), **CHANGES.get(part, {})}


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(filter(None, case[:2])))
def case(request):
    """What is expected, and name of the dataset → its rows."""
    return imported(*request.param)


def imported(folder, part, product, **changes):
    expected = expected_of(folder, part)
    content = {**mapping_of(folder, part, product), **changes}
    frames = read_export(SAMPLES / folder / part, content, date.fromisoformat(expected["today"]))
    return expected, {output.alias.rsplit("/", 1)[1]: frame.collect() for output, frame in frames.items()}


def deals_of(frames):
    own = frames["import_deals"].drop("created_at", "updated_at", "data_freshness")
    return frames["opportunities"].join(own, on="opportunity_id")


def outcome(stage):
    return {"Closed Won": "won", "Closed Lost": "lost"}.get(stage, "open")


def money(rows, is_mixed):
    sums = defaultdict(float)
    for row in rows:
        sums[row["source_currency"]] += row["source_amount"] or 0
    return {code: round(amount, 2) for code, amount in sums.items()} if is_mixed else round(sum(sums.values()), 2)


def test_the_deals_that_can_be_used_are_as_many_as_expected(case):
    expected, frames = case
    assert frames["opportunities"].height == expected["accepted"]


def test_every_other_row_is_a_reject_of_the_expected_kind(case):
    expected, frames = case
    rejects = frames["import_rejects"].select("source_file", "row_number", "reason_kind").rows()
    wanted = [
        (reject["file"].rsplit("/", 1)[-1], reject["row"], reject["reason_kind"]) for reject in expected["rejected"]
    ]
    assert sorted(rejects) == sorted(wanted)


def test_each_reject_has_its_id_and_its_text(case):
    expected, frames = case
    rejects = {(row["source_file"], row["row_number"]): row for row in frames["import_rejects"].to_dicts()}
    for reject in expected["rejected"]:
        row = rejects[reject["file"].rsplit("/", 1)[-1], reject["row"]]
        assert reject.get("id", "") in row["row"]
        if "id" in reject and reject["reason_kind"] != "ragged_row":
            assert row["row_id"] == reject["id"]


def test_won_lost_and_open_deals_are_as_many_as_expected(case):
    expected, frames = case
    assert Counter(map(outcome, frames["opportunities"]["stage_name"])) == expected["outcomes"]


def test_won_amounts_by_quarter_are_as_expected(case):
    expected, frames = case
    rows = defaultdict(list)
    for row in deals_of(frames).filter("is_won").to_dicts():
        quarter, year = row["quarter"].split()
        rows[f"{year}-{quarter}"].append(row)
    is_mixed = expected["open_pipeline"]["currency"] == "mixed"
    assert {quarter: money(deals, is_mixed) for quarter, deals in rows.items()} == expected["closed_won_by_quarter"]


def test_the_open_pipeline_by_the_exports_stages_is_as_expected(case):
    expected, frames = case
    pipeline = expected["open_pipeline"]
    rows, is_mixed = defaultdict(list), pipeline["currency"] == "mixed"
    for row in deals_of(frames).filter(~pl.col("is_closed")).to_dicts():
        rows[row["source_stage"]].append(row)
    stages = {stage: {"deals": len(some), "amount": money(some, is_mixed)} for stage, some in rows.items()}
    assert stages == pipeline["by_stage"]
    everything = [row for some in rows.values() for row in some]
    assert (len(everything), money(everything, is_mixed)) == (pipeline["deals"], pipeline["total"])
    assert sum(row["source_amount"] is None for row in everything) == pipeline["without_amount"]
    if not is_mixed:
        assert {row["currency"] for row in everything} == {pipeline["currency"]}


def test_each_rep_has_the_expected_deals_team_and_region(case):
    expected, frames = case
    counts = defaultdict(Counter)
    for row in frames["opportunities"].filter(pl.col("owner_id") != "Unknown").to_dicts():
        counts[row["owner_name"]][outcome(row["stage_name"])] += 1
    assert {name: [some[key] for key in ("won", "lost", "open")] for name, some in counts.items()} == {
        name: [rep[key] for key in ("won", "lost", "open")] for name, rep in expected["reps"].items()
    }
    reps = {row["rep_name"]: row for row in frames["sales_reps"].to_dicts()}
    for name, rep in expected["reps"].items():
        if "manager" in rep:
            known = (reps[name]["manager_name"], reps[name]["region"], reps[name]["segment"])
            assert known == (rep["manager"], rep["region"], "Unknown" if rep["team"] == "—" else rep["team"])


def test_the_reasons_of_lost_deals_are_the_exports(case):
    expected, frames = case
    if "lost_reasons" in expected:
        lost = deals_of(frames).filter(pl.col("stage_name") == "Closed Lost")["source_loss_reason"]
        assert Counter("" if reason == "Unknown" else reason for reason in lost) == expected["lost_reasons"]


def test_accounts_come_from_the_deals(case):
    expected, frames = case
    accounts = {row["account_id"]: row for row in frames["accounts"].to_dicts()}
    wanted = expected.get("accounts", {})
    if isinstance(wanted, list):
        assert sorted(accounts) == sorted(wanted)
        return
    deals = Counter(frames["opportunities"]["account_id"])
    for key, deal in wanted.items():
        row = accounts[key]
        account = (row["account_name"], row["industry"], row["country"], row["employee_count"], deals[key])
        assert account == tuple(deal[name] for name in ("name", "industry", "country", "employees", "deals"))


def test_an_own_probability_and_forecast_category_weigh_the_open_pipeline(case):
    expected, frames = case
    open_deals = deals_of(frames).filter(~pl.col("is_closed"))
    if "weighted_by_probability" in expected["open_pipeline"]:
        weighted = open_deals.select((pl.col("amount") * pl.col("probability")).sum()).item()
        assert round(weighted, 2) == pytest.approx(expected["open_pipeline"]["weighted_by_probability"], abs=0.011)
    if "by_forecast_category" in expected["open_pipeline"]:
        by_category = open_deals.group_by("source_forecast_category").agg(pl.col("amount").sum()).rows()
        amounts = {"(none)" if name == "Unknown" else name: round(amount, 2) for name, amount in by_category}
        assert amounts == expected["open_pipeline"]["by_forecast_category"]


def test_days_in_the_present_stage_are_counted_from_the_history(case):
    expected, frames = case
    today = date.fromisoformat(expected["today"])
    entered = dict(
        frames["opportunities"].filter(~pl.col("is_closed")).select("opportunity_id", "stage_entered_on").rows()
    )
    for deal, days in expected.get("days_in_stage", {}).items():
        assert (deal, (today - entered[deal]).days) == (deal, days)


def test_later_close_dates_in_the_history_are_pushes(case):
    expected, frames = case
    if "close_date_pushes" in expected:
        open_deals = deals_of(frames).filter(~pl.col("is_closed"))
        pushed = open_deals.filter(pl.col("close_date_pushes") > 0).select("opportunity_id", "close_date_pushes")
        assert dict(pushed.rows()) == expected["close_date_pushes"]


@pytest.mark.parametrize("folder", ["bitrix24", "salesforce", "history"])
def test_durations_of_finished_visits_to_a_stage_are_as_expected(folder):
    product = "generic" if folder == "history" else folder
    expected, frames = imported(folder, "", product)
    mapping, files = parse_mapping(mapping_of(folder, "", product)), ExportFolder(SAMPLES / folder)
    today = date.fromisoformat(expected["today"])
    codes = {}
    if folder == "bitrix24":
        from transforms.revops.crm.deals import codes_of

        rows = source_rows(files, mapping, SECTIONS[1])
        codes = codes_of(rows, mapping.opportunities, mapping.stage_codes.kinds)
    history = source_rows(files, mapping, "stage_history")
    visits = stage_visits(history, frames["opportunities"], mapping, codes, today)
    days = defaultdict(list)
    for row in visits.drop_nulls("left_at").to_dicts():
        days[row["stage"]].append((row["left_at"] - row["entered_at"]).total_seconds() / 86400)
    assert {stage: len(some) for stage, some in days.items()} == {
        stage: duration["visits"] for stage, duration in expected["stage_durations"].items()
    }
    for stage, duration in expected["stage_durations"].items():
        measured = (statistics.mean(days[stage]), statistics.median(days[stage]))
        assert measured == pytest.approx((duration["mean_days"], duration["median_days"]), abs=0.006)


@pytest.mark.parametrize("folder", ["bitrix24", "salesforce"])
def test_only_activities_that_are_done_on_deals_are_used(folder):
    expected, frames = imported(folder, "", folder)
    wanted = {name.lower(): n for name, n in expected["activities"]["done_on_deals"].items()}
    wanted = {{"(none)": "Unknown"}.get(name, name): n for name, n in wanted.items()}
    activities = frames["activities"]
    assert Counter(activities["activity_type"]) == wanted
    names = dict(frames["sales_reps"].select("rep_id", "rep_name").rows())
    assert Counter(names[rep] for rep in activities["rep_id"]) == expected["activities"]["done_on_deals_by_rep"]


def test_activities_of_a_full_history_are_counted_by_type_rep_and_deal():
    expected, frames = imported("history", "", "generic")
    activities = frames["activities"]
    assert Counter(activities["activity_type"]) == expected["activities"]["by_type"]
    last = dict(activities.group_by("opportunity_id").agg(pl.col("activity_date").max()).rows())
    today = date.fromisoformat(expected["today"])
    assert {deal: (today - last[deal]).days for deal in expected["days_since_last_activity"]} == expected[
        "days_since_last_activity"
    ]


def test_the_summary_of_a_full_history_counts_the_used_rows_of_each_file():
    expected, frames = imported("history", "", "generic")
    assert dict(frames["import_summary"].select("source_file", "rows_used").rows()) == expected["accepted_by_file"]


def test_contacts_of_a_full_history_say_who_signs_and_who_speaks_for_us():
    expected, frames = imported("history", "", "generic")
    contacts, wanted = frames["contacts"], expected["contacts"]
    assert contacts.height == wanted["total"]
    assert Counter(contacts["source_role"]) == wanted["by_role"]
    assert contacts.filter("is_champion")["opportunity_id"].n_unique() == wanted["deals_with_champion"]
    deals = frames["opportunities"].filter(~pl.col("is_closed")).sort("opportunity_id")
    for name, condition in {
        "open_deals_without_champion": pl.col("champion_status") == "None",
        "open_deals_without_economic_buyer": ~pl.col("has_economic_buyer"),
        "open_deals_without_contact": pl.col("stakeholder_count") == 0,
    }.items():
        assert deals.filter(condition)["opportunity_id"].to_list() == wanted[name]


def test_roles_of_salesforce_contacts_are_counted():
    expected, frames = imported("salesforce", "", "salesforce")
    wanted = {{"(none)": "Unknown"}.get(name, name): n for name, n in expected["contacts"]["roles"].items()}
    assert Counter(frames["contacts"]["source_role"]) == wanted
    deals = frames["opportunities"].filter(~pl.col("is_closed")).sort("opportunity_id")
    without = deals.filter(pl.col("stakeholder_count") == 0)["opportunity_id"].to_list()
    assert without == sorted(expected["contacts"]["open_deals_without_contact"])


def test_quotas_by_rep_and_quarter_make_targets():
    expected, frames = imported("history", "", "generic")
    targets = {
        f"{row['quarter'][3:]}-{row['quarter'][:2]}": row["quarter_target"]
        for row in frames["opportunities"].to_dicts()
    }
    assert {name: targets[name] for name in expected["quota_by_quarter"]} == expected["quota_by_quarter"]
    reps = {row["rep_name"]: row["quarters"] for row in frames["sales_reps"].to_dicts()}
    for name, rep in expected["reps"].items():
        for quarter in reps[name][:-1]:
            wanted = rep["attainment"][f"{quarter['quarter'][3:]}-{quarter['quarter'][:2]}"]
            assert (quarter["quota"], quarter["closed_amount"]) == (wanted["quota"], wanted["won"])


def test_amounts_without_a_rate_are_unknown_and_counted_and_with_one_are_converted():
    expected, frames = imported("pipedrive", "deals.csv", "pipedrive")
    open_deals = frames["opportunities"].filter(~pl.col("is_closed"))
    assert round(open_deals["amount"].sum(), 2) == expected["open_pipeline"]["total"]["EUR"]
    [loss] = frames["import_losses"].to_dicts()
    in_dollars = deals_of(frames).filter(pl.col("source_currency") == "USD")["source_amount"].drop_nulls()
    assert (loss["field"], loss["reason_kind"], loss["value_count"]) == ("amount in USD", "no rate", len(in_dollars))
    _, rated = imported("pipedrive", "deals.csv", "pipedrive", rates={"USD": 0.9})
    total = rated["opportunities"].filter(~pl.col("is_closed"))["amount"].sum()
    assert total == pytest.approx(443_507.03, abs=0.01)
