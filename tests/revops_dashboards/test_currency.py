"""Which currency pages and reports write: that of the dataset reporting_currency."""

from datetime import date

import pytest

from revops_dashboards.currency import DOLLARS, Currency, currency_of
from revops_dashboards.filters import KPIS, Choice
from revops_dashboards.formats import REPORTING_CURRENCY
from revops_dashboards.pages import PIPELINE_HEALTH, dashboard
from revops_dashboards.render import explain
from revops_dashboards.widgets.kpi_cards import Kpis

SETTING = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}


@pytest.fixture
def euros(write_as):
    write_as(
        REPORTING_CURRENCY, [Currency],
        [{"currency": "EUR", "currency_sign": "€", "converted_from": ["GBP", "USD"], "without_rate": ["PLN"]}],
    )  # fmt: skip


def test_a_warehouse_without_the_dataset_has_dollars(tables):
    assert currency_of(tables) == DOLLARS


def test_a_currency_that_cannot_be_read_leaves_amounts_without_a_sign(tables, write):
    write(REPORTING_CURRENCY, [{"other": 1}])
    assert currency_of(tables).currency_sign == ""


def test_a_page_of_an_import_in_euros_has_no_dollar_and_says_what_was_converted(tables, write_as, euros):
    figures = {"quarter_target": 2_500_000.0, "closed_won_amount": 1e6, "target_state": "open", "open_count": 3}
    write_as(KPIS, [Kpis], [{**SETTING, **figures}], **SETTING, open_count=0, data_freshness=date(2024, 11, 15))
    body = dashboard(PIPELINE_HEALTH, tables, Choice(quarter="Q4 2024"), {})
    assert "€2.5M" in body
    assert "$" not in body
    assert "Amounts are in EUR; those in GBP and USD are converted at the rates of the import." in body
    assert "Amounts in PLN are unknown: add a rate to [rates] of the mapping." in body
    assert "Unit: EUR" in body


def test_dollars_alone_need_no_note():
    assert DOLLARS.note == ""


@pytest.mark.parametrize("name", ["quarter_target", "ai_forecast"])
def test_explanations_of_a_page_in_dollars_name_dollars(name):
    assert "Unit: USD" in explain(name)
