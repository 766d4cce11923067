"""The import as a whole: on a sample of the real export, on an export of another shape, on the whole export."""

from collections import Counter
from datetime import date

import pytest

from transforms.revops.contracts.crm import IMPORT_REJECTS, IMPORT_SUMMARY
from transforms.revops.contracts.movement import EARLIER_DEALS
from transforms.revops.contracts.scenario import ACCOUNTS, ACTIVITIES, OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS
from transforms.revops.crm.load import load, own_benchmarks
from transforms.revops.crm.mapping import parse_mapping

CONTRACTS = {
    "/RevOps/Scenario/opportunities": OPPORTUNITIES,
    "/RevOps/Scenario/accounts": ACCOUNTS,
    "/RevOps/Scenario/sales_reps": SALES_REPS,
    "/RevOps/Scenario/activities": ACTIVITIES,
    "/RevOps/Scenario/process_events": PROCESS_EVENTS,
    "/RevOps/Scenario/earlier_deals": EARLIER_DEALS,
    "/RevOps/Scenario/import_rejects": IMPORT_REJECTS,
    "/RevOps/Scenario/import_summary": IMPORT_SUMMARY,
}
OTHER_MAPPING = {
    "loader": "transforms.revops.crm.load:load",
    "today": date(2023, 2, 10),
    "date_format": "D-M-YYYY",
    "quota": 1000,
    "opportunities": {
        "file": "deals.csv",
        "columns": {
            "id": "No", "name": "Title", "rep": "Owner", "stage": "Status", "close_date": "Closing", "amount": "Value",
            "account": "Customer",
        },
        "stages": {"Quote": "Proposal", "OK": "Closed Won"},
        "forecast_categories": {"Proposal": "Commit", "Closed Won": "Closed"},
    },
    "reps": {"file": "people.csv", "columns": {"id": "Code", "name": "Full name"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def sample(read_folder, sample_folder, _maven):
    """Dataset path → its rows, of the sample."""
    return {output.alias: df.collect() for output, df in load(read_folder(sample_folder), _maven).items()}


@pytest.fixture(scope="module")
def other(exported):
    """Dataset path → its rows, of an export with other names, other dates and without accounts and products."""
    files = {
        "deals.csv": exported(
            ["No", "Title", "Owner", "Customer", "Status", "Closing", "Value"],
            ("1", "Boiler", "kb", "Rapp AG", "OK", "31-1-2023", "800"),
            ("2", "Pump", "kb", "Rapp AG", "Quote", "15-3-2023", None),
            ("3", "Valve", "kb", None, "OK", "1/31/2023", "5"),
        ),
        "people.csv": exported(["Code", "Full name"], ("kb", "Kim Berg")),
    }
    return {output.alias: df.collect() for output, df in load(files.__getitem__, OTHER_MAPPING).items()}


def test_every_dataset_has_the_fields_of_its_contract(read_folder, sample_folder, maven):
    loaded = load(read_folder(sample_folder), maven)
    assert {output.alias: dict(df.dtypes) for output, df in loaded.items()} == {
        path: {field.name: field.dataType.simpleString() for field in contract.schema}
        for path, contract in CONTRACTS.items()
    }


@pytest.mark.parametrize("path", CONTRACTS)
def test_nothing_is_null_without_a_reason(sample, path):
    always_known = [field.name for field in CONTRACTS[path].schema if not field.nullable]
    assert [(row, name) for row in sample[path] for name in always_known if row[name] is None] == []


@pytest.mark.parametrize("path", CONTRACTS)
def test_keys_are_unique(sample, path):
    keys = Counter(tuple(row[name] for name in CONTRACTS[path].primary_key) for row in sample[path])
    assert [key for key, times in keys.items() if times > 1] == []


@pytest.mark.parametrize(
    ("file", "dataset", "rows"),
    [("sales_pipeline.csv", "opportunities", 48), ("sales_teams.csv", "sales_reps", 9)],
)
def test_every_row_of_a_file_is_used_or_rejected(sample, file, dataset, rows):
    rejects = [row for row in sample["/RevOps/Scenario/import_rejects"] if row.source_file == file]
    assert len(sample[f"/RevOps/Scenario/{dataset}"]) + len(rejects) == rows


def test_the_summary_counts_the_rows_read_used_and_rejected_of_each_file(sample):
    rejects = Counter(row.source_file for row in sample["/RevOps/Scenario/import_rejects"])
    summary = {row.source_file: row for row in sample["/RevOps/Scenario/import_summary"]}
    assert set(summary) == {"sales_pipeline.csv", "sales_teams.csv", "accounts.csv", "products.csv"}
    assert summary["sales_pipeline.csv"].rows_read == 48
    assert all(row.rows_rejected == rejects[file] for file, row in summary.items())
    assert all(row.rows_used + row.rows_rejected == row.rows_read for row in summary.values())


def test_benchmarks_of_the_mapping_change_a_stage_and_its_activities_in_proportion(spark, maven):
    benchmarks = own_benchmarks(spark, parse_mapping({**maven, "stage_benchmarks": {"Verbal Commit": 20}}))
    days = {(row.level, row.name): row.benchmark_days for row in benchmarks.collect()}
    assert (days["stage", "Verbal Commit"], days["activity", "Legal Review"]) == (20.0, 10.0)
    assert days["stage", "Discovery"] == 14.0


def test_the_account_that_only_a_deal_names_joins_the_eight_listed_ones(sample):
    accounts = {row.account_id: row for row in sample["/RevOps/Scenario/accounts"]}
    assert (len(accounts), accounts["Zonedex"].industry, accounts["Doncon"].industry) == (9, "Unknown", "technology")


def test_each_unusable_row_of_the_sample_is_rejected_for_what_is_wrong_with_it(sample):
    rejects = {(row.source_file, row.row_number): row.reason for row in sample["/RevOps/Scenario/import_rejects"]}
    deals = (
        "it has no id",
        "an earlier row has the same id",
        "its stage is not in the mapping",
        "its rep is not in the reps file",
        "its opening date is no date",
        "its close date is no date",
        "its amount is no number",
        "its amount is negative",
        "it is closed but has no close date",
        "it is won but has no amount",
        "it closes before it opens",
        "it is closed but its close date is in the future",
        "its opening date is in the future",
    )
    assert rejects == {
        **{("sales_pipeline.csv", number): reason for number, reason in enumerate(deals, start=36)},
        ("accounts.csv", 9): "an earlier row has the same id",
        ("accounts.csv", 10): "it has no id",
        ("sales_teams.csv", 8): "an earlier row has the same id",
        ("sales_teams.csv", 9): "it has no id",
        ("products.csv", 8): "its list price is no number",
    }


def test_a_misspelt_product_has_the_list_price_of_the_right_one(sample):
    [deal] = [row for row in sample["/RevOps/Scenario/opportunities"] if row.opportunity_id == "58W7CZGD"]
    assert (deal.opportunity_name, deal.amount) == ("Cancity – GTX Pro", 4821.0)


def test_activities_and_process_events_are_empty(sample):
    assert (sample["/RevOps/Scenario/activities"], sample["/RevOps/Scenario/process_events"]) == ([], [])


def test_an_export_of_a_different_shape_needs_only_a_different_mapping(other):
    deals = {row.opportunity_id: row for row in other["/RevOps/Scenario/opportunities"]}
    assert {key: (row.opportunity_name, row.owner_name, row.stage_name, row.amount) for key, row in deals.items()} == {
        "1": ("Boiler", "Kim Berg", "Closed Won", 800.0),
        "2": ("Pump", "Kim Berg", "Proposal", None),
    }


def test_an_export_without_accounts_file_has_the_accounts_that_its_deals_name(other):
    assert [row.account_id for row in other["/RevOps/Scenario/accounts"]] == ["Rapp AG"]


def test_a_date_that_is_not_of_the_mapping_s_format_is_rejected(other):
    rejects = other["/RevOps/Scenario/import_rejects"]
    assert [(row.source_file, row.row_number, row.reason) for row in rejects] == [
        ("deals.csv", 3, "its close date is no date")
    ]


def test_every_row_of_the_whole_export_is_used(read_folder, full_folder, maven):
    loaded = {output.alias: df for output, df in load(read_folder(full_folder), maven).items()}
    names = ("opportunities", "accounts", "sales_reps", "import_rejects")
    assert [loaded[f"/RevOps/Scenario/{name}"].count() for name in names] == [8800, 85, 35, 0]
