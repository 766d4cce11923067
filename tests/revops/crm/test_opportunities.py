"""Usable deals as opportunities."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.crm.deals import judged_deals
from transforms.revops.crm.mapping import DealSizes
from transforms.revops.crm.opportunities import (
    amount_or_list_price,
    loss_reason_of,
    opportunities_of,
    opportunity_name,
    segment_of,
)

TODAY = date(2017, 12, 31)
WON = {
    "rep": "Zane", "account": "A1", "product": "GTX Pro", "stage": "Won", "opened_on": "5/2/2017",
    "close_date": "6/1/2017", "amount": "54",
}  # fmt: skip
OPEN = {"rep": "Zane", "product": "GTX Pro", "stage": "Engaging"}
DEALS = {
    "won": WON,
    "won, never opened": {**WON, "opened_on": None},
    "won, other account": {**WON, "account": "Zonedex"},
    "open": OPEN,
    "open, expected": {**OPEN, "opened_on": "5/2/2017", "close_date": "2/1/2018"},
}


@pytest.fixture
def evaluated(spark):
    """evaluated(function of columns, schema, row, …) → what it makes of each row, in order."""

    def values(function, schema, *rows):
        df = spark.createDataFrame(rows, schema).coalesce(1)
        value = function(*[F.col(name) for name in df.columns])
        return [row.value for row in df.select(value.alias("value")).collect()]

    return values


@pytest.fixture(scope="module")
def opportunities(spark, text_rows, export):
    """DEALS as opportunities; A1 is Acme, GTX Pro lists at 4,821 USD, there are 2 reps."""
    reps = spark.createDataFrame(
        [("Zane", "Zane Levy", "Summer", "West"), ("Carl", "Carl Lin", "Summer", "West")],
        "rep_id string, rep_name string, manager_name string, region string",
    )
    accounts = spark.createDataFrame([("A1", "Acme")], "account_id string, account_name string")
    prices = spark.createDataFrame([("GTX Pro", 4821.0)], "product string, list_price double")
    rows = text_rows("opportunities", *[{**deal, "id": name} for name, deal in DEALS.items()])
    found = opportunities_of(judged_deals(rows, reps, export), accounts, prices, reps, export)
    return {row.opportunity_id: row for row in found.collect()}


def _items(row, expected):
    return {name: row[name] for name in expected}


def test_an_open_deal_without_amount_is_worth_its_list_price_and_a_lost_one_is_not(evaluated):
    amounts = evaluated(
        amount_or_list_price,
        "stage_name string, amount double, list_price double",
        ("Discovery", None, 550.0), ("Discovery", 500.0, 550.0), ("Discovery", None, None),
        ("Closed Lost", None, 550.0),
    )  # fmt: skip
    assert amounts == [550.0, 500.0, None, None]


def test_segments_begin_at_100k_and_above_500k(evaluated):
    amounts = [(500_000.01,), (500_000.0,), (100_000.0,), (99_999.99,), (None,)]
    segments = evaluated(lambda amount: segment_of(amount, DealSizes()), "amount double", *amounts)
    assert segments == ["Enterprise", "Mid-Market", "Mid-Market", "SMB", "Unknown"]


def test_segments_begin_where_the_mapping_says(evaluated):
    sizes = DealSizes(mid_market_from=5_000, enterprise_above=20_000)
    amounts = [(20_001.0,), (20_000.0,), (5_000.0,), (4_999.0,)]
    segments = evaluated(lambda amount: segment_of(amount, sizes), "amount double", *amounts)
    assert segments == ["Enterprise", "Mid-Market", "Mid-Market", "SMB"]


def test_a_deal_without_name_is_called_by_what_is_known_of_it(evaluated):
    names = evaluated(
        opportunity_name,
        "name string, account_name string, product string, id string",
        ("Big one", "Acme", "GTX", "D1"), (None, "Acme", "GTX", "D1"), (None, None, "GTX", "D1"),
        (None, None, None, "D1"),
    )  # fmt: skip
    assert names == ["Big one", "Acme – GTX", "GTX", "D1"]


def test_why_a_deal_was_lost_is_unknown(evaluated):
    reasons = evaluated(loss_reason_of, "stage string", ("Closed Lost",), ("Closed Won",), ("Discovery",))
    assert reasons == ["Unknown", "Not Lost", "Not Lost"]


def test_a_won_deal_takes_over_what_the_export_says(opportunities):
    expected = {
        "opportunity_id": "won", "opportunity_name": "Acme – GTX Pro", "account_id": "A1", "account_name": "Acme",
        "owner_id": "Zane", "owner_name": "Zane Levy", "manager_name": "Summer", "region": "West", "segment": "SMB",
        "amount": 54.0, "stage_name": "Closed Won", "forecast_category": "Closed", "is_closed": True, "is_won": True,
        "opened_on": date(2017, 5, 2), "close_date": date(2017, 6, 1), "quarter": "Q2 2017", "loss_reason": "Not Lost",
    }  # fmt: skip
    assert _items(opportunities["won"], expected) == expected


def test_the_target_of_a_quarter_is_the_quota_of_all_reps(opportunities):
    assert opportunities["won"]["quarter_target"] == 2 * 85_000.0


def test_an_open_deal_without_close_date_belongs_to_no_quarter(opportunities):
    expected = {"close_date": None, "quarter": "Unknown", "quarter_target": 0.0, "is_closed": False, "is_won": False}
    assert _items(opportunities["open"], expected) == expected


def test_a_deal_without_account_has_an_unknown_one(opportunities):
    expected = {"account_id": "Unknown", "account_name": "Unknown", "opportunity_name": "GTX Pro", "amount": 4821.0}
    assert _items(opportunities["open"], expected) == expected


def test_an_account_that_is_not_listed_is_called_as_in_the_deal(opportunities):
    expected = {"account_id": "Zonedex", "account_name": "Zonedex"}
    assert _items(opportunities["won, other account"], expected) == expected


def test_fields_that_no_export_records_are_unknown(opportunities):
    expected = {
        "deal_type": "Unknown", "champion_status": "Unknown", "competitor": "Unknown",
        "primary_contact_name": "Unknown", "primary_contact_role": "Unknown", "stage_entered_on": None,
        "stakeholder_count": None, "has_economic_buyer": None, "champion_silent_since": None,
    }  # fmt: skip
    assert _items(opportunities["won"], expected) == expected


@pytest.mark.parametrize(
    ("deal", "created_at", "updated_at"),
    [
        ("won", date(2017, 5, 2), date(2017, 6, 1)),
        ("won, never opened", date(2017, 6, 1), date(2017, 6, 1)),
        ("open, expected", date(2017, 5, 2), TODAY),
        ("open", TODAY, TODAY),
    ],
)
def test_a_record_dates_from_its_opening_to_its_closing_or_today(opportunities, deal, created_at, updated_at):
    expected = {"created_at": created_at, "updated_at": updated_at, "data_freshness": TODAY}
    assert _items(opportunities[deal], expected) == expected
