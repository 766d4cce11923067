from datetime import date

import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.analytics.rep_performance_view import compute, performance_tier, places_gained
from transforms.revops.contracts.reps import REP_PERFORMANCE

PERFORMANCE = {
    "rep_id": "R1",
    "ytd_attainment": 0.784,
    "prior_ytd_attainment": 0.824,
    "won_count": 1,
    "lost_count": 0,
    "win_rate": 0.32,
    "team_win_rate": 0.28,
    "prior_quarter_win_rate": 0.25,
    "avg_sales_cycle_days": 40.0,
    "team_avg_sales_cycle_days": 45.5,
    "overall_rank": 4,
    "total_reps": 12,
    "prior_quarter_rank": 6,
    "data_freshness": date(2024, 11, 15),
}


@pytest.fixture(scope="module")
def view(run, frame):
    """view(field=value, …) → the row that the view shows of a rep with this performance."""

    return lambda **changes: run(compute, performance=frame(REP_PERFORMANCE, {**PERFORMANCE, **changes})).first()


def test_a_tier_begins_at_its_threshold(spark):
    rows = [
        (1.42, "Top Performer"), (1.10, "Top Performer"), (1.0999, "On Track"), (0.90, "On Track"),
        (0.8999, "Needs Improvement"), (0.70, "Needs Improvement"), (0.6999, "At Risk"), (0.0, "At Risk"),
    ]  # fmt: skip
    df = spark.createDataFrame(rows, "ytd_attainment double, expected string")
    actual = df.select("expected", performance_tier(F.col("ytd_attainment")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_climbing_gains_places_and_a_new_rep_gains_none_that_we_know(spark):
    rows = [(6, 4, 2), (1, 3, -2), (5, 5, 0), (None, 4, None)]
    df = spark.createDataFrame(rows, "prior long, now long, expected long")
    actual = df.select("expected", places_gained(F.col("prior"), F.col("now")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_the_texts_follow_the_documents_formatters(view):
    row = view()
    assert (row.ytd_attainment_display, row.rank_display, row.win_rate_vs_team_display) == ("78%", "#4/12", "+4%")


def test_a_rep_is_set_against_team_and_quarter_before(view):
    row = view()
    changes = (row.win_rate_vs_team, row.cycle_vs_team, row.attainment_change_qoq, row.win_rate_change_qoq)
    assert changes == pytest.approx((0.04, -5.5, -0.04, 0.07))


def test_a_comparison_with_an_unknown_value_is_unknown(view):
    row = view(
        prior_ytd_attainment=None, prior_quarter_win_rate=None, prior_quarter_rank=None, avg_sales_cycle_days=None
    )
    assert (row.attainment_change_qoq, row.win_rate_change_qoq, row.rank_change_qoq, row.cycle_vs_team) == (None,) * 4


def test_a_rep_who_closed_no_deal_has_no_known_change_of_the_win_rate(view):
    assert view(won_count=0, win_rate=0.0).win_rate_change_qoq is None
