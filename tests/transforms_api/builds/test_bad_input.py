"""Bad input on every engine: the error says in a sentence what happened, where, and what to do, and what it says helps.

test_damaged_inputs.py tests the other jobs of such a build, without Spark.
"""

import contextlib

import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import JobState
from transforms_api.builds.scheduler import BuildOptions, run_build, where_of
from transforms_api.cli.app import app
from transforms_api.errors import ChecksFailedError, ComputeError, StoreError, WriteError
from transforms_api.project.graph import build_graph

DEALS = {"deal": ["A", "B", "C"], "amount": [10, 20, 30]}
POSITIVE = Check(E.col("amount").gt(0), "positive")


def deals(mode="replace", **columns):
    """A transform that makes /A/deals of these columns, without Spark."""

    def make(out):
        out.set_mode(mode)
        out.write_table(polars.DataFrame(columns or DEALS))

    return transform.using(out=Output("/A/deals"))(make)


def added_on_spark(query):
    """A transform that adds the rows of a query to /A/deals."""

    def add(ctx, out):
        out.set_mode("append")
        out.write_dataframe(ctx.spark_session.sql(query))

    return transform(out=Output("/A/deals"))(add)


def on_spark(source, out):
    out.write_dataframe(source.dataframe().select("deal", "amount"))


def on_pandas(source, out):
    out.write_table(source.pandas()[["deal", "amount"]])


def on_polars(source, out):
    out.write_table(source.polars().select("deal", "amount"))


def lazily(source, out):
    out.write_table(source.polars(lazy=True).select("deal", "amount"))


def on_duckdb(ctx, source, out):
    out.write_table(ctx.duckdb().conn.sql("select deal, amount from source"))


ENGINES = {"Spark": on_spark, "pandas": on_pandas, "Polars": on_polars, "lazy Polars": lazily, "DuckDB": on_duckdb}


def copy_by(engine, checks=()):
    """A transform that copies /A/deals by one of the engines."""
    decorate = transform if engine == "Spark" else transform.using
    return decorate(source=Input("/A/deals", checks=list(checks)), out=Output("/A/copy"))(ENGINES[engine])


@pytest.fixture
def run(environment):
    """run(transform) → what the job published. /A/deals is there."""
    run_job(deals(), environment())
    return lambda transform: run_job(transform, environment())


@pytest.fixture
def file(run, warehouse):
    """The Parquet file of /A/deals."""
    version = warehouse.latest("/A/deals")
    return version.table / version.paths[0]


def scramble(file):
    """Spoil a file's footer; its length stays."""
    content = file.read_bytes()
    file.write_bytes(content[:-200] + bytes(reversed(content[-200:-8])) + content[-8:])


# A damaged file


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b""), r"has 0 bytes, not \d+"),
        (lambda file: file.write_bytes(file.read_bytes()[:100]), r"has 100 bytes, not \d+"),
    ],
    ids=["missing", "empty", "truncated"],
)
def test_a_file_of_another_length_than_its_log_says_is_read_by_no_engine(run, file, engine, damage, problem):
    damage(file)
    with pytest.raises(
        StoreError, match=rf"/A/deals is damaged: its file transaction-\w+/{file.name} {problem}\. Build or"
    ):
        run(copy_by(engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_with_other_content_is_named_with_the_user_s_line_that_read_it(run, file, engine):
    scramble(file)
    with pytest.raises(ComputeError, match=rf"deals is damaged: .*/{file.name} cannot be read: .* Build or") as failed:
        run(copy_by(engine))
    assert failed.value.__cause__ is not None
    where = where_of(failed.value, copy_by(engine))
    assert where.startswith(__file__)
    assert f"in {ENGINES[engine].__name__}" in where


@pytest.mark.parametrize("engine", ["Spark", "Polars"])
def test_a_check_that_reads_a_damaged_file_names_it(run, file, engine):
    scramble(file)
    with pytest.raises(StoreError, match=rf"deals is damaged: .*/{file.name} cannot be read"):
        run(copy_by(engine, [POSITIVE]))


@pytest.mark.parametrize("engine", ["Spark", "Polars"])
def test_a_file_whose_column_has_another_type_than_its_table_is_named(run, file, warehouse, engine):
    length = file.stat().st_size
    pq.write_table(pa.table({**DEALS, "amount": ["ten"] * 3}), file)
    log = warehouse.table("/A/deals") / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text().replace(f'"size":{length}', f'"size":{file.stat().st_size}'))
    with pytest.raises(ComputeError, match=rf"deals is damaged: .*/{file.name} cannot be read: .*'ten'.* int64"):
        run(copy_by(engine))


def test_an_error_that_does_not_concern_a_file_keeps_its_text(run, file):
    with pytest.raises(ComputeError, match=r"^ValueError: nothing to do with it$"):
        run(transform_df(Output("/A/x"), source=Input("/A/deals"))(_unlucky))


def _unlucky(source):
    raise ValueError("nothing to do with it")


def test_a_damaged_dataset_that_is_built_again_can_be_read_again(run, file, rows):
    file.unlink()
    run(deals())
    run(copy_by("Spark"))
    assert len(rows("/A/copy")) == 3


# A damaged log


@pytest.fixture
def build(warehouse):
    """build(*transforms) → dataset → (state, reason), of a build of those that are stale. No Spark."""

    def run(*transforms):
        environment, graph = BuildEnvironment(lambda: None, warehouse, "build-1"), build_graph(transforms)
        report = run_build(make_plan(graph, environment, only_stale=True), BuildOptions())
        return {job.transform.writes[0]: (job.state, job.reason) for job in report.jobs}

    return run


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:200],
        lambda text: text[:-20],
        lambda text: "",
        lambda text: "\0" * len(text),
        lambda text: text.replace('"minReaderVersion":1', '"minReaderVersion":99'),
    ],
    ids=["a begin", "all but the end", "empty", "zeros", "of the future"],
)
def test_a_table_whose_log_is_damaged_fails_its_reader_with_what_to_do(build, warehouse, damage):
    build(deals())
    log = warehouse.table("/A/deals") / "_delta_log" / f"{0:020}.json"
    log.write_text(damage(log.read_text()))
    state, reason = build(copy_by("Polars"))["/A/copy"]
    assert state is JobState.FAILED
    assert "The Delta log of" in reason
    assert "/A/deals cannot be read: " in reason
    assert reason.endswith("/A/deals and build or import the dataset again.")
    assert "\n" not in reason


def test_a_half_written_log_is_never_fresh(build, warehouse):
    build(deals())
    log = warehouse.table("/A/deals") / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text()[:-20])
    assert build(deals())["/A/deals"][0] is JobState.FAILED


def test_a_log_without_its_first_commit_is_never_fresh_and_its_build_says_what_to_do(
    build, run_without_spark, warehouse
):
    for _ in range(2):
        run_without_spark(deals())
    (warehouse.table("/A/deals") / "_delta_log" / f"{0:020}.json").unlink()
    state, reason = build(deals())["/A/deals"]
    assert state is JobState.FAILED
    assert "/A/deals cannot be read: " in reason


# Columns that are not what they were


@pytest.mark.parametrize("engine", ENGINES)
def test_a_renamed_column_is_named_with_the_user_s_line_that_reads_it(run, engine):
    run(deals(deal=["A"], value=[10]))
    with pytest.raises(ComputeError, match="amount") as failed:
        run(copy_by(engine))
    assert where_of(failed.value, copy_by(engine)).startswith(__file__)


@pytest.mark.parametrize(
    "add", [deals("append", deal=["D"], amount=["ten"]), added_on_spark("select 'D' as deal, 'ten' as amount")]
)
def test_a_column_that_changed_its_type_stops_its_job_and_no_later_one(run, warehouse, rows, add):
    with pytest.raises(WriteError, match="added to /A/deals: column 'amount' is long there and string in the new rows"):
        run(add)
    assert list((warehouse.root / "_jobs").iterdir()) == []
    run(deals("append", deal=["D"], amount=[40]))
    assert len(rows("/A/deals")) == 4


def test_rows_that_one_job_adds_in_two_writes_have_the_same_columns(run):
    def add(out):
        out.set_mode("append")
        out.write_table(polars.DataFrame({"deal": ["D"], "amount": [40]}))
        out.write_table(polars.DataFrame({"deal": ["E"]}))

    with pytest.raises(WriteError, match="/A/deals: this job has written rows with other columns"):
        run(transform.using(out=Output("/A/deals"))(add))


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (lambda path: path.write_text("no Parquet"), r"b\.parquet has been written and is no Parquet file"),
        (lambda path: pandas.DataFrame({"x": [1]}).to_parquet(path), r"b\.parquet .* other columns than a\.parquet"),
    ],
    ids=["garbage", "other columns"],
)
def test_files_that_make_no_table_stop_their_job_and_no_later_one(run, warehouse, tmp_path, second, problem):
    def write(out):
        folder = type(tmp_path)(out.path_for_write_table)
        polars.DataFrame(DEALS).write_parquet(folder / "a.parquet")
        second(folder / "b.parquet")
        out.write_table(str(folder))

    with pytest.raises(WriteError, match=problem):
        run(transform.using(out=Output("/A/deals"))(write))
    assert list((warehouse.root / "_jobs").iterdir()) == []


def test_a_failed_write_of_spark_s_that_a_transform_catches_fails_its_job(run, warehouse):
    def write(ctx, out):
        out.write_dataframe(ctx.spark_session.sql("select 1 as x"))
        with contextlib.suppress(Exception):
            out.write_dataframe(ctx.spark_session.sql("select cast(raise_error('no row') as int) as x"))

    before = warehouse.latest("/A/out")
    with pytest.raises(WriteError, match=r"/A/out: a write failed .* no row"):
        run(transform(out=Output("/A/out"))(write))
    assert warehouse.latest("/A/out") == before


def test_a_duplicate_key_keeps_the_last_good_version_on_spark_too(run, warehouse):
    twice = transform_df(Output("/A/deals", checks=Check(E.primary_key("deal"), "one row a deal")))(
        lambda ctx: ctx.spark_session.sql("select 'A' as deal union all select 'A'")
    )
    with pytest.raises(ChecksFailedError, match=r"/A/deals: one row a deal: (.|\n)*deal=A"):
        run(twice)
    assert warehouse.latest("/A/deals").version == 0


# Too much


def test_a_cell_of_50_megabytes_goes_through_spark_checks_and_a_single_node_and_is_shown_in_part(run, rows, warehouse):
    large = transform_df(Output("/A/deals", checks=Check(E.col("deal").non_null(), "there")))(
        lambda ctx: ctx.spark_session.sql("select repeat('x', 50 * 1000 * 1000) as deal, 1L as amount")
    )
    run(large)
    run(copy_by("Polars"))
    run(copy_by("Spark"))
    assert [len(row["deal"]) for row in rows("/A/copy")] == [50_000_000]
    shown = CliRunner().invoke(app, ["show", "/A/copy", "--warehouse", str(warehouse.root)])
    assert "50,000,000 characters" in " ".join(shown.output.replace("│", " ").split())
    assert len(shown.output) < 10_000


def test_a_job_for_which_spark_has_no_memory_says_so_and_the_next_one_runs(run):
    def exhaust(ctx):
        return ctx.spark_session.range(ctx.spark_session._jvm.java.util.ArrayList(2**31 - 1).size())

    with pytest.raises(ComputeError, match=r"^Spark ran out of memory\. Give it more \(spark\.driver\.memory"):
        run(transform_df(Output("/A/x"))(exhaust))
    run(copy_by("Spark"))
