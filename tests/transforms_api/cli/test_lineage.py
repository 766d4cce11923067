"""The commands `lineage` and `impact` on a repository of three transforms, built once."""

import itertools
import json

import pytest

from transforms_api.api import Project

MODULE = """
from pyspark.sql import functions as F
from transforms import expectations as E
from transforms.api import Check, Input, Output, transform, transform_df

@transform.using(out=Output("/Shop/orders"))
def orders(out):
    import polars
    out.write_table(polars.DataFrame({"id": [1], "price": [2.0], "open": [True]}))

@transform_df(
    Output("/Shop/totals", checks=Check(E.col("total").gte(0), "no total is negative", on_error="WARN")),
    orders=Input("/Shop/orders", checks=Check(E.col("price").non_null(), "every order has a price")),
)
def totals(orders):
    return orders.filter("open").select(F.sum("price").alias("total"))

@transform.using(out=Output("/Shop/report"), totals=Input("/Shop/totals"))
def report(out, totals):
    out.write_table(totals.polars())

@transform_df(Output("/Shop/late"), orders=Input("/Shop/orders"))
def late(orders):
    return orders
"""


PAGES = """
from transforms_api.api import PageReads
from transforms_api.warehouse import ColumnName

def reads(warehouse):
    total = frozenset({ColumnName("/Shop/totals", "total")})
    return [PageReads("Sales", "Total", total, __file__ + ":5"), PageReads("Stock", "Shelves", frozenset())]
"""


@pytest.fixture(scope="module")
def shop(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop_lineage.py").write_text(MODULE)
    (folder / "shop_pages.py").write_text(PAGES)
    (folder / "conf").mkdir()
    (folder / "conf" / "run.toml").write_text('pages = "shop_pages:reads"\n')
    with Project.open(folder) as project:
        project.build("orders", "totals", "report").raise_for_failures()
    return folder


@pytest.fixture
def run(command, shop):
    """run(argument, …) → (exit code, stdout, stderr) of a command on the shop."""
    return lambda *arguments: command(*arguments, "--repo", shop)


def test_lineage_prints_the_sources_of_a_column_with_their_influence(run):
    code, printed, _ = run("lineage", "totals.total")
    assert (code, printed.splitlines()) == (
        0,
        ["/Shop/totals.total", "  /Shop/orders.open  filter", "  /Shop/orders.price  aggregation"],
    )


def test_lineage_of_direct_steps_leaves_out_what_only_decides_which_rows_there_are(run):
    _, printed, _ = run("lineage", "totals.total", "--direct")
    assert printed.splitlines() == ["/Shop/totals.total", "  /Shop/orders.price  aggregation"]


def test_lineage_downstream_prints_what_is_computed_from_a_column(run):
    _, printed, _ = run("lineage", "orders.price", "--downstream")
    assert printed.splitlines() == ["/Shop/orders.price", "  /Shop/totals.total  aggregation"]


def test_lineage_as_json_has_the_steps(run):
    _, printed, _ = run("lineage", "totals.total", "--json")
    steps = json.loads(printed)["steps"]
    assert [(step["column"], step["influences"]) for step in steps] == [
        ("open", ["FILTER"]),
        ("price", ["AGGREGATION"]),
    ]


def test_lineage_says_that_single_node_transforms_are_unknown(run):
    _, printed, _ = run("lineage", "report.total")
    assert "unknown: /Shop/report: a single-node transform wrote it" in printed


def test_a_column_that_no_input_affects_is_said_to_have_no_source(run):
    _, printed, _ = run("lineage", "orders.id")
    assert printed.splitlines()[-1] == "It comes from no column of an input."


def section(printed, title):
    """Return the lines below the first title of an output that begins so, without their indentation."""
    lines = printed.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    return [line.strip() for line in itertools.takewhile(str.strip, lines[start + 1 :])]


@pytest.fixture
def printed(run):
    """What `impact orders.price` prints."""
    code, printed, _ = run("impact", "orders.price")
    assert code == 0
    return printed


def line_of(text):
    return next(number for number, line in enumerate(MODULE.splitlines(), 1) if text in line)


def test_impact_begins_with_the_column_and_what_writes_it(printed):
    line = line_of("def orders(out)") - 1
    assert printed.splitlines()[0] == f"/Shop/orders.price, written by shop_lineage.py:{line}"


def test_impact_lists_the_columns_that_are_computed_from_it(printed):
    assert section(printed, "1 column computed from it") == ["/Shop/totals: total"]


def test_impact_says_that_a_filter_affects_columns_indirectly(run):
    _, printed, _ = run("impact", "orders.open")
    assert section(printed, "1 column that it affects indirectly") == ["/Shop/totals: total"]


def test_impact_lists_the_transforms_that_read_the_column_with_the_lines_that_name_it(printed):
    used = [line for line in section(printed, "1 transform that reads it") if "totals" in line]
    lines = f"{line_of('every order has a price')}, {line_of('F.sum')}"
    assert len(used) == 1
    assert used[0].startswith("shop_lineage.py:")
    assert used[0].endswith(f"totals (named in lines {lines})")


def test_impact_lists_checks_on_the_column_and_counts_those_of_what_depends_on_it(printed):
    assert section(printed, "Checks and contracts that name it") == [
        "check every order has a price, demanded by shop_lineage:totals"
    ]
    assert section(printed, "Checks and contracts of what depends on it") == ["totals: 1 check"]


def test_impact_lists_the_parts_of_pages_that_show_what_depends_on_it(printed):
    assert section(printed, "1 part of pages") == ["Sales, Total: totals.total  shop_pages.py:5"]


def test_impact_lists_the_datasets_that_may_depend_on_it(printed):
    assert section(printed, "Unknown") == ["/Shop/report: a single-node transform wrote it"]


def test_impact_says_what_was_not_built_since_the_code_was_written(printed):
    assert section(printed, "Recorded before a change") == ["/Shop/late: it has not been built"]


def test_impact_as_json_has_all_parts(run):
    _, printed, _ = run("impact", "orders.price", "--json")
    document = json.loads(printed)
    assert document["direct"] == [{"dataset": "/Shop/totals", "column": "total"}]
    assert [check["name"] for check in document["checks"]] == ["no total is negative", "every order has a price"]
    assert [(page["page"], page["part"]) for page in document["pages"]] == [("Sales", "Total")]


def test_a_function_for_pages_that_does_not_exist_is_said_and_the_rest_is_known(run, shop):
    (shop / "conf" / "run.toml").write_text('pages = "shop_pages:other"\n')
    try:
        _, printed, _ = run("impact", "orders.price")
    finally:
        (shop / "conf" / "run.toml").write_text('pages = "shop_pages:reads"\n')
    assert "Pages are not known: conf/run.toml: pages = 'shop_pages:other' must name a function" in printed
    assert section(printed, "1 column computed from it") == ["/Shop/totals: total"]


def test_lineage_upstream_is_the_default(run):
    assert run("lineage", "totals.total", "--upstream")[1] == run("lineage", "totals.total")[1]


def test_lineage_says_that_the_code_has_changed_since_it_was_recorded(run, shop):
    (shop / "shop_lineage.py").write_text(MODULE.replace("F.sum", "F.max"))
    try:
        _, printed, _ = run("lineage", "totals.total")
    finally:
        (shop / "shop_lineage.py").write_text(MODULE)
    assert "/Shop/totals: shop_lineage has changed" in section(printed, "Recorded before a change")


def test_an_unknown_dataset_is_refused_with_the_nearest(run):
    code, _, error = run("impact", "order.price")
    assert (code, "Did you mean orders?" in " ".join(error.split())) == (2, True)


def test_an_unknown_column_is_refused_with_the_nearest(run):
    code, _, error = run("lineage", "orders.prise")
    assert code == 2
    assert "/Shop/orders has no column 'prise' in version 0. Did you mean price?" in " ".join(error.split())


def test_a_name_without_a_column_is_refused(run):
    code, _, error = run("impact", "orders")
    assert (code, "write DATASET.COLUMN, such as orders.id." in " ".join(error.split())) == (2, True)


def test_a_dataset_that_was_never_built_is_refused_with_the_command_that_builds_it(run):
    code, _, error = run("lineage", "late.id")
    assert (code, "Build it: `build /Shop/late`" in " ".join(error.split())) == (2, True)
