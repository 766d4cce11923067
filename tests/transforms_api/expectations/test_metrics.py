"""What one pass has to metric where expectations on rows and on the dataset are mixed."""

from transforms import expectations as E
from transforms_api.expectations.evaluate import metrics_of
from transforms_api.expectations.tree import RowCount, simplify

ROW = E.col("a").gt(1)


def measured(expectation):
    return list(metrics_of(simplify(expectation, lambda part: None)))


def test_an_outcome_about_the_dataset_that_leaves_something_to_ask_of_rows_is_prepared_for():
    assert measured(E.when(ROW, E.count().lt(5)).otherwise(E.true())) == [RowCount(), E.negate(ROW)]


def test_an_expectation_with_many_dataset_level_parts_is_measured_for_two_outcomes():
    keys = [E.primary_key(name) for name in "abcdefghij"]
    of_keys, of_rows = measured(E.any(*keys, ROW))[:-1], measured(E.any(*keys, ROW))[-1]
    assert (len(of_keys), of_rows) == (2 * len(keys), ROW)
