"""Checks of Spark transforms: Polars evaluates those on few rows where it agrees with Spark."""

import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, incremental, transform, transform_df
from transforms_api.builds import output_checks
from transforms_api.errors import ChecksFailedError
from transforms_api.expectations.spark_backend import SparkBackend


@pytest.fixture
def evaluated_by_spark(monkeypatch):
    """Return the list of column sets on which Spark evaluates checks from now on."""
    columns = []
    initialize = SparkBackend.__init__

    def record(backend, frame, others=None):
        columns.append(frame.columns)
        initialize(backend, frame, others)

    monkeypatch.setattr(SparkBackend, "__init__", record)
    return columns


def numbers(*checks, dataset="/A/numbers", **columns):
    """Return a transform that writes two rows: the ids 0 and 1, with a column for each SQL expression."""
    return transform_df(Output(dataset, checks=list(checks)))(
        lambda ctx: ctx.spark_session.range(2).selectExpr("id", *[f"{sql} AS {name}" for name, sql in columns.items()])
    )


def test_checks_that_hold_on_few_rows_start_no_spark_job(run, evaluated_by_spark):
    published = run(
        numbers(
            Check(E.primary_key("id"), "key"),
            Check(E.all(E.col("amount").gte(0), E.col("day").non_null(), E.count().equals(2)), "rows"),
            Check(E.group_by("name").col("amount").sum().lte(3), "sum per name"),
            amount="cast(1.5 AS decimal(18,2))",
            day="DATE '2025-01-31'",
            name="'Ann'",
        )
    )
    assert [result.problem for result in published.checks] == [None, None, None]
    assert evaluated_by_spark == []


def test_a_check_that_fails_on_few_rows_has_the_problem_and_rows_that_spark_finds(run, evaluated_by_spark):
    with pytest.raises(ChecksFailedError, match=r"/A/numbers: small: 1 row breaks it\n +id=1"):
        run(numbers(Check(E.col("id").lt(1), "small")))
    assert evaluated_by_spark == [["id"]]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        pytest.param(E.col("value").rlike("^(?=a)a$"), "'a'", id="a regular expression is Java's"),
        pytest.param(E.col("value").gt(0.0), "double('NaN')", id="NaN is the largest value"),
        pytest.param(E.col("value").approx_distinct_count().lte(9), "1", id="an approximate count"),
    ],
)
def test_spark_evaluates_checks_that_polars_would_evaluate_otherwise(run, evaluated_by_spark, check, value):
    published = run(numbers(Check(check, "value"), value=value))
    assert [result.problem for result in published.checks] == [None]
    assert evaluated_by_spark == [["id", "value"]]


def test_spark_evaluates_checks_on_many_rows(run, evaluated_by_spark, monkeypatch):
    monkeypatch.setattr(output_checks, "_FEW_ROWS", 1)
    run(numbers(Check(E.col("id").gte(0), "id")))
    assert evaluated_by_spark == [["id"]]


def test_checks_on_few_rows_of_an_input_and_references_to_it_start_no_spark_job(run, evaluated_by_spark):
    run(numbers())
    copy = transform(
        source=Input("/A/numbers", checks=Check(E.primary_key("id"), "key")),
        out=Output(
            "/A/copy",
            checks=[
                Check(E.col("id").is_in_foreign_col(E.dataset_ref("source").col("id")), "known"),
                Check(E.count().equals(E.dataset_ref("source").count()), "all"),
            ],
        ),
    )(lambda source, out: out.write_dataframe(source.dataframe()))
    assert [result.problem for result in run(copy).checks] == [None, None, None]
    assert evaluated_by_spark == []


def test_a_check_on_appended_rows_counts_the_rows_before_them(run, evaluated_by_spark):
    @incremental()
    @transform(source=Input("/A/numbers"), out=Output("/A/all", checks=Check(E.count().lte(4), "at most four")))
    def collect(source, out):
        out.write_dataframe(source.dataframe("added"))

    @incremental()
    @transform(out=Output("/A/numbers"))
    def append(ctx, out):
        out.write_dataframe(ctx.spark_session.range(2))

    for _ in range(2):
        run(append)
        run(collect)
    assert evaluated_by_spark == []
    run(append)
    with pytest.raises(ChecksFailedError, match="the number of rows is 6, expected <= 4"):
        run(collect)
