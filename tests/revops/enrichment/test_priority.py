"""How pressing an open deal is, and by when to act on it."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.enrichment.priority import (
    LEAST_URGENCY_SCORES,
    WEIGHTS,
    act_by,
    action_urgency,
    days_needed,
    flags_factor,
    forecast_impact,
    health_factor,
    impact_factor,
    is_working_day,
    priority_score,
    silence_factor,
    slip_factor,
    slip_risk,
    urgency,
)

TODAY = date(2024, 11, 15)


@pytest.fixture(scope="module")
def values_of(spark):
    """values_of(function, schema of its arguments, rows) → the values of the function, one per row."""

    def values(function, schema, *rows):
        df = spark.createDataFrame([row if isinstance(row, tuple) else (row,) for row in rows], schema)
        return [row[0] for row in df.select(function(*[F.col(name) for name in df.columns])).collect()]

    return values


def test_forecast_impact_is_amount_times_category_times_timing(values_of):
    schema = "amount double, category string, close_date date, today date, days_open int, is_aged boolean"
    this_quarter, next_quarter = date(2024, 12, 31), date(2025, 1, 1)
    impacts = values_of(
        forecast_impact, schema,
        (1_000_000.0, "Commit", this_quarter, TODAY, 40, False),
        (1_000_000.0, "Best Case", date(2024, 11, 1), TODAY, 40, True),
        (1_000_000.0, "Pipeline", next_quarter, TODAY, 40, True),
        (1_000_000.0, "Pipeline", None, TODAY, 40, False),
        (1_000_000.0, "Pipeline", None, TODAY, 40, True),
        (1_000_000.0, "Pipeline", None, TODAY, None, False),
        (1_000_000.0, "Omitted", this_quarter, TODAY, 40, False),
        (None, "Commit", this_quarter, TODAY, 40, False),
    )  # fmt: skip
    assert impacts == pytest.approx([650_000, 300_000, 25_000, 25_000, 5_000, 10_000, 0, 0])


def test_an_impact_a_tenth_as_large_counts_a_third_less(values_of):
    rows = [(1_000_000.0, 1_000_000.0), (100_000.0, 1_000_000.0), (1_000.0, 1_000_000.0), (10.0, 1_000_000.0)]
    factors = values_of(impact_factor, "impact double, largest double", *rows, (0.0, 1_000_000.0), (0.0, None))
    assert factors == pytest.approx([1, 2 / 3, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("factor", "schema", "rows", "expected"),
    [
        (health_factor, "health double", [0.0, 25.0, 100.0, None], [1, 0.75, 0, 0.5]),
        (
            silence_factor, "days int, never boolean",
            [(0, False), (21, False), (90, False), (None, True), (None, False)], [0, 1, 1, 1, 0.5],
        ),
        (slip_factor, "slip string", ["HIGH", "MEDIUM", "LOW"], [1, 0.5, 0]),
        (flags_factor, "flags array<string>", [([],), (["A"] * 3,), (["A"] * 5,)], [0, 1, 1]),
    ],
    ids=["health", "silence", "slip", "flags"],
)  # fmt: skip
def test_a_factor_is_0_to_1_and_a_half_if_unknown(values_of, factor, schema, rows, expected):
    assert values_of(factor, schema, *rows) == expected


def test_the_score_is_the_weighted_sum_of_its_factors_and_100_at_most(values_of, spark):
    # 60 × 0.9 + 12 × 0.5 + 10 × 0.2 + 10 × 1 + 8 × 1/3 = 74.66…
    factors = {"impact": 0.9, "health": 0.5, "silence": 0.2, "slip": 1.0, "flags": 1 / 3}
    score = priority_score({name: F.lit(value) for name, value in factors.items()})
    assert spark.range(1).select(score).first()[0] == 74.7
    assert sum(WEIGHTS.values()) == 100


def test_a_deal_needs_the_rest_of_its_stage_and_all_later_stages(values_of):
    schema = "days_in_stage int, benchmark double, later double"
    rows = [(4, 14.0, 24.0), (45, 14.0, 24.0), (None, 14.0, 24.0), (4, 10.0, None)]
    assert values_of(days_needed, schema, *rows) == [34, 24, 38, 6]


@pytest.mark.parametrize(
    ("until_close", "needed", "health", "stuck", "risk"),
    [
        (-1, 0.0, 90.0, False, "HIGH"),
        (30, 31.0, 90.0, False, "HIGH"),
        (90, 10.0, 39.0, False, "HIGH"),
        (90, 10.0, 59.0, True, "HIGH"),
        (14, 0.0, 90.0, True, "HIGH"),
        (15, 0.0, 90.0, True, "MEDIUM"),
        (90, 10.0, 59.0, False, "MEDIUM"),
        (None, 10.0, None, False, "MEDIUM"),
        (None, 10.0, 39.0, False, "HIGH"),
        (30, 30.0, 60.0, False, "LOW"),
        (30, 30.0, None, False, "LOW"),
    ],
)
def test_slip_risk_follows_from_time_left_health_and_progress(values_of, until_close, needed, health, stuck, risk):
    schema = "until_close int, needed double, health double, stuck boolean"
    assert values_of(slip_risk, schema, (until_close, needed, health, stuck)) == [risk]


def test_urgency_has_its_limits_and_size_alone_is_not_urgent(values_of):
    schema = "score double, flags array<string>, slip string"
    flagged = [(score, ["NO_EB"], "LOW") for score in (62.0, 61.9, 48.0, 32.0, 31.9)]
    calm = [(80.0, [], "LOW"), (80.0, [], "MEDIUM"), (80.0, [], "HIGH"), (10.0, [], "LOW")]
    assert values_of(urgency, schema, *flagged) == ["CRITICAL", "HIGH", "HIGH", "MEDIUM", "LOW"]
    assert values_of(urgency, schema, *calm) == ["MEDIUM", "MEDIUM", "CRITICAL", "LOW"]


def test_every_urgency_is_a_time_to_act(values_of):
    assert values_of(action_urgency, "level string", *LEAST_URGENCY_SCORES) == ["today", "this_week", "soon", "soon"]


@pytest.mark.parametrize(
    ("level", "today", "close_date", "expected"),
    [
        ("CRITICAL", date(2024, 11, 13), None, date(2024, 11, 13)),  # a Wednesday
        ("HIGH", date(2024, 11, 13), None, date(2024, 11, 15)),  # this week's Friday
        ("MEDIUM", date(2024, 11, 13), None, date(2024, 11, 22)),  # next week's Friday
        ("LOW", date(2024, 11, 20), None, date(2024, 11, 27)),  # next week ends before Thanksgiving
        ("HIGH", date(2024, 11, 15), None, date(2024, 11, 15)),  # a Friday
        ("CRITICAL", date(2017, 12, 31), None, date(2018, 1, 2)),  # a Sunday before New Year's Day
        ("HIGH", date(2017, 12, 31), None, date(2018, 1, 5)),
        ("MEDIUM", date(2024, 11, 15), date(2024, 11, 20), date(2024, 11, 19)),  # before the close date
        ("MEDIUM", date(2024, 11, 15), date(2024, 11, 18), date(2024, 11, 15)),  # Monday: the Friday before
        ("MEDIUM", date(2024, 11, 15), date(2024, 11, 1), date(2024, 11, 22)),  # overdue
        ("HIGH", date(2024, 11, 28), None, date(2024, 12, 6)),  # Thanksgiving: from Monday on
    ],
)
def test_the_day_to_act_by_is_a_working_day_in_its_week_and_before_the_close_date(
    values_of, level, today, close_date, expected
):
    assert values_of(act_by, "level string, today date, close_date date", (level, today, close_date)) == [expected]


def test_weekends_and_us_holidays_are_no_working_days(values_of):
    days_off = [
        date(2024, 11, 16), date(2024, 11, 17), date(2025, 1, 1), date(2025, 5, 26), date(2025, 7, 4),
        date(2025, 9, 1), date(2024, 11, 28), date(2024, 11, 29), date(2024, 12, 25),
    ]  # fmt: skip
    working_days = [date(2024, 11, 15), date(2025, 5, 19), date(2025, 9, 8), date(2024, 11, 21), date(2024, 11, 22)]
    assert values_of(is_working_day, "day date", *days_off) == [False] * len(days_off)
    assert values_of(is_working_day, "day date", *working_days) == [True] * len(working_days)
