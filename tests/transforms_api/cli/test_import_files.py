"""`import` as a user runs it: a folder becomes a dataset, and no Spark starts."""

import json
from pathlib import Path

import pytest
import typer
from pyspark.sql import SparkSession

from transforms_api.cli import app
from transforms_api.cli.importing import _mapping_at
from transforms_api.project.settings import read_toml

RID = "ri.foundry.main.dataset.00000000-0000-0000-0000-00000000000a"
SHRINKWRAP = f"mappings:\n  - alias: {RID}\n    rid: {RID}\n    path: /Shop/raw/orders\n"
TRANSFORM = f"""
from transforms.api import Input, Output, transform

@transform.using(orders=Input("{RID}"), out=Output("/Shop/items"))
def items(orders, out):
    out.write_table(orders.polars().select("item"))
"""


@pytest.fixture
def command(capsys, monkeypatch):
    """command(argument, …) → (exit code, what it printed on stdout, on stderr in one line); Spark does not start."""

    def no_spark(*_):
        raise AssertionError("Spark was started")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", no_spark)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, " ".join(printed.err.replace("│", " ").split())

    return run


@pytest.fixture
def orders(tmp_path):
    """A folder of orders."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "a.csv").write_text("id,item\n007,pen\n008,ink\n")
    return tmp_path / "orders"


@pytest.fixture
def load(command, orders, tmp_path):
    """load(option, …) → what importing the folder of orders into a warehouse of its own printed."""
    return lambda *options: command("import", orders, "--warehouse", tmp_path / "warehouse", *options)


def test_rows_columns_and_the_table_are_printed(load, tmp_path):
    code, printed, _ = load("--dataset", "/Shop/raw/orders")
    table = tmp_path / "warehouse" / "master" / "Shop" / "raw" / "orders"
    assert code == 0
    assert printed == f"2 rows imported into /Shop/raw/orders\n  id  string\n  item  string\nTable: {table}\n"


def test_json_is_alone_on_stdout(load, tmp_path):
    assert json.loads(load("--dataset", "/Shop/raw/orders", "--json")[1]) == {
        "dataset": "/Shop/raw/orders",
        "rows": 2,
        "columns": {"id": "string", "item": "string"},
        "warehouse": str(tmp_path / "warehouse"),
        "branch": "master",
        "table": str(tmp_path / "warehouse" / "master" / "Shop" / "raw" / "orders"),
    }


def test_files_as_they_are_are_counted(load):
    printed = json.loads(load("--dataset", "/Shop/raw/orders", "--files", "--json")[1])
    assert (printed["files"], printed["columns"]) == (1, {})


def test_an_append_of_files_says_how_many_came(load, orders):
    load("--dataset", "/Shop/raw/orders", "--files")
    (orders / "a.csv").rename(orders / "b.csv")
    assert load("--dataset", "/Shop/raw/orders", "--files", "--append")[1].startswith("1 file imported into /Shop/raw")


def test_rows_and_files_of_one_dataset_are_both_counted(load):
    printed = load("--dataset", "/Shop/raw/orders", "--files", "--rows")[1]
    assert printed.startswith("2 rows and 1 file imported into /Shop/raw/orders\n  id  string\n")


def test_append_adds_to_what_was_imported_before(load, command, tmp_path):
    load("--dataset", "/Shop/raw/orders")
    load("--dataset", "/Shop/raw/orders", "--append")
    _, printed, _ = command("show", "/Shop/raw/orders", "--warehouse", tmp_path / "warehouse", "--json")
    assert [row["id"] for row in json.loads(printed)["sample"]].count("007") == 2


def test_a_rid_means_the_dataset_that_the_repository_s_transforms_read(command, orders, tmp_path):
    repository = tmp_path / "repository"
    (repository / "src" / "shop_by_rid").mkdir(parents=True)
    (repository / "src" / "shop_by_rid" / "items.py").write_text(TRANSFORM)
    (repository / "transforms-shrinkwrap.yml").write_text(SHRINKWRAP)
    code, printed, _ = command("--repo", repository, "import", orders, "--dataset", RID, "--json")
    assert (code, json.loads(printed)["dataset"]) == (0, "/Shop/raw/orders")
    code, printed, _ = command("--repo", repository, "build", "--json")
    [job] = json.loads(printed)["jobs"]
    assert (code, job["rows"]) == (0, {"/Shop/items": 2})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "give one of --dataset, --crm and --mapping"),
        (
            ["--dataset", "/Shop/raw/orders", "--mapping", "pyproject.toml"],
            "give one of --dataset, --crm and --mapping",
        ),
        (["--mapping", "pyproject.toml", "--append"], "neither --append nor --files"),
        (["--dataset", "orders"], "'orders' is no dataset: give an absolute path"),
        (["--dataset", "/Shop/../../orders"], "is no dataset: give an absolute path"),
    ],
)
def test_wrong_use_is_reported(load, options, problem):
    code, _, error = load(*options)
    assert code == 2
    assert problem in error


def test_a_file_that_cannot_be_imported_is_wrong_use_with_the_reason(load, orders):
    (orders / "b.json").write_text("{}")
    code, _, error = load("--dataset", "/Shop/raw/orders")
    assert code == 2
    assert "ImportSourceError" in error


@pytest.mark.parametrize("named", ["maven_crm", "maven_crm.toml", "conf/import/maven_crm.toml"])
def test_a_mapping_that_comes_with_the_package_goes_by_its_name(named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_toml(_mapping_at(Path(named)))["loader"] == "transforms.revops.crm.load:load"


def test_a_mapping_of_the_user_goes_before_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maven_crm").write_text("")
    assert _mapping_at(Path("maven_crm")) == Path("maven_crm")


def test_a_mapping_that_is_nowhere_is_wrong_use(command, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    code, _, error = command("import", tmp_path, "--mapping", "mine.toml", "--warehouse", tmp_path / "w")
    assert code == 2
    assert "there is no mapping mine.toml. With this package come: " in error
    assert " maven_crm (" in error


def test_a_mapping_of_the_package_is_printed_with_its_path_for_copying(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file = _mapping_at(Path("maven_crm"))
    assert capsys.readouterr().err == f"Mapping: {file}\n"


@pytest.mark.parametrize("named", ["mine/maven_crm.toml", "/mine/maven_crm", "../maven_crm.toml"])
def test_a_missing_file_of_the_user_is_not_replaced_by_a_mapping_of_the_package(named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.BadParameter, match="there is no mapping"):
        _mapping_at(Path(named))


SAMPLES = Path(__file__).parents[2] / "data" / "crm_exports"


@pytest.fixture
def crm(command, tmp_path, monkeypatch):
    """crm(export, option, …) → what `import EXPORT --crm` printed, in an empty folder, where it writes its mapping."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return lambda export, *options: command(
        "import", SAMPLES / export, "--crm", "--today", "2024-11-15", "--warehouse", tmp_path / "warehouse", *options
    )


def test_a_look_at_an_export_prints_the_proposal_and_the_next_command_and_writes_no_dataset(crm, tmp_path):
    code, printed, _ = crm("pipedrive/deals.csv")
    assert code == 0
    assert "likely  product = Pipedrive" in printed
    assert "row 1: id '311'" in printed
    assert "--mapping crm_deals.toml" in printed
    assert not (tmp_path / "warehouse" / "master").exists()


def test_an_export_is_imported_with_its_proposal_after_yes(crm):
    code, printed, _ = crm("pipedrive/deals.csv", "--yes")
    assert code == 0
    assert "29  /RevOps/Scenario/opportunities" in printed


def test_a_check_counts_rejects_by_reason_with_a_sample_and_writes_no_dataset(crm, tmp_path):
    code, printed, _ = crm("encodings/deals_ragged.csv", "--check")
    assert code == 0
    assert "deals_ragged.csv: 6 rows, 4 used, 2 rejected" in printed
    assert "2  ragged_row: it has more cells than the header; such as deals_ragged.csv, row 1: E1,Süßwald" in printed
    assert not (tmp_path / "warehouse" / "master").exists()


def test_a_mapping_is_checked_without_the_option_crm(crm, command, tmp_path):
    crm("encodings/deals_ragged.csv")
    export = SAMPLES / "encodings" / "deals_ragged.csv"
    code, printed, _ = command("import", export, "--mapping", "crm_deals_ragged.toml", "--check", "--json")
    assert (code, json.loads(printed)["rejects"][0]["count"]) == (0, 2)


def test_dates_with_two_readings_end_an_import_with_what_to_state(crm, tmp_path):
    code, _, error = crm("encodings/deals_dmy_ambiguous.csv", "--yes")
    assert code == 1
    assert "--date-format D/M/YYYY or M/D/YYYY" in error
    assert not (tmp_path / "warehouse" / "master").exists()


def test_a_stated_date_format_is_used(crm):
    code, printed, _ = crm("encodings/deals_dmy_ambiguous.csv", "--date-format", "D/M/YYYY", "--check")
    assert (code, "6 rows, 6 used, 0 rejected" in printed) == (0, True)


def test_a_look_as_json_is_alone_on_stdout(crm):
    code, printed, _ = crm("pipedrive/deals.csv", "--json")
    assert (code, json.loads(printed)["product"]) == (0, "Pipedrive")


def test_a_day_that_is_no_date_is_wrong_use(command, tmp_path):
    code, _, error = command(
        "import", SAMPLES / "zoho", "--crm", "--today", "15.11.2024", "--warehouse", tmp_path / "w"
    )
    assert code == 2
    assert "--today 15.11.2024 is no date: write it as 2024-11-15" in error


def test_a_rate_on_the_command_line_converts_the_amounts_of_its_currency(crm):
    code, printed, _ = crm("pipedrive/deals.csv", "--today", "2024-11-15", "--rate", "usd=0.90")
    assert code == 0
    assert "sure    rates = USD = 0.9  (stated)" in printed


@pytest.mark.parametrize("text", ["EUR", "EUR=x", "=1.08", "EURO=1.08", "EUR=0"])
def test_a_rate_of_a_different_form_is_wrong_use(crm, text):
    code, _, error = crm("pipedrive/deals.csv", "--rate", text)
    assert code == 2
    assert f"--rate {text}: write the currency and its rate, as EUR=1.08." in error
