from datetime import date, timedelta

import pytest

from transforms.revops.analytics.deals_stuck_in_process import longest_waits, waits_in_activity

TODAY = date(2024, 11, 15)
WAITS = "opportunity_id string, waits_in string, days_waiting long, benchmark_days double"
EVENTS = "opportunity_id string, activity string, started_on date, ended_on date, data_freshness date"
BENCHMARKS = "level string, name string, benchmark_days double"


@pytest.fixture
def longest(spark):
    return lambda *waits: [tuple(row) for row in longest_waits(spark.createDataFrame(waits, WAITS)).collect()]


def test_a_wait_within_one_and_a_half_times_its_benchmark_is_not_stuck(longest):
    assert longest(("D1", "Proposal", 21, 14.0)) == []


def test_a_wait_of_unknown_length_is_not_stuck(longest):
    assert longest(("D1", "Proposal", None, 14.0)) == []


def test_of_two_waits_the_one_longest_over_its_benchmark_counts(longest):
    waits = ("D1", "Verbal Commit", 18, 10.0), ("D1", "Legal Review", 16, 5.0)
    assert longest(*waits) == [("D1", 11.0, "Legal Review", 16, 5.0)]


def test_only_activities_that_go_on_are_waited_in(spark):
    begin = TODAY - timedelta(days=12)
    events = [("D1", "Legal Review", begin, None, TODAY), ("D1", "Procurement", begin, TODAY, TODAY)]
    benchmarks = [("activity", "Legal Review", 5.0), ("stage", "Legal Review", 9.0), ("activity", "Procurement", 2.0)]
    waits = waits_in_activity(spark.createDataFrame(events, EVENTS), spark.createDataFrame(benchmarks, BENCHMARKS))
    assert [tuple(row) for row in waits.collect()] == [("D1", "Legal Review", 12, 5.0)]
