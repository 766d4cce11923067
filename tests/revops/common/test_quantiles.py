import pytest

from transforms.revops.common.quantiles import median, quantile, with_ranks

SCHEMA = "team string, days long, deals long"


@pytest.fixture
def of_teams(spark):
    """of_teams(aggregate, (team, days, deals), …) → the aggregate of each team, by the team's name."""

    def compute(aggregate, *rows):
        ranked = with_ranks(spark.createDataFrame(rows, SCHEMA), "days", "deals", "team")
        return {row.team: row.result for row in ranked.groupBy("team").agg(aggregate.alias("result")).collect()}

    return compute


def test_the_median_of_an_odd_number_of_values_is_the_one_in_the_middle(of_teams):
    assert of_teams(median("days"), ("A", 7, 1), ("A", 1, 1), ("A", 3, 1)) == {"A": 3.0}


def test_the_median_of_an_even_number_of_values_is_between_the_two_in_the_middle(of_teams):
    assert of_teams(median("days"), ("A", 1, 1), ("A", 4, 1), ("A", 9, 1), ("A", 3, 1)) == {"A": 3.5}


def test_a_value_counts_as_often_as_it_occurs(of_teams):
    # 1 1 1 1 8 9: both in the middle are 1; 1 1 8 8: they are 1 and 8
    rows = [("A", 1, 4), ("A", 8, 1), ("A", 9, 1), ("B", 1, 2), ("B", 8, 2)]
    assert of_teams(median("days"), *rows) == {"A": 1.0, "B": 4.5}


def test_counts_of_a_value_may_be_spread_over_rows(of_teams):
    assert of_teams(median("days"), ("A", 5, 1), ("A", 2, 1), ("A", 5, 2)) == {"A": 5.0}


def test_a_value_that_is_unknown_does_not_count(of_teams):
    rows = [("A", None, 9), ("A", 2, 1), ("A", 4, 1), ("B", None, 3)]
    assert of_teams(median("days"), *rows) == {"A": 3.0, "B": None}


def test_a_quantile_is_the_least_value_within_which_the_share_lies(of_teams):
    # of ten values, nine are up to 20, and ten up to 90
    rows = [("A", 10, 5), ("A", 20, 4), ("A", 90, 1)]
    assert of_teams(quantile("days", 0.5), *rows) == {"A": 10}
    assert of_teams(quantile("days", 0.9), *rows) == {"A": 20}
    assert of_teams(quantile("days", 0.91), *rows) == {"A": 90}
