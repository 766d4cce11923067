from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.common import forecast

DAY = date(2024, 11, 8)
SCHEMA = """
    amount double, is_closed boolean, is_won boolean, opened_on date, close_date date, forecast_category string
"""
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
    omitted = (*OPEN[:-1], "Omitted")
    assert not value(forecast.is_forecast, omitted)
    assert value(forecast.category_win_rate, omitted) == 0.0


def test_health_moves_the_chance_of_a_stage_between_a_half_and_115_percent(spark):
    scores = spark.createDataFrame([(0.0,), (35.0,), (70.0,), (100.0,), (None,)], "score double")
    rows = scores.select(forecast.health_adjustment(F.col("score"))).collect()
    assert [row[0] for row in rows] == pytest.approx([0.5, 0.75, 1.0, 1.15, 1.0])


def test_no_chance_is_better_than_certain(spark):
    assert spark.range(1).select(forecast.win_chance(F.lit(0.95), F.lit(100.0))).first()[0] == 1.0


def test_dollars_of_unknown_health_are_half_certain(spark):
    scores = spark.createDataFrame([(48.0,), (None,)], "score double")
    assert [row[0] for row in scores.select(forecast.certainty(F.col("score"))).collect()] == [0.48, 0.5]


def test_a_deal_without_a_price_adds_nothing(spark):
    amounts = spark.createDataFrame([(5.0,), (None,)], "amount double")
    assert [row[0] for row in amounts.select(forecast.priced_amount()).collect()] == [5.0, 0.0]
