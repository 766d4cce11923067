"""`preview`: one transform on its inputs as they are; nothing is built."""

import hashlib
import json

import pytest

MODULE = """
import logging

import polars as pl
from transforms import expectations as E
from transforms.api import Check, Input, Output, incremental, transform

@transform.using(
    orders=Input("/Shop/orders"),
    out=Output("/Shop/doubled", checks=[
        Check(E.col("n").lt(6), "small"), Check(E.count().gt(100), "many", on_error="WARN"),
    ]),
)
def doubled(orders, out):
    logging.getLogger(__name__).warning("prices are guessed")
    out.write_table(orders.polars().select(pl.col("n") * 2, shop=pl.lit("main")))

@transform.using(orders=Input("/Shop/orders"), rates=Input("/Shop/rates"), out=Output("/Shop/priced"))
def priced(orders, rates, out):
    out.write_table(orders.polars().join(rates.polars(), "n"))

@transform.using(doubled=Input("/Shop/doubled"), out=Output("/Shop/broken"))
def broken(doubled, out):
    raise KeyError("no such price")

@incremental(require_incremental=True)
@transform.using(orders=Input("/Shop/orders"), out=Output("/Shop/log"))
def log(orders, out):
    out.write_table(orders.polars())
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository whose transforms need no Spark, imported once: Python knows its module by its name."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "src" / "previewed").mkdir(parents=True)
    (folder / "src" / "previewed" / "prices.py").write_text(MODULE)
    return folder


@pytest.fixture
def preview(on_warehouse, repository):
    """preview(argument, …) → (exit code, stdout, stderr)."""
    return lambda *arguments: on_warehouse("preview", *arguments, "--repo", repository)


def digest(folder):
    """Return what is in a folder, but for its logs."""
    files = sorted(file for file in folder.rglob("*") if "_logs" not in file.parts)
    return [(str(file), file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]


def test_rows_types_and_what_a_build_would_remark_are_printed(preview, write):
    write("/Shop/orders", n=[1, 2])
    code, printed, _ = preview("doubled")
    assert code == 0
    assert "/Shop/doubled  2 rows, not written\nn long, shop string\n" in printed
    assert "note prices are guessed" in printed
    assert "would warn /Shop/doubled: many" in printed
    assert "1 of 2 checks hold." in printed


def test_a_check_that_would_fail_is_reported_with_the_rows_and_the_exit_code(preview, write):
    write("/Shop/orders", n=[1, 3])
    code, printed, _ = preview("doubled")
    assert code == 1
    assert "would fail /Shop/doubled: small" in printed
    assert "n=6" in printed


def test_nothing_is_written_to_the_warehouse(preview, write, warehouse):
    write("/Shop/orders", n=[1, 2])
    before = digest(warehouse.root)
    preview("doubled")
    preview("doubled", "--sample", "1")
    assert digest(warehouse.root) == before


def test_a_sample_reads_so_many_rows_of_each_input(preview, write):
    write("/Shop/orders", n=[1, 2, 2])
    assert "/Shop/doubled  2 rows" in preview("doubled", "--sample", "2")[1]


def test_rows_says_how_many_are_printed_not_how_many_are_made(preview, write):
    write("/Shop/orders", n=[1, 2])
    printed = json.loads(preview("doubled", "--rows", "1", "--json")[1])
    assert printed["outputs"][0]["rows"] == 2
    assert printed["outputs"][0]["sample"] == [{"n": 2, "shop": "main"}]


def test_json_has_outputs_checks_and_notes(preview, write):
    write("/Shop/orders", n=[1])
    printed = json.loads(preview("/Shop/doubled", "--json")[1])
    [output] = printed["outputs"]
    assert (printed["transform"], output["dataset"]) == ("previewed.prices:doubled", "/Shop/doubled")
    assert [(field["name"], field["type"]) for field in output["schema"]["fields"]] == [
        ("n", "long"),
        ("shop", "string"),
    ]
    assert {check["name"]: (check["on_error"], check["problem"] is None) for check in printed["checks"]} == {
        "small": ("FAIL", True),
        "many": ("WARN", False),
    }
    assert printed["notes"] == ["prices are guessed"]


def test_a_branch_reads_what_it_lacks_from_the_default_branch(preview, write):
    write("/Shop/orders", n=[1, 2])
    write("/Shop/rates", branch="feature", n=[2], rate=[0.5])
    assert "/Shop/priced  1 rows" in preview("priced", "--branch", "feature")[1]


def test_an_incremental_transform_runs_as_a_whole(preview, write):
    write("/Shop/orders", n=[1, 2])
    code, printed, _ = preview("log")
    assert code == 0
    assert "/Shop/log  2 rows" in printed
    assert "not running incrementally: no output has been built yet" in printed


def test_missing_inputs_are_reported_with_what_to_do_about_each(preview, write):
    code, _, error = preview("broken")
    assert code == 2
    assert "/Shop/doubled: build it, python run_local.py build /Shop/doubled --repo" in error
    _, _, error = preview("priced")
    orders = "python run_local.py import FOLDER --dataset /Shop/orders --repo"
    assert f"/Shop/orders: no transform writes it; import it, {orders}" in error
    assert "/Shop/rates: no transform writes it" in error


def test_an_error_of_the_transform_is_reported_with_its_position(preview, write):
    write("/Shop/doubled", n=[1])
    code, printed, _ = preview("broken")
    assert code == 1
    assert "prices.py:24 in broken" in printed
    assert "KeyError: 'no such price'" in printed


def test_a_name_that_means_no_transform_or_several_is_wrong_use(preview):
    code, _, error = preview("double")
    assert (code, "Did you mean" in error) == (2, True)
    code, _, error = preview("prices")
    assert (code, "'prices' means 4 transforms, and one is previewed" in error) == (2, True)


@pytest.mark.parametrize("sample", ["0", "1.5", "some", "-1"])
def test_a_sample_that_is_none_is_wrong_use(preview, sample):
    code, _, error = preview("doubled", f"--sample={sample}")
    assert code == 2
    assert "A sample is a number of rows" in error


def test_each_column_is_printed_with_its_nulls_distinct_values_minimum_and_maximum(preview, write):
    write("/Shop/orders", n=[1, 2, 2])
    [line] = [line for line in preview("doubled")[1].splitlines() if line.startswith("│ n ") and "│ 0 " in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == ["n", "0", "2", "2", "4"]


def test_json_has_the_columns_too(preview, write):
    write("/Shop/orders", n=[1, None])
    [output] = json.loads(preview("doubled", "--json")[1])["outputs"]
    assert output["columns"] == [
        {"column": "n", "nulls": 1, "distinct": 1, "least": 2, "greatest": 2},
        {"column": "shop", "nulls": 0, "distinct": 1, "least": "main", "greatest": "main"},
    ]


def test_columns_are_left_out_on_request(preview, write):
    write("/Shop/orders", n=[1])
    assert "nulls" not in preview("doubled", "--no-columns")[1]


def test_watch_and_json_do_not_go_together(preview):
    code, _, error = preview("doubled", "--watch", "--json")
    assert code == 2
    assert "--watch and --json" in error
