"""`pull` as a user runs it: what it loads, what it prints, and how it fails. No Spark starts."""

import json
import sys

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from transforms_api.warehouse.warehouse import Warehouse

ROWS = pa.table({"id": [1, 2], "item": ["pen", "ink"]})
RID = "ri.foundry.main.dataset.00000000-0000-0000-0000-00000000000a"
PYTHON = f"""
from transforms.api import Input, Output, transform

@transform.using(orders=Input("/Shop/raw/orders"), prices=Input("{RID}"), old=Input("/Shop/raw/old", branch="archive"),
                 items=Input("/Shop/items"), out=Output("/Shop/out"))
def out(orders, prices, old, items, out):
    out.write_table(orders.polars().vstack(prices.polars()).vstack(old.polars()))

@transform.using(orders=Input("/Shop/raw/orders"), out=Output("/Shop/items"))
def items(orders, out):
    out.write_table(orders.polars())
"""
SHRINKWRAP = f"mappings:\n  - alias: {RID}\n    rid: {RID}\n    path: /Shop/raw/prices\n"


@pytest.fixture(autouse=True)
def no_spark(monkeypatch):
    def refuse(*_):
        raise AssertionError("Spark was started")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", refuse)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of two transforms with four inputs, one of which the other writes."""
    code = tmp_path / "shop" / "transforms-python" / "src" / "shop_of_pull"
    code.mkdir(parents=True)
    (code / "__init__.py").touch()
    (code / "items.py").write_text(PYTHON)
    (tmp_path / "shop" / "transforms-shrinkwrap.yml").write_text(SHRINKWRAP)
    yield tmp_path / "shop"
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop_of_pull"]:
        del sys.modules[name]


@pytest.fixture
def account(foundry):
    """An account with the three inputs that the repository does not write."""
    foundry.add("/Shop/raw/orders", ROWS)
    foundry.add("/Elsewhere/prices", ROWS.slice(0, 1))
    foundry.datasets[RID] = foundry.datasets.pop(foundry.paths["/Elsewhere/prices"])
    foundry.add("/Shop/raw/old", ROWS, branch="archive")
    return foundry


@pytest.fixture
def pull(command, repository):
    """pull(argument, …) → (exit code, stdout, stderr)."""
    return lambda *arguments: command("pull", *arguments, "--repo", repository)


def states(printed):
    return {dataset["dataset"]: dataset["state"] for dataset in json.loads(printed)["datasets"]}


def test_missing_pulls_all_inputs_that_nothing_writes_here_and_then_nothing(account, pull, repository, command):
    code, printed, _ = pull("--missing", "--json")
    assert code == 0
    assert states(printed) == {"/Shop/raw/orders": "pulled", "/Shop/raw/prices": "pulled", "/Shop/raw/old": "pulled"}
    archive = Warehouse(repository / "warehouse", "archive")
    assert archive.latest("/Shop/raw/old").rows == 2

    assert "No input is missing" in pull("--missing")[1]
    assert command("build", "--repo", repository)[0] == 0
    assert Warehouse(repository / "warehouse").latest("/Shop/out").rows == 5


def test_each_dataset_is_one_line_with_its_transaction(account, pull):
    transaction = account.datasets[account.paths["/Shop/raw/orders"]]["branches"]["master"][-1]["rid"]
    _, printed, notes = pull("/Shop/raw/orders")
    assert printed.splitlines()[0] == f"/Shop/raw/orders: 2 rows pulled ({transaction}, branch master)"
    assert "/Shop/raw/orders: 1 files, " in notes
    assert pull("orders")[1].splitlines()[0] == f"/Shop/raw/orders: is here already ({transaction}, branch master)"
    assert "is recent, so no request was sent" in pull("/Shop/raw/orders", "--max-age", "2h")[1]


def test_the_repositorys_rids_name_datasets_of_the_account_and_paths_those_here(account, pull):
    assert states(pull("/Shop/raw/prices", "--json")[1]) == {"/Shop/raw/prices": "pulled"}
    assert states(pull(RID, "--json")[1]) == {"/Shop/raw/prices": "unchanged"}
    assert account.requests_with("getByPath") == []


def test_a_part_of_a_dataset_is_pulled(account, pull, repository):
    assert pull("orders", "--rows", 1, "--columns", "item")[0] == 0
    assert Warehouse(repository / "warehouse").latest("/Shop/raw/orders").rows == 1
    assert pull("orders", "--where", "id > 1 and item like 'i%'")[1].startswith("/Shop/raw/orders: 1 row pulled")


def test_columns_alone_count_as_missing_when_rows_are_wanted(account, pull):
    assert '"rows": 0' in pull("--missing", "--schema-only", "--json")[1]
    assert "No input is missing" in pull("--missing", "--schema-only")[1]
    assert set(states(pull("--missing", "--json")[1]).values()) == {"pulled"}


def test_a_branch_here_reads_the_branch_of_the_same_name_there_or_the_default_one(account, pull, repository):
    account.add("/Shop/raw/orders", ROWS.slice(0, 1), branch="feature/x")
    code, printed, _ = pull("/Shop/raw/orders", "/Shop/raw/prices", "--branch", "feature/x")
    assert (code, printed.count("branch feature/x"), printed.count("branch master")) == (0, 1, 1)
    tables = Warehouse(repository / "warehouse", "feature/x")
    assert (tables.latest("/Shop/raw/orders").rows, tables.latest("/Shop/raw/orders").branch) == (1, "feature/x")
    assert pull("/Shop/raw/orders", "--from-branch", "feature/x")[1].startswith("/Shop/raw/orders: 1 row pulled")


def test_history_shows_the_transaction_that_was_pulled(account, pull, repository, command):
    pull("/Shop/raw/orders")
    transaction = account.datasets[account.paths["/Shop/raw/orders"]]["branches"]["master"][-1]["rid"]
    listed = command("history", "/Shop/raw/orders", "--repo", repository)[1]
    assert "pull" in listed
    assert f"{transaction} of branch master" in listed
    [version] = json.loads(command("history", "/Shop/raw/orders", "--repo", repository, "--json")[1])["versions"]
    assert version["pulled"]["transaction"] == transaction


def test_why_names_the_transactions_between_which_an_input_changed(account, pull, repository, command):
    pull("--missing")
    command("build", "--repo", repository)
    newer = account.add("/Shop/raw/orders", ROWS.slice(0, 1))
    pull("/Shop/raw/orders")
    printed = command("why", "/Shop/items", "--repo", repository)[1]
    assert f"/Shop/raw/orders has changed: version 1 ({newer}), was 0" in printed


def test_why_names_the_transaction_of_an_output_that_was_pulled(account, pull, repository, command):
    transaction = account.add("/Shop/items", ROWS)
    pull("/Shop/items")
    printed = command("why", "/Shop/items", "--repo", repository)[1]
    assert printed.strip() == f"/Shop/items is imported: pulled from {transaction} of branch master"


def test_other_datasets_are_pulled_although_one_cannot_be(account, pull):
    account.fail("getSchema", 403, "GetDatasetSchemaPermissionDenied")
    code, printed, errors = pull("--missing", "--json")
    assert (code, sorted(states(printed).values())) == (2, ["failed", "pulled", "pulled"])
    assert "the token's user may not read it (403 GetDatasetSchemaPermissionDenied)" in " ".join(errors.split())


def test_a_wrong_token_ends_the_command_at_the_first_dataset(account, pull, monkeypatch):
    monkeypatch.setenv("FOUNDRY_TOKEN", "an-expired-token")
    code, printed, errors = pull("--missing")
    assert (code, printed) == (2, "")
    assert len(account.requests) == 1
    assert "The other 2 datasets were not tried" in errors
    assert "an-expired-token" not in errors


def test_without_token_and_without_the_extra_the_error_says_what_to_set_and_to_install(pull, monkeypatch):
    monkeypatch.delenv("FOUNDRY_TOKEN", raising=False)
    monkeypatch.delenv("FOUNDRY_HOSTNAME", raising=False)
    code, _, errors = pull("/Shop/raw/orders")
    assert (code, "The environment has no FOUNDRY_TOKEN and FOUNDRY_HOSTNAME" in " ".join(errors.split())) == (2, True)
    monkeypatch.setitem(sys.modules, "foundry_sdk", None)
    assert "pip install 'transforms-anywhere[foundry]'" in " ".join(pull("/Shop/raw/orders")[2].split())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "give their paths or RIDs, or --missing"),
        (("/Shop/raw/orders", "--missing"), "give their paths or RIDs, or --missing"),
        (("/a", "--schema-only", "--rows", 5), "--schema-only takes no rows"),
        (("/a", "--max-age", "1 year"), "--max-age 1 year is no time"),
        (("/a", "--rows", 0), "--rows"),
        (("nothing",), "'nothing' is no dataset"),
        (("/a/../b",), "is no dataset"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_sent(foundry, pull, arguments, problem):
    code, _, errors = pull(*arguments)
    assert (code, foundry.requests) == (2, [])
    assert problem in " ".join(errors.replace("│", " ").split())


def test_help_does_not_import_the_sdk(command, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "foundry_sdk"]:
        monkeypatch.delitem(sys.modules, name)
    assert "--max-age" in command("pull", "--help")[1]
    assert "foundry_sdk" not in sys.modules
