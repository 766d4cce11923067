"""Mappings: what they may say, and what the user is told otherwise."""

import re
from datetime import date

import pytest

from transforms.revops.crm.mapping import DealSizes, parse_mapping


def test_the_shipped_mapping_is_right(maven):
    export = parse_mapping(maven)
    assert (export.today, export.date_format, export.quota) == (date(2017, 12, 31), "M/D/YYYY", 85_000.0)
    assert export.files["opportunities"].columns["opened_on"] == "engage_date"
    assert export.files["accounts"].corrections["industry"] == {"technolgy": "technology"}


def test_accounts_and_products_may_be_missing(maven):
    del maven["accounts"], maven["products"]
    assert set(parse_mapping(maven).files) == {"opportunities", "reps"}


def test_revenue_counts_in_dollars_unless_the_mapping_says_otherwise(maven):
    del maven["accounts"]["annual_revenue_unit"]
    assert parse_mapping(maven).annual_revenue_unit == 1.0


def test_deal_sizes_and_stage_benchmarks_are_the_mappings_or_the_usual_ones(maven):
    usual = parse_mapping(maven)
    assert (usual.deal_sizes, usual.stage_benchmarks) == (DealSizes(100_000, 500_000), {})
    own = parse_mapping({**maven, "deal_sizes": {"mid_market_from": 5_000}, "stage_benchmarks": {"Discovery": 60}})
    assert (own.deal_sizes, own.stage_benchmarks) == (DealSizes(5_000, 500_000), {"Discovery": 60})


MISSING = {
    "today": "today is missing: state the day on which the export was taken",
    "date_format": "date_format is missing: say how dates are written",
    "quota": "quota is missing: state USD per rep and quarter",
    "reps": "reps is missing: add a table [reps]",
    "opportunities": "opportunities is missing: add a table [opportunities]",
    "opportunities/file": "opportunities.file is missing: name the file in the export's folder",
    "opportunities/stages": "opportunities.stages is missing: add a table [opportunities.stages]",
    "opportunities/columns/amount": "opportunities.columns.amount is missing: name the column of sales_pipeline.csv",
    "opportunities/forecast_categories/Closed Won": "opportunities.forecast_categories.Closed Won is missing: say",
    "products/columns/list_price": "products.columns.list_price is missing: name the column of products.csv",
}
"""Path of a key in the mapping → beginning of what its user is told without it."""

WRONG = {
    "today": ("2017-12-31", "today is '2017-12-31': write a date without quotes"),
    "date_format": ("MM.DD.YY", "date_format is 'MM.DD.YY': choose one of M/D/YYYY, D-M-YYYY, YYYY-MM-DD"),
    "quota": (0, "quota is 0: it has to be a number above 0"),
    "currency": ("USD", "currency means nothing here: choose one of loader, today"),
    "deal_sizes": ({"mid_market_from": 600_000}, "deal_sizes.mid_market_from is above deal_sizes.enterprise_above"),
    "stage_benchmarks": ({"Engaging": 60}, "stage_benchmarks.Engaging means nothing here: choose one of Prospecting"),
    "reps": ("sales_teams.csv", "reps is 'sales_teams.csv': it has to be a table"),
    "accounts/annual_revenue_unit": ("million", "accounts.annual_revenue_unit is 'million': it has to be a number"),
    "reps/columns/team": ("office", "reps.columns.team means nothing here: choose one of id, name, manager, region"),
    "reps/columns/id": (7, "reps.columns.id is 7: it has to be text in quotes"),
    "opportunities/stages/Won": ("Won", "opportunities.stages.Won is 'Won': choose one of Prospecting, Discovery"),
    "opportunities/forecast_categories/Discovery": ("Hope", "opportunities.forecast_categories.Discovery is 'Hope'"),
    "opportunities/corrections/colour": ({"a": "b"}, "opportunities.corrections.colour means nothing here"),
}
"""Path of a key in the mapping → a wrong value, and the beginning of what its user is told."""


def _table_and_key(mapping, path):
    *tables, key = path.split("/")
    for table in tables:
        mapping = mapping[table]
    return mapping, key


@pytest.mark.parametrize("path", MISSING)
def test_a_missing_key_is_named_with_what_to_do(maven, path):
    table, key = _table_and_key(maven, path)
    del table[key]
    with pytest.raises(ValueError, match=re.escape(MISSING[path])):
        parse_mapping(maven)


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_value_is_named_with_what_to_do(maven, path):
    table, key = _table_and_key(maven, path)
    table[key], message = WRONG[path]
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_mapping(maven)


def test_list_prices_are_refused_where_no_deal_names_a_product(maven):
    del maven["opportunities"]["columns"]["product"], maven["opportunities"]["corrections"]
    with pytest.raises(ValueError, match=re.escape("opportunities.columns.product is missing: [products] is of use")):
        parse_mapping(maven)
