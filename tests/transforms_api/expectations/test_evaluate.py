"""All checks of a dataset are evaluated together: one pass, one report, and rows to look at where one does not hold."""

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import polars
import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms_api.expectations.evaluate import CheckResult, evaluate_checks
from transforms_api.expectations.tree import Check

IN_SOURCE = E.col("id").is_in_foreign_col(E.dataset_ref("source").col("id"))
ALL_THAT_HOLD_OF_THREE_ROWS = [
    E.schema().contains({"id": T.LongType()}),
    E.primary_key("id"),
    E.primary_key("name", "id"),
    E.group_by("name", "id").is_unique(),
    E.count().equals(3),
    E.col("id").non_null(),
    E.col("name").is_in("a", "b", "c"),
    E.col("id").sum().equals(6),
    E.col("id").distinct_count().equals(3),
    E.col("id").approx_distinct_count().gt(1),
    E.col("id").standard_deviation_sample().equals(1),
    E.any(E.count().gt(5), E.col("id").gt(0)),
    E.when(E.col("id").gt(2), E.primary_key("id")).otherwise(E.count().lt(5)),
    E.any(IN_SOURCE, E.col("id").equals(3)),
    *[E.col("id").lt(bound) for bound in range(4, 34)],
]
THREE_ROWS = [(1, "a"), (2, "b"), (3, "c")]


def checks(expectations):
    return [Check(expectation, f"check {number}") for number, expectation in enumerate(expectations)]


def test_spark_reads_each_row_once_for_all_metrics_and_once_more_for_each_key(spark, tmp_path):
    read = tmp_path / "read"  # an accumulator can miss rows: Spark only logs an update that fails

    def counted(row):
        with read.open("a") as lines:
            lines.write(f"{row[0]}\n")
        return row

    rows = spark.sparkContext.parallelize(THREE_ROWS).map(counted)
    frame = spark.createDataFrame(rows, "id bigint, name string")
    source = spark.createDataFrame([(1,), (2,)], "id bigint")
    results = evaluate_checks("/d", frame, checks(ALL_THAT_HOLD_OF_THREE_ROWS), {"source": source})
    assert [result.problem for result in results if result.problem] == []
    keys = {leaf.by for check in ALL_THAT_HOLD_OF_THREE_ROWS for leaf in check.leaves() if hasattr(leaf, "by")}
    assert sorted(read.read_text().split()) == sorted(["1", "2", "3"] * (1 + len(keys)))


def test_polars_reads_the_rows_once_however_many_checks_there_are():
    read = []
    schema = {"id": polars.Int64, "name": polars.String}
    frame = polars.LazyFrame(THREE_ROWS, schema, orient="row").map_batches(lambda rows: (read.append(1), rows)[1])
    results = evaluate_checks(
        "/d", frame, checks(ALL_THAT_HOLD_OF_THREE_ROWS), {"source": polars.DataFrame({"id": [1, 2]})}
    )
    assert [result.problem for result in results if result.problem] == []
    assert read == [1]


def test_checks_on_the_schema_alone_read_no_rows():
    schema = {"id": polars.Int64}
    frame = polars.LazyFrame({"id": [1]}).map_batches(lambda rows: pytest.fail("rows were read"), schema=schema)
    [result] = evaluate_checks("/d", frame, checks([E.schema().equals({"id": polars.Int64})]))
    assert result.problem is None


def test_groups_by_the_same_columns_share_a_pass():
    read = []
    frame = polars.LazyFrame({"id": [1, 2]}).map_batches(lambda rows: (read.append(1), rows)[1])
    evaluate_checks("/d", frame, checks([E.group_by("id").count().gt(0), E.group_by("id").col("id").sum().gt(0)]))
    assert read == [1]


def test_all_checks_are_reported_together_each_with_its_own_result(frame):
    rows = frame("id bigint, name string", [(1, None), (1, "b")])
    declared = [
        Check(E.primary_key("id"), "key"),
        Check(E.schema().contains({"id": T.LongType()}), "schema"),
        Check(E.col("name").non_null(), "name", on_error="WARN"),
    ]
    results = evaluate_checks("/d", rows, declared)
    assert [(r.name, r.problem is None, r.stops_the_job) for r in results] == [
        ("key", False, True),
        ("schema", True, False),
        ("name", False, False),
    ]


def test_rows_that_break_a_check_are_shown_its_columns_first(evaluated):
    rows = [(1, "a", -5), (2, "b", 5), (3, None, -7)]
    [result] = evaluated("id bigint, name string, amount bigint", rows, [E.col("amount").gte(0)])
    assert result.problem == "2 rows break it"
    assert [list(row.items()) for row in result.sample] == [
        [("amount", -5), ("id", 1), ("name", "a")],
        [("amount", -7), ("id", 3), ("name", None)],
    ]


def test_five_rows_are_shown_at_most(evaluated):
    [result] = evaluated("id bigint", [(n,) for n in range(1_234)], [E.col("id").lt(0)])
    assert (result.problem, len(result.sample)) == ("1,234 rows break it", 5)


def test_no_row_is_shown_of_a_check_that_holds_or_that_is_about_no_rows(evaluated):
    results = evaluated("id bigint", [(1,)], [E.col("id").gt(0), E.count().gt(5), E.col("gone").gt(0), E.false()])
    assert [result.sample for result in results] == [[], [], [], []]


def test_keys_that_repeat_are_shown_with_how_often_after_rows_with_a_null_in_them(evaluated):
    rows = [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (None, "e")]
    key, unique = evaluated("id bigint, name string", rows, [E.primary_key("id"), E.group_by("id").is_unique()])
    assert key.sample == [{"id": None, "name": "e"}, {"id": 1, "number of rows": 3}]
    assert unique.sample == [{"id": 1, "number of rows": 3}]


def test_groups_that_break_a_check_are_shown_with_their_value(evaluated):
    rows = [("north", 1), ("north", 2), ("south", 7)]
    [result] = evaluated("region string, id bigint", rows, [E.group_by("region").col("id").sum().lt(5)])
    assert result.sample == [{"region": "south", "sum of id": 7}]


def test_the_sample_of_a_mixed_expectation_has_the_rows_that_break_its_unsettled_part(evaluated):
    either, both = E.any(E.count().gt(5), E.col("id").gt(1)), E.all(E.primary_key("id"), E.col("id").gt(1))
    first, second = evaluated("id bigint", [(1,), (1,), (2,)], [either, both])
    assert first.sample == [{"id": 1}, {"id": 1}]
    assert second.sample == [{"id": 1, "number of rows": 2}]


def test_values_are_shown_as_json_and_long_ones_are_cut(evaluated):
    schema = "text string, price decimal, day date, ratio double, flags array<string>, id bigint"
    row = ("x" * 500, Decimal("1.50"), date(2024, 11, 15), float("nan"), ["y" * 500], None)
    [result] = evaluated(schema, [row], [E.col("id").non_null()])
    assert (
        result.sample
        == json.loads(json.dumps(result.sample, allow_nan=False))
        == [
            {
                "id": None,
                "text": "x" * 100 + "…",
                "price": 1.5,
                "day": "2024-11-15",
                "ratio": "NaN",
                "flags": '["' + "y" * 98 + "…",
            }
        ]
    )


def test_timestamps_are_shown_in_utc(evaluated):
    noon = datetime(2024, 11, 15, 12, tzinfo=UTC)
    [result] = evaluated("at timestamp", [(noon,)], [E.col("at").is_null()])
    [shown] = result.sample
    assert datetime.fromisoformat(shown["at"].replace("Z", "+00:00")) == noon


def test_a_result_reads_as_its_problem_and_a_line_for_each_row():
    result = CheckResult("/d", "key", "FAIL", "2 rows break it", [{"id": 1, "name": "a"}, {"id": 2, "name": None}])
    assert str(result).splitlines() == ["/d: key: 2 rows break it", "    id=1, name=a", "    id=2, name=None"]
    assert json.dumps(dataclasses.asdict(result))


def test_declaring_checks_imports_neither_spark_nor_polars():
    code = (
        "import sys\n"
        "from transforms import expectations as E\n"
        "from transforms_api.expectations.tree import Check\n"
        "Check(E.any(E.col('a').gt(1), E.primary_key('a')), 'check')\n"
        "assert not {'pyspark', 'polars'} & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
