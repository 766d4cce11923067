"""The lineage of DuckDB queries on two inputs, `deals` and `reps`, and of what single-node transforms write."""

import polars
import pytest

from transforms.api import Input, Output, transform
from transforms_api.runtime.duckdb_lineage import InputTable, lineage_of_query
from transforms_api.warehouse.warehouse import Warehouse

INPUTS = {
    "deals": InputTable("/deals", ("id", "rep", "Amount", "stage")),
    "reps": InputTable("/reps", ("rep", "name")),
}


def sources(sql, column, *others):
    lineage = lineage_of_query(sql, INPUTS, (column, *others))
    assert lineage.reason is None
    return {f"{kind} {name}" for name, kind in lineage.of_column(column)}


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("select amount as x from deals", {"IDENTITY /deals.Amount"}),
        ("select id + rep as x from deals", {"TRANSFORMATION /deals.id", "TRANSFORMATION /deals.rep"}),
        ("from deals select sum(id) as x", {"AGGREGATION /deals.id"}),
        ("select id as x from deals where stage = 'won'", {"IDENTITY /deals.id", "FILTER /deals.stage"}),
        ("select count(*) as x from deals group by rep", {"GROUP_BY /deals.rep"}),
        ("select max(id) as x from deals having min(rep) > 1", {"AGGREGATION /deals.id", "FILTER /deals.rep"}),
        (
            "select case when stage = 'won' then id else rep end as x from deals",
            {"CONDITIONAL /deals.stage", "TRANSFORMATION /deals.id", "TRANSFORMATION /deals.rep"},
        ),
        (
            "select sum(id) filter (where stage = 'won') as x from deals",
            {"AGGREGATION /deals.id", "CONDITIONAL /deals.stage"},
        ),
        (
            "select rank() over (partition by rep order by id) as x from deals",
            {"WINDOW /deals.rep", "WINDOW /deals.id"},
        ),
        (
            "select name as x from deals join reps using (rep)",
            {"IDENTITY /reps.name", "JOIN /deals.rep", "JOIN /reps.rep"},
        ),
        ("with t as (select id + 1 as y from deals) select y as x from t", {"TRANSFORMATION /deals.id"}),
        ("select id as x from deals union all select rep from reps", {"IDENTITY /deals.id", "IDENTITY /reps.rep"}),
        ("select id as x from deals order by stage", {"IDENTITY /deals.id", "SORT /deals.stage"}),
        ("select arg_max(id, rep) as x from deals", {"AGGREGATION /deals.id", "CONDITIONAL /deals.rep"}),
        (
            "select (select max(d.id) from deals d where d.rep = r.rep) as x from reps r",
            {"AGGREGATION /deals.id", "FILTER /deals.rep", "FILTER /reps.rep"},
        ),
        ("select 1 as x from deals", set()),
    ],
)
def test_a_column_of_a_query_comes_from(sql, expected):
    assert sources(sql, "x") == expected


def test_all_columns_but_some_are_taken():
    assert sources("select * exclude (amount, stage) from deals", "id", "rep") == {"IDENTITY /deals.id"}


def test_grouping_by_all_groups_by_the_columns_that_are_not_aggregated():
    assert sources("select rep, sum(id) as x from deals group by all", "rep", "x") == {
        "IDENTITY /deals.rep",
        "GROUP_BY /deals.rep",
    }


@pytest.mark.parametrize(
    "sql, text",
    [
        ("select x from elsewhere", "'x' could not be resolved"),
        ("select elsewhere.x from elsewhere", "elsewhere is no input"),
        ("select columns('i.*') as x from deals", "COLUMNS"),
        ("from (pivot deals on stage using sum(id))", "PIVOT"),
        ("select list_transform([id], i -> i + 1) as x from deals", "LAMBDA"),
        ("select x from read_csv('file.csv')", "file.csv"),
        ("create table t as select id as x from deals", "it is not one query"),
        ("select id as x from deals; select rep as x from deals", "it is not one query"),
        ("select id as y from deals", "its columns are read differently"),
        ("select from where", "known"),
    ],
)
def test_what_is_not_read_is_unknown_and_named(sql, text):
    reason = lineage_of_query(sql, INPUTS, ("x",)).reason
    assert reason.startswith("the lineage of its DuckDB query is not known")
    assert text in reason


@transform.using(out=Output("/deals"))
def deals(out):
    out.write_table(polars.DataFrame({"id": [1, 2], "stage": ["won", "lost"]}))


@pytest.fixture
def recorded(run_without_spark, warehouse):
    """recorded(write) → the lineage of what a transform of `/deals` wrote by `write(ctx, deals, out)`."""
    run_without_spark(deals)

    def run(write):
        def compute(ctx, deals, out):
            write(ctx, deals, out)

        run_without_spark(transform.using(deals=Input("/deals"), out=Output("/out"))(compute))
        return Warehouse(warehouse.root).latest("/out").commit.provenance.columns

    return run


def test_a_query_of_the_context_has_a_lineage(recorded):
    lineage = recorded(lambda ctx, deals, out: out.write_table(ctx.duckdb().conn.sql("select id as x from deals")))
    assert [(str(name), kind) for name, kind in lineage.of_column("x")] == [("/deals.id", "IDENTITY")]


def replaced(ctx, deals, out):
    connection = ctx.duckdb().conn
    connection.execute("create or replace view deals as select 1 as id")
    out.write_table(connection.sql("select id as x from deals"))


def derived(ctx, deals, out):
    out.write_table(ctx.duckdb().conn.sql("select id as x from deals").filter("x > 1"))


@pytest.mark.parametrize(
    "write, reason",
    [
        (replaced, "its DuckDB connection has run other statements than queries"),
        (derived, "its DuckDB relation is not the result of one query of ctx.duckdb().conn.sql(…)"),
        (lambda ctx, deals, out: out.write_table(deals.polars()), "a single-node transform wrote it"),
        (lambda ctx, deals, out: out.write_table(deals.polars(lazy=True)), "a single-node transform wrote it"),
    ],
    ids=["replaced input", "derived relation", "Polars", "lazy Polars"],
)
def test_other_rows_are_unknown_and_the_reason_says_why(recorded, write, reason):
    assert recorded(write).reason == reason
