"""The import as a whole: a sample of the Maven export, exports that a test writes, the whole Maven export."""

import tomllib
from datetime import date

import pytest

from transforms.revops.contracts.crm import (
    CONTACTS,
    IMPORT_DEALS,
    IMPORT_LOSSES,
    IMPORT_REJECTS,
    IMPORT_SIGNALS,
    IMPORT_SUMMARY,
)
from transforms.revops.contracts.movement import EARLIER_DEALS
from transforms.revops.contracts.scenario import (
    ACCOUNTS,
    ACTIVITIES,
    OPPORTUNITIES,
    PROCESS_EVENTS,
    REPORTING_CURRENCY,
    SALES_REPS,
)
from transforms.revops.crm.load import own_benchmarks
from transforms.revops.crm.mapping_file import parse_mapping
from transforms_api.errors import ImportMappingError
from transforms_api.importing import read_export

CONTRACTS = {
    "opportunities": OPPORTUNITIES, "accounts": ACCOUNTS, "sales_reps": SALES_REPS, "activities": ACTIVITIES,
    "process_events": PROCESS_EVENTS, "earlier_deals": EARLIER_DEALS, "contacts": CONTACTS,
    "import_deals": IMPORT_DEALS, "import_rejects": IMPORT_REJECTS, "import_losses": IMPORT_LOSSES,
    "import_summary": IMPORT_SUMMARY, "reporting_currency": REPORTING_CURRENCY, "import_signals": IMPORT_SIGNALS,
}  # fmt: skip
SMALL = """
loader = "transforms.revops.crm.load:load"
today = 2023-02-10
date_format = "D-M-YYYY"

[opportunities]
file = "deals.csv"

[opportunities.columns]
id = "No"
rep = ["Owner", {constant = "Unassigned"}]
stage = "Status"
opened_on = "Opened"
close_date = "Closing"
amount = "Value"

[opportunities.stages]
Quote = "Proposal"
OK = "Closed Won"
"""


def frames_of(source, content, today=None):
    return {
        output.alias.rsplit("/", 1)[1]: frame.collect() for output, frame in read_export(source, content, today).items()
    }


@pytest.fixture
def small(tmp_path):
    """small(rows of deals.csv) → name of the dataset → its rows."""

    def imported(*rows, text=SMALL):
        lines = ["No,Owner,Status,Opened,Closing,Value", *rows]
        (tmp_path / "deals.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return frames_of(tmp_path, tomllib.loads(text))

    return imported


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_dataset_has_the_fields_of_its_contract_and_no_null_without_a_reason(sample_folder, maven, name):
    frame, contract = frames_of(sample_folder, maven)[name], CONTRACTS[name]
    assert frame.columns == [field.name for field in contract.schema]
    assert [field.name for field in contract.schema if not field.nullable and frame[field.name].null_count()] == []
    assert not frame.select(contract.primary_key).is_duplicated().any()


def test_each_unusable_row_of_the_maven_sample_is_rejected_for_its_fault(sample_folder, maven):
    rejects = frames_of(sample_folder, maven)["import_rejects"]
    reasons = {(row["source_file"], row["row_number"]): row["reason_kind"] for row in rejects.to_dicts()}
    # row 40 has an opening date that is no date, which costs the date and not the deal
    deals = {
        36: "no_id", 37: "duplicate_id", 38: "unknown_stage", 39: "unknown_rep", 41: "bad_close_date", 42: "bad_amount",
        43: "negative_amount", 44: "closed_without_close_date", 45: "won_without_amount", 46: "closes_before_opens",
        47: "closed_in_future", 48: "in_future",
    }  # fmt: skip
    assert reasons == {
        **{("sales_pipeline.csv", number): kind for number, kind in deals.items()},
        ("accounts.csv", 9): "duplicate_id",
        ("accounts.csv", 10): "no_id",
        ("sales_teams.csv", 8): "duplicate_id",
        ("sales_teams.csv", 9): "no_id",
        ("products.csv", 8): "bad_amount",
    }


def test_an_unreadable_value_of_an_optional_column_is_lost_alone_and_counted(small):
    frames = small("1,kb,Quote,soon,15-3-2023,800")
    assert frames["opportunities"]["opened_on"].to_list() == [None]
    losses = frames["import_losses"].select("field", "reason_kind", "value_count", "example").rows()
    assert losses == [("opened_on", "unreadable", 1, "soon")]


def test_an_owner_that_is_missing_is_the_constant_of_the_mapping(small):
    frames = small("1,,Quote,1-1-2023,15-3-2023,800")
    assert frames["opportunities"]["owner_name"].to_list() == ["Unassigned"]


def test_a_rep_of_several_deals_is_one_rep(small):
    frames = small("1,kb,Quote,1-1-2023,15-3-2023,800", "2,kb,OK,1-1-2023,31-1-2023,5")
    assert frames["sales_reps"]["rep_id"].to_list() == ["kb"]


def test_an_import_without_a_usable_deal_fails_and_counts_the_reasons(small):
    with pytest.raises(
        ImportMappingError, match=r"no deal can be used, so nothing is imported. Rejected: 1 unknown_stage"
    ):
        small("1,kb,Stalled,1-1-2023,15-3-2023,800")


def test_a_column_that_the_file_lacks_is_named_with_those_that_it_has(small):
    with pytest.raises(
        ImportMappingError, match=r"amount names 'Price', which deals.csv does not have: choose one of No"
    ):
        small("1,kb,Quote,1-1-2023,15-3-2023,800", text=SMALL.replace('"Value"', '"Price"'))


def test_amounts_in_euro_are_no_dollars(small):
    frames = small("1,kb,Quote,1-1-2023,15-3-2023,€800")
    assert (frames["opportunities"]["amount"].to_list(), frames["import_losses"]["field"].to_list()) == (
        [None],
        ["amount in EUR"],
    )


def test_the_reporting_currency_is_that_of_the_mapping_with_those_that_it_converts_and_those_that_it_cannot(small):
    text = SMALL.replace("[opportunities]\n", 'currency = "EUR"\nrates = {GBP = 1.2}\n\n[opportunities]\n')
    rows = ["1,kb,Quote,1-1-2023,15-3-2023,£800", "2,kb,Quote,1-1-2023,15-3-2023,$5", "3,kb,Quote,1-1-2023,15-3-2023,7"]
    frames = small(*rows, text=text)
    [row] = frames["reporting_currency"].to_dicts()
    assert (row["currency"], row["currency_sign"]) == ("EUR", "€")
    assert (row["converted_from"], row["without_rate"]) == (["GBP"], ["USD"])
    assert frames["opportunities"]["amount"].to_list() == [960.0, None, 7.0]


def test_the_day_of_the_command_replaces_that_of_the_mapping(sample_folder, maven):
    rows = frames_of(sample_folder, maven, date(2018, 1, 31))["import_summary"]
    assert set(rows["data_freshness"]) == {date(2018, 1, 31)}


def test_benchmarks_of_the_mapping_change_a_stage_and_its_activities_in_proportion(maven):
    mapping = parse_mapping({**maven, "stage_benchmarks": {"Verbal Commit": 20}})
    rows = own_benchmarks(mapping, date(2017, 12, 31)).to_dicts()
    days = {(row["level"], row["name"]): row["benchmark_days"] for row in rows}
    assert (days["stage", "Verbal Commit"], days["activity", "Legal Review"]) == (20.0, 10.0)
    assert days["stage", "Discovery"] == 14.0


def test_an_open_deal_without_an_amount_has_the_list_price_of_its_product(sample_folder, maven):
    deals = {row["opportunity_id"]: row for row in frames_of(sample_folder, maven)["opportunities"].to_dicts()}
    assert (deals["58W7CZGD"]["opportunity_name"], deals["58W7CZGD"]["amount"]) == ("Cancity – GTX Pro", 4821.0)


def test_every_row_of_the_whole_maven_export_is_used(full_folder, maven):
    frames = frames_of(full_folder, maven)
    names = ("opportunities", "accounts", "sales_reps", "import_rejects")
    assert [frames[name].height for name in names] == [8800, 85, 35, 0]
