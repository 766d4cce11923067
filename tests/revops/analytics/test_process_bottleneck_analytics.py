from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics.process_bottleneck_analytics import (
    duration_counts,
    durations,
    fall_back_counts,
    fall_backs,
    is_bottleneck,
    steps,
    waiting,
)

DAY = date(2024, 11, 1)
EVENTS = "opportunity_id string, activity string, sequence long, ended_on date, duration_days long"
ORDER = [("Discovery", 3), ("Solution Design", 4), ("Proposal", 5)]


def event(opportunity_id, activity, sequence, days=1):
    return opportunity_id, activity, sequence, None if days is None else DAY, days


@pytest.fixture
def by_activity(spark):
    """by_activity(events) → activity → its fall backs."""

    def fall_backs_of(*events):
        order = spark.createDataFrame(ORDER, "activity string, sort_order long")
        rows = fall_backs(fall_back_counts(steps(spark.createDataFrame(events, EVENTS), order))).collect()
        return {row.activity: row for row in rows}

    return fall_backs_of


def test_a_deal_falls_back_from_the_activity_it_was_in(by_activity):
    rows = by_activity(
        event("D1", "Discovery", 1), event("D1", "Solution Design", 2), event("D1", "Proposal", 3),
        event("D1", "Discovery", 4), event("D1", "Proposal", 5),
        event("D2", "Proposal", 1),
    )  # fmt: skip
    proposal = rows["Proposal"]
    assert (proposal.deals_reached, proposal.fall_back_rate) == (2, 0.5)
    assert (proposal.fall_back_to, proposal.fall_back_to_rate) == ("Discovery", 0.5)
    assert rows["Solution Design"].fall_back_rate == 0


def test_an_activity_without_regressions_names_no_target(by_activity):
    row = by_activity(event("D1", "Discovery", 1))["Discovery"]
    assert (row.fall_back_rate, row.fall_back_to, row.fall_back_to_rate) == (0, None, 0)


def test_only_finished_activities_have_a_duration(spark):
    events = [event("D1", "Proposal", 1, 2), event("D2", "Proposal", 1, 4), event("D3", "Proposal", 1, None)]
    [row] = durations(duration_counts(spark.createDataFrame(events, EVENTS))).collect()
    assert tuple(row) == ("Proposal", 2, 3.0, 3.0)


def test_open_deals_wait_in_the_activity_that_goes_on(spark):
    events = [event(deal, "Proposal", 1, None) for deal in ("D1", "D2", "CLOSED")] + [event("D1", "Discovery", 1)]
    deals = spark.createDataFrame([("D1", 5.0), ("D2", None)], "opportunity_id string, amount double")
    [row] = waiting(spark.createDataFrame(events, EVENTS), deals).collect()
    assert tuple(row) == ("Proposal", 2, 5.0)


def test_a_bottleneck_takes_more_than_one_and_a_half_times_its_benchmark(spark):
    df = spark.createDataFrame([(7.6, 5.0), (7.5, 5.0), (None, 5.0)], "days double, benchmark double")
    rows = df.select(is_bottleneck(F.col("days"), F.col("benchmark"))).collect()
    assert [row[0] for row in rows] == [True, False, False]
