from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.common import forecast

DAY = date(2024, 11, 8)
SCHEMA = """
    amount double, is_closed boolean, is_won boolean, opened_on date, close_date date, forecast_category string
"""
HISTORY = """
    is_closed boolean, is_won boolean, opened_on date, close_date date, stage_name string, closed_from_stage string,
    stage_entered_on date
"""
CLOSED = (True, False, date(2024, 9, 1), date(2024, 10, 1), "Closed Lost", "Proposal", None)
OPEN = (100.0, False, False, date(2024, 10, 1), date(2024, 12, 20), "Best Case")
WON = (100.0, True, True, date(2024, 9, 1), date(2024, 11, 12), "Closed")
LOST = (100.0, True, False, date(2024, 9, 1), date(2024, 11, 12), "Closed")


@pytest.fixture
def value(spark):
    """value(function, deal, day) → what the function of a day says of the deal."""
    return lambda function, deal, day=DAY: spark.createDataFrame([deal], SCHEMA).select(function(F.lit(day))).first()[0]


def test_a_deal_is_won_from_its_close_date_on(value):
    assert not value(forecast.was_won, WON, date(2024, 11, 11))
    assert value(forecast.was_won, WON, date(2024, 11, 12))


def test_a_lost_deal_was_never_won(value):
    assert not value(forecast.was_won, LOST, date(2024, 12, 31))


def test_a_deal_was_open_from_its_opening_to_the_day_before_it_closed(value):
    days = [date(2024, 8, 31), date(2024, 9, 1), date(2024, 11, 11), date(2024, 11, 12)]
    assert [value(forecast.was_open, WON, day) for day in days] == [False, True, True, False]


def test_a_deal_without_a_recorded_opening_was_always_open(value):
    assert value(forecast.was_open, (100.0, False, False, None, None, "Pipeline"), date(2020, 1, 1))


def test_an_open_deal_has_the_category_of_today(value):
    assert value(forecast.category_on, OPEN) == "Best Case"


def test_a_deal_won_since_was_commit_for_two_weeks_and_best_case_for_four_before(value):
    days = [date(2024, 10, 29), date(2024, 10, 28), date(2024, 10, 1), date(2024, 9, 30)]
    assert [value(forecast.category_on, WON, day) for day in days] == ["Commit", "Best Case", "Best Case", "Pipeline"]


def test_a_deal_lost_since_was_pipeline(value):
    assert value(forecast.category_on, LOST) == "Pipeline"


def test_an_omitted_deal_is_in_no_forecast(value):
    assert not value(forecast.is_forecast, (*OPEN[:-1], "Omitted"))


def test_signal_health_changes_the_rate_of_a_stage_between_a_half_and_115_percent(spark):
    scores = spark.createDataFrame([(0.0,), (35.0,), (70.0,), (100.0,), (None,)], "score double")
    rows = scores.select(forecast.health_adjustment(F.col("score"))).collect()
    assert [row[0] for row in rows] == pytest.approx([0.5, 0.75, 1.0, 1.15, 1.0])


@pytest.fixture
def stage(spark):
    """stage(deal, day) → the stage that a deal of HISTORY was in on that day."""
    return lambda deal, day: spark.createDataFrame([deal], HISTORY).select(forecast.stage_on(F.lit(day))).first()[0]


def test_an_open_deal_was_in_its_stage_from_the_day_on_which_it_entered_it(stage):
    deal = (False, False, date(2024, 9, 1), None, "Proposal", None, date(2024, 11, 1))
    assert [stage(deal, day) for day in (date(2024, 11, 15), date(2024, 11, 1))] == ["Proposal", "Proposal"]


def test_before_it_entered_its_stage_an_open_deal_went_through_the_earlier_ones_at_an_even_pace(stage):
    deal = (False, False, date(2024, 9, 1), None, "Proposal", None, date(2024, 10, 1))  # 3 stages in 30 days
    days = [date(2024, 9, 1), date(2024, 9, 11), date(2024, 9, 12), date(2024, 9, 30)]
    assert [stage(deal, day) for day in days] == ["Prospecting", "Prospecting", "Discovery", "Solution Design"]


def test_a_deal_that_closed_since_went_at_an_even_pace_to_the_stage_it_closed_from(stage):
    days = [date(2024, 9, 2), date(2024, 9, 16), date(2024, 9, 30)]  # 4 stages in 30 days
    assert [stage(CLOSED, day) for day in days] == ["Prospecting", "Discovery", "Proposal"]


def test_the_stage_of_a_deal_that_closed_from_an_unknown_one_is_unknown(stage):
    assert stage((*CLOSED[:5], None, None), date(2024, 9, 16)) is None


@pytest.fixture
def history(spark):
    """history(*deals of HISTORY) → the row of `sales_history`, and its stages by name."""

    def learn(*deals):
        row = forecast.sales_history(spark.createDataFrame(list(deals), HISTORY)).first()
        return row, {stage.stage_name: stage for stage in row.stages}

    return learn


WON_DEAL = (True, True, date(2024, 9, 1), date(2024, 10, 11), "Closed Won", "Verbal Commit", None)


def test_a_stage_is_won_as_often_as_the_closed_deals_that_reached_it_and_twenty_planned_ones(history):
    _, stages = history(WON_DEAL, CLOSED, CLOSED)
    assert (stages["Proposal"].deals_reached, stages["Proposal"].deals_won) == (3, 1)
    assert stages["Proposal"].history_win_rate == pytest.approx(1 / 3)
    assert stages["Proposal"].win_rate == pytest.approx((1 + 20 * 0.35) / 23)
    assert (stages["Negotiation"].deals_reached, stages["Negotiation"].history_win_rate) == (1, 1)


def test_closed_deals_count_for_every_stage_if_no_last_stage_is_recorded(history):
    _, stages = history((*WON_DEAL[:5], None, None), (*CLOSED[:5], None, None))
    assert {stage.deals_reached for stage in stages.values()} == {2}


def test_without_closed_deals_the_planning_rate_counts(history):
    row, stages = history((False, False, None, None, "Proposal", None, None))
    assert (stages["Proposal"].win_rate, stages["Proposal"].history_win_rate) == (pytest.approx(0.35), None)
    assert (row.closed_win_rate, row.longest_won_days) == (None, None)


@pytest.fixture
def rate(spark):
    """rate(stage, opened_on, *closed deals) → the win rate of an open deal in that stage on 2024-11-08."""

    def of(stage, opened_on, *closed):
        deal = (False, False, opened_on, None, stage, None, None)
        deals = spark.createDataFrame([deal, *closed], HISTORY)
        known = forecast.with_history(deals.where("not is_closed"), deals)
        precedent = forecast.has_precedent(F.lit(DAY))
        return known.select(forecast.stage_win_rate(F.col("stage_name"), precedent)).first()[0]

    return of


def test_a_deal_older_than_every_won_one_has_the_planning_rate(rate):
    fresh, old = date(2024, 9, 29), date(2024, 9, 28)  # 40 and 41 days before; the won deal took 40
    assert rate("Proposal", fresh, WON_DEAL) == pytest.approx((1 + 20 * 0.35) / 21)
    assert rate("Proposal", old, WON_DEAL) == 0.35


def test_a_deal_of_unknown_age_has_the_planning_rate(rate):
    assert rate("Proposal", None, WON_DEAL) == 0.35


def test_dollars_of_unknown_health_are_half_certain(spark):
    scores = spark.createDataFrame([(48.0,), (None,)], "score double")
    assert [row[0] for row in scores.select(forecast.certainty(F.col("score"))).collect()] == [0.48, 0.5]


def test_a_deal_without_a_price_adds_nothing(spark):
    amounts = spark.createDataFrame([(5.0,), (None,)], "amount double")
    assert [row[0] for row in amounts.select(forecast.priced_amount()).collect()] == [5.0, 0.0]
