"""The commands `lineage` and `impact` on a repository of three transforms, built once."""

import json

import pytest

from transforms_api.api import Project

MODULE = """
from pyspark.sql import functions as F
from transforms.api import Input, Output, transform, transform_df

@transform.using(out=Output("/Shop/orders"))
def orders(out):
    import polars
    out.write_table(polars.DataFrame({"id": [1], "price": [2.0], "open": [True]}))

@transform_df(Output("/Shop/totals"), orders=Input("/Shop/orders"))
def totals(orders):
    return orders.filter("open").select(F.sum("price").alias("total"))

@transform.using(out=Output("/Shop/report"), totals=Input("/Shop/totals"))
def report(out, totals):
    out.write_table(totals.polars())

@transform_df(Output("/Shop/late"), orders=Input("/Shop/orders"))
def late(orders):
    return orders
"""


@pytest.fixture(scope="module")
def shop(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop_lineage.py").write_text(MODULE)
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


def test_lineage_downstream_prints_what_is_computed_from_a_column(run):
    _, printed, _ = run("lineage", "orders.price", "--downstream")
    assert printed.splitlines() == ["/Shop/orders.price", "  /Shop/totals.total  aggregation"]


def test_lineage_as_json_has_the_steps(run):
    _, printed, _ = run("lineage", "totals.total", "--json")
    steps = json.loads(printed)["steps"]
    assert [(one["column"], one["influences"]) for one in steps] == [("open", ["FILTER"]), ("price", ["AGGREGATION"])]


def test_lineage_says_that_single_node_transforms_are_unknown(run):
    _, printed, _ = run("lineage", "report.total")
    assert "unknown: /Shop/report: a single-node transform wrote it" in printed


def test_a_column_that_no_input_affects_is_said_to_have_no_source(run):
    _, printed, _ = run("lineage", "orders.id")
    assert printed.splitlines()[-1] == "It comes from no column of an input."


def test_impact_lists_columns_and_the_datasets_that_may_depend_on_it(run):
    _, printed, _ = run("impact", "orders.price")
    assert printed.splitlines() == [
        "/Shop/orders.price affects 1 column of 1 dataset",
        "  /Shop/totals: total",
        "  unknown: /Shop/report: a single-node transform wrote it",
    ]


def test_an_unknown_column_is_refused_with_the_nearest(run):
    code, _, error = run("lineage", "orders.prise")
    assert code == 2
    assert "/Shop/orders has no column 'prise'. Did you mean price?" in " ".join(error.split())


def test_a_name_without_a_column_is_refused(run):
    code, _, error = run("impact", "orders")
    assert (code, "write DATASET.COLUMN" in " ".join(error.split())) == (2, True)


def test_a_dataset_that_was_never_built_is_refused_with_the_command_that_builds_it(run):
    code, _, error = run("lineage", "late.id")
    assert (code, "Build it: `build /Shop/late`" in " ".join(error.split())) == (2, True)
