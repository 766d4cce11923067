"""Accounts and products of an export."""

from datetime import date

from chispa import assert_df_equality

from transforms.revops.crm.lookups import (
    all_accounts,
    judged_accounts,
    judged_products,
    list_prices,
    listed_accounts,
)

TODAY = [date(2017, 12, 31)] * 3
ACCOUNT_COLUMNS = (
    "account_id string, account_name string, industry string, country string, employee_count long, "
    "annual_revenue double, created_at date, updated_at date, data_freshness date"
)


def test_an_account_needs_nothing_but_an_id_of_its_own(text_rows):
    rows = text_rows("accounts", {"id": "A1"}, {"id": "A1"}, {"name": "Acme"})
    reasons = [row.reason for row in judged_accounts(rows).orderBy("row_number").collect()]
    assert reasons == [None, "an earlier row has the same id", "it has no id"]


def test_a_product_needs_a_list_price(text_rows):
    prices = ("550", "0", None, "on request", "-1")
    rows = text_rows("products", *[{"id": str(place), "list_price": price} for place, price in enumerate(prices)])
    reasons = [row.reason for row in judged_products(rows).orderBy("row_number").collect()]
    no_number, negative = "its list price is no number", "its list price is negative"
    assert reasons == [None, None, no_number, no_number, negative]


def test_list_prices_are_numbers(spark, text_rows):
    expected = spark.createDataFrame([("GTX Pro", 4821.0)], "product string, list_price double")
    assert_df_equality(list_prices(text_rows("products", {"id": "GTX Pro", "list_price": "4821"})), expected)


def test_revenue_is_recorded_in_the_unit_of_the_mapping(spark, text_rows, export):
    acme = {"id": "A1", "name": "Acme", "industry": "retail", "country": "Kenya", "employee_count": "12"}
    listed = listed_accounts(text_rows("accounts", {**acme, "annual_revenue": "1.5"}), export)
    expected = spark.createDataFrame([("A1", "Acme", "retail", "Kenya", 12, 1_500_000.0, *TODAY)], ACCOUNT_COLUMNS)
    assert_df_equality(listed, expected, ignore_nullable=True)


def test_unrecorded_fields_of_an_account_are_unknown_and_its_name_is_its_id(spark, text_rows, export):
    listed = listed_accounts(text_rows("accounts", {"id": "A1", "employee_count": "many"}), export)
    expected = spark.createDataFrame([("A1", "A1", "Unknown", "Unknown", None, None, *TODAY)], ACCOUNT_COLUMNS)
    assert_df_equality(listed, expected, ignore_nullable=True)


def test_accounts_that_only_deals_name_are_added_once(spark):
    listed = spark.createDataFrame([("A1", "Acme", "retail", "Kenya", 12, 1e6, *TODAY)], ACCOUNT_COLUMNS)
    deals = spark.createDataFrame(
        [("A1", "Acme", TODAY[0]), ("B2", "B2", TODAY[0]), ("B2", "B2", TODAY[0]), ("Unknown", "Unknown", TODAY[0])],
        "account_id string, account_name string, data_freshness date",
    )
    expected = listed.union(
        spark.createDataFrame([("B2", "B2", "Unknown", "Unknown", None, None, *TODAY)], ACCOUNT_COLUMNS)
    )
    assert_df_equality(all_accounts(listed, deals), expected, ignore_nullable=True, ignore_row_order=True)
