"""@incremental: what a run reads and writes, when it runs incrementally, and why it does not."""

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check, Input, Output, incremental, transform, transform_df
from transforms_api.builds.job import run_job
from transforms_api.errors import (
    ChecksFailedError,
    DeclarationError,
    NotIncrementalError,
    SchemaMismatchError,
    TransformKeyError,
    TransformTypeError,
    WriteError,
)
from transforms_api.warehouse.warehouse import Warehouse

ID = T.StructType([T.StructField("id", T.LongType())])


def ids(frame):
    return sorted(row.id for row in frame.collect())


def source(mode, *numbers, dataset="/A/source"):
    """Return a transform that writes these ids in a mode: 'append' adds them, 'replace' leaves only them."""

    @transform(out=Output(dataset))
    def compute(ctx, out):
        out.set_mode(mode)
        out.write_dataframe(ctx.spark_session.createDataFrame([(number,) for number in numbers], ID))

    return compute


def reader(look, outputs=("/A/out",), **settings):
    """Return an incremental transform that calls `look` with its objects and copies new rows into its outputs."""

    @incremental(**settings)
    @transform(source=Input("/A/source"), **{f"out{n}": Output(path) for n, path in enumerate(outputs)})
    def read(ctx, source, **outs):
        look(ctx, source)
        for out in outs.values():
            out.write_dataframe(source.dataframe())

    return read


def copy(**settings):
    return reader(lambda ctx, source: None, **settings)


@pytest.fixture
def seen(run):
    """seen(transform factory, *settings): run it and return (is_incremental, ids by read mode)."""

    def look_at_a_run(**settings):
        reads = {}

        def look(ctx, source):
            reads.update({mode: ids(source.dataframe(mode)) for mode in ("added", "previous", "current")})
            reads["is_incremental"] = ctx.is_incremental

        run(reader(look, **settings))
        return reads

    return look_at_a_run


def reason(published):
    [note] = published.notes
    return note


def test_a_first_run_reads_everything_and_later_ones_what_came_since(run, seen):
    run(source("replace", 1, 2))
    assert seen() == {"is_incremental": False, "added": [1, 2], "previous": [], "current": [1, 2]}
    run(source("append", 3))
    assert seen() == {"is_incremental": True, "added": [3], "previous": [1, 2], "current": [1, 2, 3]}
    assert seen() == {"is_incremental": True, "added": [], "previous": [1, 2, 3], "current": [1, 2, 3]}


def test_an_incremental_run_adds_to_its_output(run, rows):
    run(source("replace", 1))
    run(copy())
    run(source("append", 2))
    assert run(copy()).rows == {"/A/out": 1}
    assert rows("/A/out") == [{"id": 1}, {"id": 2}]


def test_snapshot_inputs_are_read_as_a_whole_and_may_change_in_any_way(run, seen):
    run(source("replace", 1))
    seen(snapshot_inputs=["source"])
    run(source("replace", 2, 3))
    modes = {"added": [2, 3], "previous": [], "current": [2, 3]}
    assert seen(snapshot_inputs=["source"]) == {"is_incremental": True, **modes}


def test_the_default_read_mode_is_added_and_gives_the_same_dataframe(run):
    def look(ctx, source):
        assert source.dataframe() is source.dataframe("added")
        assert source.dataframe("current") is not source.dataframe()

    run(source("replace", 1))
    run(reader(look))


def test_an_unknown_read_mode_is_an_error(run):
    run(source("replace", 1))
    with pytest.raises(Exception, match="read as 'added', 'previous' or 'current', not as 'modified'"):
        run(reader(lambda ctx, source: source.dataframe("modified")))


def test_transform_df_reads_what_is_new_and_adds_what_it_returns(run, rows):
    doubled = incremental()(
        transform_df(Output("/A/doubled"), source=Input("/A/source"))(lambda source: source.select(F.col("id") * 2))
    )
    run(source("replace", 1))
    run(doubled)
    run(source("append", 5))
    run(doubled)
    assert rows("/A/doubled") == [{"(id * 2)": 10}, {"(id * 2)": 2}]


# When it runs as a whole, and why


def test_a_replaced_input_makes_the_next_run_a_whole_one(run, rows):
    run(source("replace", 1))
    run(copy())
    run(source("replace", 2))
    assert reason(run(copy())) == "not running incrementally: /A/source got a SNAPSHOT since the last run"
    assert rows("/A/out") == [{"id": 2}]


def test_a_changed_semantic_version_makes_the_next_run_a_full_one(run):
    run(source("replace", 1))
    run(copy())
    assert reason(run(copy(semantic_version=2))) == "not running incrementally: its semantic_version is 2 now"
    assert reason(run(copy(semantic_version=2))) == "ran incrementally"


def test_a_first_run_says_that_nothing_has_been_built(run):
    run(source("replace", 1))
    assert reason(run(copy())) == "not running incrementally: no output has been built yet"


def test_an_output_that_another_transform_wrote_makes_the_run_a_whole_one(run):
    run(source("replace", 1))
    run(source("replace", 9, dataset="/A/out"))
    assert reason(run(copy())).startswith("not running incrementally: /A/out was last written by")


def test_a_spark_transform_without_inputs_continues_from_its_own_output(run, rows):
    @incremental()
    @transform(out=Output("/A/out"))
    def count(ctx, out):
        before = out.dataframe("previous", ID).count()
        out.write_dataframe(ctx.spark_session.createDataFrame([(before,)], ID))

    assert reason(run(count)) == "not running incrementally: no output has been built yet"
    assert reason(run(count)) == "ran incrementally"
    assert rows("/A/out") == [{"id": 0}, {"id": 1}]


def test_a_transform_df_without_inputs_adds_to_its_output(run, rows):
    @incremental()
    @transform_df(Output("/A/out"))
    def count(ctx):
        return ctx.spark_session.createDataFrame([(int(ctx.is_incremental),)], ID)

    run(count)
    run(count)
    assert rows("/A/out") == [{"id": 0}, {"id": 1}]


def test_adding_incremental_to_a_built_transform_runs_incrementally_at_once(run):
    plain = transform(source=Input("/A/source"), out0=Output("/A/out"))
    run(source("replace", 1))

    def read(ctx, source, out0):
        out0.write_dataframe(source.dataframe())

    run(plain(read))
    assert reason(run(incremental()(plain(read)))) == "ran incrementally"


def test_a_new_output_does_not_stop_an_incremental_run(run):
    run(source("replace", 1))
    run(copy())
    assert reason(run(copy(outputs=("/A/out", "/A/new")))) == "ran incrementally"


def test_outputs_of_different_runs_make_the_run_a_whole_one(run):
    run(source("replace", 1))
    run(copy(outputs=("/A/one", "/A/two")))
    run(source("append", 2))
    run(copy(outputs=("/A/one",)))
    published = run(copy(outputs=("/A/one", "/A/two")))
    assert reason(published).endswith("its outputs were last built from different transactions of its inputs")


def test_an_added_input_is_read_as_a_whole_and_keeps_the_run_incremental(run):
    reads = {}

    def read(ctx, out0, **sources):
        reads.update({name: ids(source.dataframe()) for name, source in sources.items()})
        out0.write_dataframe(sources["source"].dataframe())

    run(source("replace", 1))
    run(source("replace", 7, 8, dataset="/A/more"))
    run(incremental()(transform(source=Input("/A/source"), out0=Output("/A/out"))(read)))
    both = transform(source=Input("/A/source"), more=Input("/A/more"), out0=Output("/A/out"))
    assert reason(run(incremental()(both(read)))) == "ran incrementally"
    assert reads == {"source": [], "more": [7, 8]}


def test_require_incremental_fails_where_a_run_would_be_a_whole_one(run, rows):
    run(source("replace", 1))
    run(copy(require_incremental=True))
    run(source("replace", 2))
    with pytest.raises(NotIncrementalError, match="cannot run incrementally: /A/source got a SNAPSHOT"):
        run(copy(require_incremental=True))
    assert rows("/A/out") == [{"id": 1}]
    assert run(copy(require_incremental=True, semantic_version=2)).rows == {"/A/out": 1}


def test_rows_that_a_delta_delete_took_away_break_increments_unless_retention_is_allowed(run, warehouse):
    run(source("replace", 1))
    run(source("append", 2))
    run(copy(allow_retention=True))
    DeltaTable(str(warehouse.table("/A/source"))).delete("id = 1")
    assert reason(run(copy(allow_retention=True))) == "ran incrementally"
    DeltaTable(str(warehouse.table("/A/source"))).delete("id = 2")
    assert reason(run(copy())).endswith("/A/source got a DELETE since the last run")


def test_rows_appended_by_another_writer_count_as_new(run, seen, warehouse):
    run(source("replace", 1))
    seen()
    import pyarrow as pa
    from deltalake import write_deltalake

    write_deltalake(str(warehouse.table("/A/source")), pa.table({"id": [5]}), mode="append")
    assert (seen()["added"], seen()["added"]) == ([5], [])


# Outputs


def test_an_output_reads_what_was_there_and_what_is_new(run):
    reads = {}

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        reads["before writing"] = ids(out.dataframe("previous", schema=ID))
        out.write_dataframe(source.dataframe())
        reads.update({mode: ids(out.dataframe(mode)) for mode in ("current", "added")})
        reads["after writing"] = ids(out.dataframe("previous", ID))

    run(source("replace", 1))
    run(read)
    assert reads == {"before writing": [], "current": [1], "added": [1], "after writing": []}
    run(source("append", 2))
    run(read)
    assert reads == {"before writing": [1], "current": [1, 2], "added": [2], "after writing": [1]}


def test_earlier_rows_can_be_merged_with_new_ones_and_replaced(run, rows):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/sums"))
    def add_up(source, out):
        before = out.dataframe("previous", schema=T.StructType([T.StructField("total", T.LongType())]))
        new = source.dataframe().select(F.col("id").alias("total"))
        out.set_mode("replace")
        out.write_dataframe(before.unionByName(new).agg(F.sum("total").alias("total")))

    run(source("replace", 1, 2))
    run(add_up)
    run(source("append", 4))
    run(add_up)
    assert rows("/A/sums") == [{"total": 7}]


def test_previous_rows_of_a_first_run_need_a_schema(run):
    run(source("replace", 1))

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(source, out):
        with pytest.raises(ValueError, match="pass the schema"):
            out.dataframe("previous")

    run(read)


@pytest.mark.parametrize(
    "schema",
    [
        T.StructType([T.StructField("id", T.StringType())]),
        T.StructType([T.StructField("id", T.LongType(), nullable=False)]),
        T.StructType([T.StructField("number", T.LongType())]),
    ],
    ids=["another type", "not nullable", "another name"],
)
def test_previous_rows_must_have_the_requested_schema(run, schema):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        if ctx.is_incremental:
            out.dataframe("previous", schema=schema)
        out.write_dataframe(source.dataframe())

    run(source("replace", 1))
    run(read)
    with pytest.raises(SchemaMismatchError, match="/A/out holds struct<id:bigint>"):
        run(read)


def test_a_column_that_is_new_is_null_in_earlier_rows(run, rows):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        extra = [F.lit("x").alias("note")] if ctx.is_incremental else []
        out.write_dataframe(source.dataframe().select("id", *extra))

    run(source("replace", 1))
    run(read)
    run(source("append", 2))
    assert reason(run(read)) == "ran incrementally"
    assert rows("/A/out") == [{"id": 1, "note": None}, {"id": 2, "note": "x"}]
    assert reason(run(read)) == "ran incrementally"


def test_fields_that_are_new_in_structs_arrays_and_maps_are_null_in_earlier_rows(run, rows, spark):
    current = []

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out", checks=Check(E.col("id").non_null(), "id is known")))
    def read(ctx, source, out):
        struct = "struct('x' as b, id as a)" if ctx.is_incremental else "struct(id as a)"
        out.write_dataframe(source.dataframe().selectExpr("id", f"array({struct}) l", f"map('k', {struct}) m"))
        if ctx.is_incremental:
            current.extend(out.dataframe("current").orderBy("id").selectExpr("l[0].b b", "m['k'].a a").collect())

    run(source("replace", 1))
    run(read)
    run(source("append", 2))
    run(read)
    first, second = {"a": 1, "b": None}, {"a": 2, "b": "x"}
    assert rows("/A/out") == [
        {"id": 1, "l": [first], "m": [("k", first)]},
        {"id": 2, "l": [second], "m": [("k", second)]},
    ]
    assert [tuple(row) for row in current] == [(None, 1), ("x", 2)]
    seen = transform_df(Output("/A/seen"), out=Input("/A/out"))(lambda out: out.selectExpr("id", "l[0].b b"))
    run(seen)
    assert rows("/A/seen") == [{"id": 1, "b": None}, {"id": 2, "b": "x"}]


def test_rows_of_another_type_cannot_be_added(run, rows):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        out.write_dataframe(source.dataframe().select(F.col("id").cast("string" if ctx.is_incremental else "long")))

    run(source("replace", 1))
    run(read)
    with pytest.raises(WriteError, match="column 'id' is long there and string in the new rows"):
        run(read)
    assert rows("/A/out") == [{"id": 1}]


def test_two_writes_of_an_incremental_run_add_up(run, rows):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        out.set_mode("modify")
        out.write_dataframe(source.dataframe())
        out.write_dataframe(source.dataframe())

    run(source("replace", 1))
    run(read)
    assert rows("/A/out") == [{"id": 1}, {"id": 1}]


def test_an_incremental_run_that_writes_nothing_keeps_the_output_and_remembers_what_it_read(run, rows, seen):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        if not ctx.is_incremental:
            out.write_dataframe(source.dataframe())
        added.append(ids(source.dataframe()))

    added = []
    run(source("replace", 1))
    run(read)
    run(source("append", 2))
    run(read)
    run(read)
    assert (added, rows("/A/out")) == ([[1], [2], []], [{"id": 1}])


def test_an_aborted_run_reads_the_same_rows_again_next_time(run):
    added = []

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def read(ctx, source, out):
        added.append(ids(source.dataframe()))
        if added[-1] == [2] and len(added) == 2:
            ctx.abort_job()
        out.write_dataframe(source.dataframe())

    run(source("replace", 1))
    run(read)
    run(source("append", 2))
    run(read)
    run(read)
    assert added == [[1], [2], [2]]


def test_partitioned_outputs_grow_within_their_partitions(run, rows):
    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/parts"))
    def read(source, out):
        out.write_dataframe(source.dataframe().select("id", (F.col("id") % 2).alias("odd")), partition_cols=["odd"])

    reads = []
    follow = incremental()(
        transform(parts=Input("/A/parts"), out=Output("/A/follow"))(
            lambda parts, out: reads.append(sorted(map(tuple, parts.dataframe().select("id", "odd").collect())))
        )
    )
    run(source("replace", 1, 2))
    run(read)
    run(follow)
    run(source("append", 3))
    run(read)
    run(follow)
    assert reads == [[(1, 1), (2, 0)], [(3, 1)]]


def test_checks_see_the_whole_output_and_not_only_what_is_new(run, rows):
    at_most_two = Check(E.count().lte(2), "at most two")
    copied = incremental()(
        transform_df(Output("/A/out", checks=at_most_two), source=Input("/A/source"))(lambda source: source)
    )
    run(source("replace", 1, 2))
    run(copied)
    run(source("append", 3))
    with pytest.raises(ChecksFailedError, match="the number of rows is 3"):
        run(copied)
    assert rows("/A/out") == [{"id": 1}, {"id": 2}]


# Limits and branches


def test_a_transaction_limit_reads_so_many_transactions_at_a_time(run):
    batches = []

    @incremental(v2_semantics=True)
    @transform(source=Input("/A/source", transaction_limit=2), out=Output("/A/out"))
    def read(source, out):
        batches.append(tuple(ids(source.dataframe(mode)) for mode in ("added", "previous", "current")))
        out.write_dataframe(source.dataframe())

    run(source("replace", 1))
    for number in (2, 3, 4, 5):
        run(source("append", number))
    for _ in range(4):
        run(read)
    assert batches == [
        ([1, 2], [], [1, 2]),
        ([3, 4], [1, 2], [1, 2, 3, 4]),
        ([5], [1, 2, 3, 4], [1, 2, 3, 4, 5]),
        ([], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
    ]


def test_a_transaction_limit_needs_v2_semantics():
    limited = transform_df(Output("/A/out"), source=Input("/A/source", transaction_limit=1))(lambda source: source)
    with pytest.raises(DeclarationError, match="transaction_limit of 'source' needs"):
        incremental()(limited)


def test_the_first_run_on_a_branch_continues_its_parent(run, environment, warehouse, rows):
    run(source("replace", 1))
    run(copy())
    run(source("append", 2))
    feature = Warehouse(warehouse.root, "feature", fallback_branches=("master",))
    on_feature = environment("build-2", feature)
    assert run_job(copy(), on_feature).notes == ["ran incrementally"]
    run_job(source("append", 3), on_feature)
    assert run_job(copy(), on_feature).rows == {"/A/out": 1}
    on_branch = DeltaTable(str(feature.table("/A/out"))).to_pyarrow_table().to_pylist()
    assert sorted(row["id"] for row in on_branch) == [1, 2, 3]
    assert rows("/A/out") == [{"id": 1}]


# Declarations


def test_snapshot_inputs_have_to_be_inputs():
    plain = transform_df(Output("/A/out"), source=Input("/A/source"))(lambda source: source)
    with pytest.raises(TransformKeyError, match="names sauce, but its inputs are source"):
        incremental(snapshot_inputs=["sauce"])(plain)
    with pytest.raises(KeyError):
        incremental(snapshot_inputs=["sauce"])(plain)


def test_incremental_goes_above_a_transform():
    with pytest.raises(TransformTypeError, match="incremental goes above"):
        incremental()(lambda: None)


def test_a_requested_snapshot_reads_everything_replaces_the_output_and_the_next_run_is_incremental(
    run, environment, rows
):
    run(source("replace", 1))
    run(copy())
    run(source("append", 2))
    run(copy())
    reads = []
    look = reader(lambda ctx, source: reads.append((ctx.is_incremental, ids(source.dataframe()))))
    snapshot = environment("build-2", snapshots=frozenset({"/A/out"}))
    assert reason(run_job(look, snapshot)) == "not running incrementally: a snapshot is requested for this build"
    assert rows("/A/out") == [{"id": 1}, {"id": 2}]
    run(source("append", 3))
    run(look)
    assert reads == [(False, [1, 2]), (True, [3])]


def test_a_requested_snapshot_is_allowed_although_the_transform_requires_incremental_runs(run, environment, rows):
    run(source("replace", 1))
    run(copy(require_incremental=True))
    snapshot = environment("build-2", snapshots=frozenset({"/A/out"}))
    run_job(copy(require_incremental=True), snapshot)
    assert rows("/A/out") == [{"id": 1}]
