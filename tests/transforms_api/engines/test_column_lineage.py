"""The lineage of a Spark frame's columns: two tables, `deals` and `reps`, and what is computed from them."""

import pytest
from pyspark.sql import Window
from pyspark.sql import functions as F

from transforms_api.engines.spark.column_lineage import lineage_of_frame


@pytest.fixture(scope="module")
def folder(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables with spaces")
    spark.createDataFrame(
        [(1, 7, 5.0, "won", ["a"], {"x": 1})],
        "id long, rep long, amount double, stage string, tags array<string>, place struct<x: long>",
    ).write.parquet(str(folder / "deals"))
    spark.createDataFrame([(7, "Ann", None)], "rep long, name string, manager long").write.parquet(str(folder / "reps"))
    return folder


@pytest.fixture
def deals(spark, folder):
    return read(spark, folder, "deals")


@pytest.fixture
def reps(spark, folder):
    return read(spark, folder, "reps")


@pytest.fixture
def lineage(folder):
    """lineage(frame) → the lineage of a frame that a job with both inputs writes."""
    return lambda frame: lineage_of_frame(frame, {str(folder / name): f"/{name}" for name in ("deals", "reps")})


@pytest.fixture
def sources(lineage):
    """sources(frame, column) → set of texts such as 'IDENTITY /deals.id'."""
    return lambda frame, column: {f"{kind} {name}" for name, kind in lineage(frame).of_column(column)}


def read(spark, folder, name):
    frame = spark.read.parquet(str(folder / name))
    frame.createOrReplaceTempView(f"lineage_{name}")
    return frame


def test_a_renamed_column_is_a_copy(deals, sources):
    assert sources(deals.select(F.col("amount").alias("usd")), "usd") == {"IDENTITY /deals.amount"}


@pytest.mark.parametrize("kind, influence", [("double", "IDENTITY"), ("string", "TRANSFORMATION")])
def test_a_cast_to_the_same_type_is_a_copy(deals, sources, kind, influence):
    assert sources(deals.select(F.col("amount").cast(kind)), "amount") == {f"{influence} /deals.amount"}


def test_an_expression_comes_from_all_columns_that_it_uses(deals, sources):
    assert sources(deals.select((F.col("id") + F.col("rep")).alias("x")), "x") == {
        "TRANSFORMATION /deals.id",
        "TRANSFORMATION /deals.rep",
    }


def test_a_constant_comes_from_no_column_and_is_known(deals, lineage):
    columns = lineage(deals.select(F.lit(1).alias("x")))
    assert (list(columns.of_column("x")), columns.unknown) == ([], ())


def test_a_condition_decides_and_the_values_are_computed(deals, sources):
    frame = deals.select(F.when(F.col("stage") == "won", F.col("amount")).otherwise(F.col("id")).alias("x"))
    assert sources(frame, "x") == {
        "CONDITIONAL /deals.stage",
        "TRANSFORMATION /deals.amount",
        "TRANSFORMATION /deals.id",
    }


def test_a_filter_affects_every_column(deals, sources):
    assert sources(deals.filter("stage = 'won'").select("id"), "id") == {"IDENTITY /deals.id", "FILTER /deals.stage"}


def test_a_sum_is_aggregated_and_its_groups_are_indirect(deals, sources):
    frame = deals.groupBy("rep").agg(F.sum("amount").alias("total"))
    assert sources(frame, "total") == {"AGGREGATION /deals.amount", "GROUP_BY /deals.rep"}


@pytest.mark.parametrize("values", [None, ["won", "lost"]])
def test_a_pivot_takes_values_by_the_pivoted_column(deals, sources, values):
    frame = deals.groupBy("rep").pivot("stage", values).agg(F.sum("amount"))
    assert sources(frame, "won") == {
        "AGGREGATION /deals.amount",
        "CONDITIONAL /deals.stage",
        "GROUP_BY /deals.rep",
        "GROUP_BY /deals.stage",
    }


def test_a_window_partitions_and_orders_indirectly(deals, sources):
    window = Window.partitionBy("rep").orderBy("id")
    assert sources(deals.select(F.sum("amount").over(window).alias("x")), "x") == {
        "AGGREGATION /deals.amount",
        "WINDOW /deals.rep",
        "WINDOW /deals.id",
    }


@pytest.mark.parametrize("rank", [F.rank, F.dense_rank, F.percent_rank, F.row_number])
def test_a_rank_is_affected_by_its_window_alone(deals, sources, rank):
    window = Window.partitionBy("rep").orderBy("amount")
    assert sources(deals.select(rank().over(window).alias("x")), "x") == {"WINDOW /deals.rep", "WINDOW /deals.amount"}


def test_a_join_affects_every_column_by_its_keys(deals, reps, sources):
    frame = deals.join(reps, "rep", "left").select("id", "name")
    assert sources(frame, "name") == {"IDENTITY /reps.name", "JOIN /deals.rep", "JOIN /reps.rep"}


def test_a_semi_join_adds_no_column(deals, reps, sources):
    frame = deals.join(reps, "rep", "left_semi").select("id").union(deals.select("id"))
    assert sources(frame, "id") == {"IDENTITY /deals.id", "JOIN /deals.rep", "JOIN /reps.rep"}


def test_both_sides_of_a_self_join_are_the_same_dataset(reps, sources):
    frame = reps.alias("a").join(reps.alias("b"), F.col("a.manager") == F.col("b.rep")).select(F.col("b.name"))
    assert sources(frame, "name") == {"IDENTITY /reps.name", "JOIN /reps.manager", "JOIN /reps.rep"}


def test_a_union_takes_columns_by_their_position(deals, reps, sources):
    frame = deals.select("id").union(reps.select("manager"))
    assert sources(frame, "id") == {"IDENTITY /deals.id", "IDENTITY /reps.manager"}


def test_a_union_does_not_change_what_its_first_part_is_elsewhere(deals, reps, sources):
    ids = deals.select("id")
    frame = ids.crossJoin(ids.union(reps.select("manager")).toDF("other"))
    assert sources(frame, "id") == {"IDENTITY /deals.id"}


def test_an_exploded_array_is_computed_from_it(deals, sources):
    assert sources(deals.select("id", F.explode("tags").alias("tag")), "tag") == {"TRANSFORMATION /deals.tags"}


def test_a_nested_field_counts_as_its_column(deals, sources):
    assert sources(deals.select("place.x"), "x") == {"TRANSFORMATION /deals.place"}


def test_fields_of_a_struct_are_known_apart(deals, sources):
    frame = deals.select(F.struct("id", (F.col("rep") + 1).alias("next")).alias("both")).select("both.*")
    assert (sources(frame, "id"), sources(frame, "next")) == ({"IDENTITY /deals.id"}, {"TRANSFORMATION /deals.rep"})


@pytest.mark.parametrize("unpacked", ["inline", "explode"])
def test_rows_made_from_an_array_of_structs_keep_its_columns_apart(deals, sources, unpacked):
    pairs = F.array(
        F.struct(F.lit("all").alias("filter"), F.col("amount").alias("value")),
        F.struct(F.col("stage").alias("filter"), F.lit(0.0).alias("value")),
    )
    exploded = deals.select(F.explode(pairs).alias("pair")).select("pair.*")
    frame = deals.select(F.inline(pairs)) if unpacked == "inline" else exploded
    assert sources(frame, "filter") == {"TRANSFORMATION /deals.stage"}
    assert sources(frame, "value") == {"TRANSFORMATION /deals.amount"}


def test_the_value_at_the_maximum_is_aggregated_and_the_maximum_decides(deals, sources):
    last = F.max_by(F.struct("stage", "amount"), "id").alias("last")
    frame = deals.groupBy("rep").agg(last).select("last.stage")
    assert sources(frame, "stage") == {
        "AGGREGATION /deals.stage",
        "CONDITIONAL /deals.id",
        "GROUP_BY /deals.rep",
    }


def test_the_fields_of_a_minimal_struct_are_decided_by_all_of_it(deals, sources):
    frame = deals.agg(F.min(F.struct("amount", "stage")).alias("least")).select("least.stage")
    assert sources(frame, "stage") == {
        "AGGREGATION /deals.stage",
        "CONDITIONAL /deals.amount",
        "CONDITIONAL /deals.stage",
    }


def test_the_elements_that_a_lambda_makes_come_from_what_it_uses(deals, sources):
    pairs = F.array(F.struct(F.col("id").alias("a"), F.col("rep").alias("b")))
    frame = deals.select(F.transform(pairs, lambda pair: pair["a"] + F.col("amount")).alias("x"))
    assert {"TRANSFORMATION /deals.id", "TRANSFORMATION /deals.amount"} <= sources(frame, "x")
    assert "TRANSFORMATION /deals.rep" not in sources(frame, "x")


def test_the_condition_of_a_filtered_array_is_indirect(deals, sources):
    frame = deals.select(F.filter("tags", lambda tag: tag == F.col("stage")).alias("x"))
    assert sources(frame, "x") == {
        "TRANSFORMATION /deals.tags",
        "CONDITIONAL /deals.tags",
        "CONDITIONAL /deals.stage",
    }


def test_a_function_of_python_uses_all_its_arguments(deals, sources):
    added = F.udf(lambda a, b: a, "long")
    assert sources(deals.select(added("id", "rep").alias("x")), "x") == {
        "TRANSFORMATION /deals.id",
        "TRANSFORMATION /deals.rep",
    }


def test_rows_that_python_computes_come_from_all_columns(reps, sources):
    frame = reps.mapInPandas(lambda batches: batches, "made long")
    assert sources(frame, "made") == {f"TRANSFORMATION /reps.{name}" for name in ("rep", "name", "manager")}


def test_a_rollup_groups_by_its_columns(deals, sources):
    frame = deals.rollup("rep").agg(F.max("amount").alias("top"))
    assert sources(frame, "top") == {"AGGREGATION /deals.amount", "GROUP_BY /deals.rep"}


def test_a_cached_frame_keeps_its_lineage(deals, sources):
    cached = deals.select("id").cache()
    try:
        assert sources(cached, "id") == {"IDENTITY /deals.id"}
    finally:
        cached.unpersist()


def test_a_checkpoint_makes_columns_incomplete_whose_direct_sources_are_known(deals, reps, lineage):
    columns = lineage(deals.select("id").localCheckpoint().crossJoin(reps.select("name")))
    assert (columns.unknown, [str(name) for name, _ in columns.of_column("name")]) == (("id", "name"), ["/reps.name"])


def test_a_count_of_checkpointed_rows_is_incomplete(deals, lineage):
    frame = deals.filter("stage = 'won'").localCheckpoint().agg(F.count(F.lit(1)).alias("n"))
    assert lineage(frame).unknown == ("n",)


def test_a_filter_by_an_unknown_column_makes_every_column_incomplete(spark, deals, lineage):
    ids = spark.createDataFrame([(1,)], "id long")
    assert lineage(deals.join(ids, "id").select("amount")).unknown == ("amount",)


def test_a_subquery_is_read_and_its_conditions_are_indirect(spark, deals, reps, sources):
    frame = spark.sql(
        "select (select max(name) from lineage_reps r where r.rep = d.rep) as x from lineage_deals d "
        "where id in (select manager from lineage_reps)"
    )
    assert sources(frame, "x") == {
        "AGGREGATION /reps.name",
        "FILTER /reps.rep",
        "FILTER /deals.rep",
        "FILTER /deals.id",
        "FILTER /reps.manager",
    }


def test_a_common_table_expression_that_is_used_twice_is_read(spark, deals, sources):
    frame = spark.sql(
        "with t as (select rep, sum(amount) as total from lineage_deals group by rep) "
        "select a.total as x from t a join t b on a.rep = b.rep"
    )
    assert sources(frame, "x") == {"AGGREGATION /deals.amount", "GROUP_BY /deals.rep", "JOIN /deals.rep"}


def test_a_lateral_join_reads_the_columns_beside_it(spark, deals, sources):
    frame = spark.sql("select x from lineage_deals d, lateral (select d.id + 1 as x)")
    assert sources(frame, "x") == {"TRANSFORMATION /deals.id"}


def test_a_plan_of_many_thousand_expressions_is_read(deals, sources):
    frame = deals.select(*[(F.col("id") + number).alias(f"column_{number}") for number in range(150)])
    for _ in range(40):
        frame = frame.filter("column_1 > 0").select(*[F.col(name) + F.col("column_149") for name in frame.columns])
        frame = frame.toDF(*[f"column_{number}" for number in range(150)])
    assert sources(frame, "column_7") == {"TRANSFORMATION /deals.id", "FILTER /deals.id"}
