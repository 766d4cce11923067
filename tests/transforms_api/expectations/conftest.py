"""Expectations evaluated on Spark and on Polars, many at once."""

import polars
import pytest
from pyspark.sql import types as T

from transforms_api.expectations.evaluate import evaluate_checks
from transforms_api.expectations.tree import Check

SPARK_TYPES = {
    "boolean": T.BooleanType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "decimal": T.DecimalType(10, 2),
    "string": T.StringType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "array<string>": T.ArrayType(T.StringType()),
}

POLARS_TYPES = {
    "boolean": polars.Boolean,
    "int": polars.Int32,
    "bigint": polars.Int64,
    "double": polars.Float64,
    "decimal": polars.Decimal(10, 2),
    "string": polars.String,
    "date": polars.Date,
    "timestamp": polars.Datetime("us", "UTC"),
    "array<string>": polars.List(polars.String),
}


@pytest.fixture(params=["spark", "polars"])
def frame(request):
    """frame("id bigint, name string", rows) → a DataFrame of the engine."""

    def make(schema, rows):
        columns = dict(column.split() for column in schema.split(", "))
        if request.param == "spark":
            struct = T.StructType([T.StructField(name, SPARK_TYPES[kind]) for name, kind in columns.items()])
            return request.getfixturevalue("spark").createDataFrame(rows, struct)
        return polars.LazyFrame(rows, {name: POLARS_TYPES[kind] for name, kind in columns.items()}, orient="row")

    return make


@pytest.fixture
def evaluated(frame):
    """evaluated(schema, rows, expectations, **others) → their results; others are pairs of schema and rows."""

    def evaluate_all(schema, rows, expectations, **others):
        checks = [Check(expectation, f"check {number}") for number, expectation in enumerate(expectations)]
        return evaluate_checks(
            "/d", frame(schema, rows), checks, {name: frame(*other) for name, other in others.items()}
        )

    return evaluate_all


@pytest.fixture
def problems(evaluated, monkeypatch):
    """problems(schema, rows, expectations, **others) → {expectation: what is wrong, or None}.

    Rows to show are not read, which would take a job for each expectation that does not hold.
    """
    monkeypatch.setattr("transforms_api.expectations.evaluate.sample_of", lambda *_: [])

    def problems_of(schema, rows, expectations, **others):
        results = evaluated(schema, rows, expectations, **others)
        return {expectation: result.problem for expectation, result in zip(expectations, results, strict=True)}

    return problems_of
