"""A repository whose inputs lie in a Foundry account: pulled, built, and built again after the account has changed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pytest
from deltalake import DeltaTable
from pyiceberg.catalog.sql import SqlCatalog

from transforms_api.engines.spark.jvm import find_java
from transforms_api.project.settings import PROJECT
from transforms_api.warehouse import Warehouse

CALLS = "/Harbor/raw/Calls & berths"
FEES = "ri.foundry.main.dataset.d0000000-0000-0000-0000-000000000001"
WEATHER = "/Harbor/raw/weather"
CALL = pa.schema([
    ("call", pa.int64()),
    ("ship", pa.struct([("name", pa.string()), ("tons", pa.decimal128(10, 1))])),
    ("arrived", pa.timestamp("us", "UTC")),
    ("left", pa.timestamp("us", "UTC")),
    ("harbors", pa.list_(pa.string())),
])  # fmt: skip


def call(number, ship, tons, hours, harbors):
    """Return a call that began at midnight; `hours` is None for a ship that has not left."""
    left = None if hours is None else datetime(2024, 5, 1, hours, 30, tzinfo=UTC)
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    return {
        "call": number,
        "ship": {"name": ship, "tons": Decimal(tons)},
        "arrived": begin,
        "left": left,
        "harbors": harbors,
    }


@pytest.fixture
def account(foundry):
    """An account with calls in folders per year, fees in a CSV file, and reports of the weather in files."""
    first = [call(1, "Aurora", "100.0", 1, ["Oslo", "Kiel"]), call(2, "Boreas", "50.5", 2, ["Riga"])]
    second = [call(3, "Aurora", "100.0", 0, []), call(4, "Ceres", "10.0", None, ["Oslo"])]
    files = {
        "year=2023/part 0.parquet": foundry.parquet(pa.Table.from_pylist(first, CALL)),
        "year=2024/part 0.parquet": foundry.parquet(pa.Table.from_pylist(second, CALL)),
    }
    foundry.add(CALLS, files, schema=foundry.schema_of(CALL.append(pa.field("year", pa.int32()))))
    add_fees(foundry, b"year;fee\n2023;0,5\n2024;1\n".replace(b",", b"."))
    reports = {
        "2024/may 1.json": {"day": "2024-05-01", "winds": [12, 31]},
        "2024/may 2.json": {"day": "2024-05-02", "winds": [7]},
    }
    foundry.add(WEATHER, {name: json.dumps(report).encode() for name, report in reports.items()})
    return foundry


def add_fees(foundry, text):
    columns = pa.schema([("year", pa.int32()), ("fee", pa.decimal128(6, 3))])
    parser = {"fieldDelimiter": ";", "skipLines": 1}
    if FEES in foundry.datasets:
        foundry.paths["/Elsewhere/fees"] = FEES
    foundry.add("/Elsewhere/fees", {"fees.csv": text}, schema=foundry.schema_of(columns, textParserParams=parser))
    foundry.datasets[FEES] = foundry.datasets[foundry.paths["/Elsewhere/fees"]]


def built(report):
    """Return the datasets of the jobs that ran."""
    assert {job["state"] for job in report["jobs"]} <= {"completed", "ignored"}
    return {job["outputs"][0] for job in report["jobs"] if job["state"] == "completed"}


def pulled(report):
    """Return dataset → what the pull did."""
    return {dataset["dataset"]: dataset["state"] for dataset in report["datasets"]}


TABLES = {
    "/Harbor/clean/calls": [
        (1, "Aurora", Decimal("100.0"), 1.5, 2, 2023),
        (2, "Boreas", Decimal("50.5"), 2.5, 1, 2023),
        (3, "Aurora", Decimal("100.0"), 0.5, 0, 2024),
    ],
    "/Harbor/clean/weather": [(date(2024, 5, 1), 31), (date(2024, 5, 2), 7)],
    "/Harbor/marts/invoices": [
        (1, "Aurora", 2023, Decimal("100.00")),  # 100.0 tons, 2 started hours, 0.5
        (2, "Boreas", 2023, Decimal("75.75")),  # 50.5 tons, 3 started hours, 0.5
        (3, "Aurora", 2024, Decimal("100.00")),  # 100.0 tons, 1 started hour, 1
    ],
    "/Harbor/marts/ships": [("Aurora", 2, Decimal("200.00")), ("Boreas", 1, Decimal("75.75"))],
    "/Harbor/tables/storms": [(date(2024, 5, 1), 31, 15.9)],
    "/Harbor/marts/summary": [(2, Decimal("275.75"), 1)],
}


def test_missing_inputs_are_pulled_and_the_repository_builds_without_a_change(account, repository):
    harbor = repository("harbor")

    assert pulled(harbor.run("pull", "--missing")) == {CALLS: "pulled", "/Harbor/raw/fees": "pulled", WEATHER: "pulled"}
    assert built(harbor.run("build")) == TABLES.keys()
    assert {dataset: harbor.rows(dataset) for dataset in TABLES} == TABLES
    catalog = SqlCatalog("warehouse", uri=f"sqlite:///{harbor.folder}/warehouse/_iceberg/catalog.db")
    storms = catalog.load_table("master.Harbor.tables.storms")
    assert storms.scan().to_arrow().to_pylist() == [{"day": date(2024, 5, 1), "wind": 31, "speed": 15.9}]


def test_a_new_transaction_of_the_account_makes_stale_what_reads_it(account, repository):
    harbor = repository("harbor")
    harbor.run("pull", "--missing")
    harbor.run("build")
    add_fees(account, b"year;fee\n2023;2\n2024;2\n")

    assert pulled(harbor.run("pull", "--missing")) == {}
    report = harbor.run("pull", CALLS, FEES, WEATHER)
    assert pulled(report) == {CALLS: "unchanged", "/Harbor/raw/fees": "pulled", WEATHER: "unchanged"}
    assert built(harbor.run("build")) == {"/Harbor/marts/invoices", "/Harbor/marts/ships", "/Harbor/marts/summary"}
    assert harbor.rows("/Harbor/marts/ships") == [("Aurora", 2, Decimal("600.00")), ("Boreas", 1, Decimal("303.00"))]


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT])
def test_a_pull_that_is_ended_publishes_nothing_and_goes_on_with_the_files_that_it_lacks(account, repository, ended_by):
    harbor = repository("harbor")
    account.stall("may 2.json/content")
    command = [sys.executable, PROJECT / "run_local.py", "pull", WEATHER, "--repo", harbor.folder]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as pulling:
        assert account.stalled.wait(60)
        while not any(harbor.folder.glob("warehouse/_pulls/*/files.jsonl")):
            time.sleep(0.01)  # until the other file is complete
        pulling.send_signal(ended_by)
        account.goes_on.set()
        assert pulling.wait(30) != 0

    assert not (harbor.folder / "warehouse" / "master").exists()
    account.faults.clear()
    account.requests.clear()
    assert harbor.run("pull", WEATHER)["datasets"][0]["files"] == 2
    assert [request.split("/")[-2] for request in account.requests_with("/content")] == ["may 2.json"]


SINGLE_NODE = {"/Harbor/clean/weather", "/Harbor/tables/storms"}
"""Tables of transforms without Spark, which an export as definitions leaves behind."""


@pytest.mark.leaving
@pytest.mark.parametrize(
    ("form", "program", "tables", "left_behind"),
    [
        ("pyspark", ("python", "run_all.py"), "tables", set()),
        ("spark-pipelines", ("spark-pipelines", "run"), "spark-warehouse", SINGLE_NODE),
    ],
)
def test_each_table_of_an_export_is_equal_to_ours(
    account, repository, tool, tmp_path, form, program, tables, left_behind
):
    other_python = Path(tool("leaving"))
    harbor, folder = repository("harbor"), tmp_path / "export"
    harbor.run("pull", "--missing")
    harbor.run("build")
    harbor.run("export", folder, "--as", form, "--with-inputs", code=1 if left_behind else 0)

    variables = {
        "PATH": f"{other_python.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "JAVA_HOME": str(find_java()),
        "PYSPARK_PYTHON": str(other_python),
        "SPARK_TESTING": "1",  # any free port for Spark Connect
    }
    command = [str(other_python.with_name(program[0])), *program[1:]]
    done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

    for dataset in TABLES.keys() - left_behind:
        name = dataset.strip("/").replace("/", "_").lower()
        there = pyarrow.dataset.dataset(folder / tables / name, format="parquet").to_table()
        here = DeltaTable(str(Warehouse(harbor.folder / "warehouse").table(dataset))).to_pyarrow_table()
        assert columns(there) == columns(here)
        assert sorted(map(repr, there.to_pylist())) == sorted(map(repr, here.to_pylist()))


def columns(table):
    """Return names and types; whether nulls are possible apart, which Foundry keeps for no column."""
    return [(field.name, str(field.type).replace(" not null", "")) for field in table.schema]
