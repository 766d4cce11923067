"""Datasets of a Foundry account as datasets of the warehouse: rows, types, files, branches and views."""

import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from transforms_api.errors import ImportSourceError, PullError
from transforms_api.importing.foundry_account import FoundryAccount
from transforms_api.importing.foundry_connection import Connection
from transforms_api.importing.foundry_content import Selection
from transforms_api.importing.pulling import PullState, PullTarget, pull_dataset

ORDERS = "/Shop/raw/orders"
ROWS = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "item": ["pen", "ink", None]})


@pytest.fixture
def account(foundry):
    """The account as `pull` sees it."""
    return FoundryAccount(Connection(foundry.host, foundry.token, timeout=10, pause=0.01))


@pytest.fixture
def pull(account, warehouse):
    """pull(dataset, branches, max_age, **selection) → the result."""

    def run(dataset=ORDERS, branches=("master",), max_age=None, **selection):
        return pull_dataset(account, PullTarget(dataset, branches), warehouse, Selection(**selection), max_age)

    return run


@pytest.fixture
def pulled(pull, warehouse):
    """pulled(…) → the rows of the dataset after a pull."""

    def run(dataset=ORDERS, **options):
        pull(dataset, **options)
        return DeltaTable(str(warehouse.table(dataset))).to_pyarrow_table().to_pylist()

    return run


def files_of(warehouse, dataset=ORDERS):
    """Return name → content of the dataset's own files."""
    version = warehouse.latest(dataset)
    names = [entry.path for entry in version.file_entries] if version.files_folder else []
    return {name: (version.files_folder / name).read_bytes() for name in names}


# Rows and types


def test_each_type_of_the_account_becomes_the_same_type_here(foundry, pull, warehouse):
    people = pa.struct([("name", pa.string()), ("ages", pa.list_(pa.int16()))])
    columns = {
        "byte": pa.array([1, None], pa.int8()),
        "short": pa.array([2, None], pa.int16()),
        "integer": pa.array([3, None], pa.int32()),
        "long": pa.array([2**60, None], pa.int64()),
        "float": pa.array([0.5, None], pa.float32()),
        "double": pa.array([0.1, None], pa.float64()),
        "decimal": pa.array([Decimal("12345678901234567.89"), None], pa.decimal128(19, 2)),
        "boolean": pa.array([True, None]),
        "string": pa.array(["é", None]),
        "binary": pa.array([b"\x00\xff", None]),
        "date": pa.array([date(1500, 2, 3), None]),
        "timestamp": pa.array([datetime(2024, 3, 31, 1, 30, 0, 123456, UTC), None], pa.timestamp("us", "UTC")),
        "array": pa.array([["a", None], None]),
        "struct": pa.array([{"name": "Ada", "ages": [36]}, None], people),
        "map": pa.array([[("k", Decimal("1.5"))], None], pa.map_(pa.string(), pa.decimal128(5, 1))),
    }
    rows = pa.table(columns)
    foundry.add(ORDERS, rows)

    pull()

    stored = DeltaTable(str(warehouse.table(ORDERS))).to_pyarrow_table()
    assert stored.to_pylist() == rows.to_pylist()
    assert polars.read_delta(str(warehouse.table(ORDERS))).schema == polars.from_arrow(rows).schema


def test_the_schema_decides_the_type_and_not_the_file(foundry, pulled):
    moments = pa.array([datetime(2024, 1, 1)], pa.timestamp("ns"))
    written = pa.table({"ID": pa.array([1], pa.int32()), "at": moments})
    wanted = pa.schema([("id", pa.int64()), ("at", pa.timestamp("us", "UTC")), ("added", pa.string())])
    content = {"spark/a.parquet": foundry.parquet(written, use_deprecated_int96_timestamps=True)}
    foundry.add(ORDERS, content, schema=foundry.schema_of(wanted))

    assert pulled() == [{"id": 1, "at": datetime(2024, 1, 1, tzinfo=UTC), "added": None}]


def test_a_value_that_does_not_fit_the_schema_is_an_error_with_dataset_file_and_column(foundry, pull, warehouse):
    content = {"a.parquet": foundry.parquet(pa.table({"id": [2**40]}))}
    foundry.add(ORDERS, content, schema=foundry.schema_of(pa.schema([("id", pa.int32())])))

    for selection in ({}, {"where": "id > 1"}):
        with pytest.raises(
            ImportSourceError, match=r"^/Shop/raw/orders: file 'a\.parquet': column 'id' .*int32: .*\.$"
        ):
            pull(**selection)
    with pytest.raises(
        ImportSourceError, match=r"^/Shop/raw/orders: column 'id' .* Correct the values, or the type in"
    ):
        pull(rows=1)
    assert warehouse.latest(ORDERS) is None


def test_folders_of_a_partitioned_dataset_become_columns_and_hidden_files_have_no_rows(foundry, pulled):
    part = foundry.parquet(pa.table({"id": [1]}))
    content = {"year=2024/region=N%20W/a.parquet": part, "year=2023/region=S/a.parquet": part, "_SUCCESS": b""}
    columns = pa.schema([("id", pa.int64()), ("year", pa.int32()), ("region", pa.string())])
    foundry.add(ORDERS, content, schema=foundry.schema_of(columns))

    rows = sorted(pulled(), key=lambda row: row["year"])
    assert rows == [{"id": 1, "year": 2023, "region": "S"}, {"id": 1, "year": 2024, "region": "N W"}]


def test_a_view_of_transactions_has_the_files_since_the_last_snapshot(foundry, pulled):
    foundry.add(ORDERS, ROWS)
    foundry.add(ORDERS, ROWS.slice(0, 1))
    foundry.add(ORDERS, ROWS.slice(1, 1), kind="APPEND")
    foundry.add(ORDERS, ROWS, kind="APPEND", status="ABORTED")

    assert sorted(row["id"] for row in pulled()) == [1, 2]


def test_an_open_transaction_is_not_read(foundry, pull):
    committed = foundry.add(ORDERS, ROWS)
    foundry.add(ORDERS, ROWS, kind="APPEND", status="OPEN")

    result = pull()
    assert (result.rows, result.version.transaction) == (3, committed)


# Text and other files


CSV = pa.schema([("id", pa.int64()), ("price", pa.decimal128(10, 2)), ("day", pa.date32()), ("note", pa.string())])


def test_a_csv_file_is_parsed_by_the_options_of_its_schema_and_stays_a_file(foundry, pulled, warehouse):
    content = {"a.csv": "exported 2024\nid;price;day;note\n007;1.5;2024-02-03;'a;b'\n8;;NA;é\n".encode("latin-1")}
    parser = {
        "fieldDelimiter": ";", "quoteCharacter": "'", "skipLines": 2, "charsetName": "latin-1", "nullValues": ["NA"],
    }  # fmt: skip
    foundry.add(ORDERS, content, schema=foundry.schema_of(CSV, textParserParams=parser))

    assert pulled() == [
        {"id": 7, "price": Decimal("1.50"), "day": date(2024, 2, 3), "note": "a;b"},
        {"id": 8, "price": None, "day": None, "note": "é"},
    ]
    assert files_of(warehouse) == content


def test_options_of_sparks_csv_reader_are_understood_and_lines_can_be_dropped(foundry, pulled):
    content = {"a.csv": b"id|price|day|note\n1|2.00|2024-02-03|x\n2|3.00\n"}
    options = {"header": True, "sep": "|", "mode": "DROPMALFORMED"}
    foundry.add(ORDERS, content, schema=foundry.schema_of(CSV, format="csv", options=options))

    assert [row["id"] for row in pulled()] == [1]


def test_without_options_the_account_parses_csv_files(foundry, pulled):
    parsed = pa.table({"id": [5]})
    foundry.add(ORDERS, {"a.csv": b"%5%\n"}, schema=foundry.schema_of(parsed.schema), table=parsed)

    assert pulled() == [{"id": 5}]


@pytest.mark.parametrize("text", [b"id,item\n1,pen\n", b"1,pen\n", b"ID;Item\n1;pen\n", b"1\tpen\n"])
def test_csv_files_that_the_account_does_not_parse_are_read_with_or_without_header(foundry, pulled, text):
    schema = foundry.schema_of(pa.schema([("id", pa.int64()), ("item", pa.string())]))
    foundry.add(ORDERS, {"a.csv": text}, schema=schema)

    assert pulled() == [{"id": 1, "item": "pen"}]


def test_avro_files_are_read(foundry, pulled, tmp_path):
    polars.DataFrame({"id": [1, 2]}).write_avro(tmp_path / "a.avro")
    content = {"a.avro": (tmp_path / "a.avro").read_bytes()}
    foundry.add(ORDERS, content, schema=foundry.schema_of(pa.schema([("id", pa.int64())])))

    assert pulled() == [{"id": 1}, {"id": 2}]


def test_a_dataset_without_schema_has_its_files_and_no_rows(foundry, pull, warehouse):
    content = {"scans/a b.pdf": b"%PDF", "ä#1?.txt": b"text", "_notes/x": b""}
    foundry.add(ORDERS, content)

    result = pull()
    assert (result.rows, result.files) == (None, 3)
    assert files_of(warehouse) == content


def test_a_dataset_with_a_schema_and_no_transaction_is_empty(foundry, pulled):
    foundry.add(ORDERS, ROWS, branch="other")
    foundry.datasets[foundry.paths[ORDERS]]["branches"]["master"] = []

    assert pulled() == []


# A part of a dataset


def test_rows_and_columns_are_selected_by_the_account(foundry, pulled):
    foundry.add(ORDERS, ROWS)

    assert pulled(rows=2, columns=("item", "id")) == [{"item": "pen", "id": 1}, {"item": "ink", "id": 2}]
    assert foundry.requests_with("/content") == []


def test_rows_that_a_condition_selects_are_counted_after_it(foundry, pulled):
    foundry.add(ORDERS, ROWS)

    assert pulled(where="id >= 2", rows=1, columns=("item",)) == [{"item": "ink"}]


def test_what_the_account_cannot_compute_is_selected_from_the_files(foundry, pulled):
    foundry.add(ORDERS, ROWS)
    foundry.fail("readTable", 400, "ColumnTypesNotSupported", times=9)

    assert pulled(rows=1, columns=("id",)) == [{"id": 1}]


def test_schema_only_makes_an_empty_dataset_with_the_columns(foundry, pull, warehouse):
    foundry.add(ORDERS, ROWS)

    assert pull(schema_only=True).rows == 0
    assert DeltaTable(str(warehouse.table(ORDERS))).to_pyarrow_table().schema.names == ["id", "item"]
    assert foundry.requests_with("/files?") == []


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        ({"where": "idd > 1"}, "/Shop/raw/orders cannot be pulled with this --where: .*idd"),
        ({"where": "id > 'x'"}, "/Shop/raw/orders cannot be pulled with this --where: "),
        ({"columns": ("id", "price")}, "has no column 'price'. Its columns are id, item"),
    ],
)
def test_a_wrong_selection_is_an_error_before_anything_is_downloaded(foundry, pull, selection, problem):
    foundry.add(ORDERS, ROWS)

    with pytest.raises(PullError, match=problem):
        pull(**selection)
    assert foundry.requests_with("/content") == []


def test_a_part_of_a_dataset_without_schema_cannot_be_pulled(foundry, pull):
    foundry.add(ORDERS, {"a.pdf": b"%PDF"})

    with pytest.raises(PullError, match="cannot be pulled in part: it has no schema on branch 'master', only files"):
        pull(schema_only=True)


# Versions


def test_the_provenance_has_dataset_branch_transaction_and_selection(foundry, pull, warehouse):
    transaction = foundry.add(ORDERS, ROWS)
    pull(rows=2)

    made = warehouse.last_change(ORDERS)
    assert made.pulled.model_dump(exclude_unset=True) == {
        "dataset": foundry.paths[ORDERS],
        "branch": "master",
        "transaction": transaction,
        "rows": 2,
    }
    assert made.is_import


def test_the_same_transaction_is_not_pulled_again_and_a_new_one_replaces_the_dataset(foundry, pull, warehouse):
    foundry.add(ORDERS, ROWS)
    pull()

    assert pull().state is PullState.UNCHANGED
    assert len(foundry.requests_with("/content")) == 1
    foundry.add(ORDERS, ROWS.slice(0, 1))
    assert (pull().rows, warehouse.latest(ORDERS).version) == (1, 1)


def test_another_part_of_the_same_transaction_is_pulled(foundry, pull):
    foundry.add(ORDERS, ROWS)
    pull(rows=1)

    assert pull().state is PullState.PULLED


def test_within_the_greatest_age_the_account_gets_no_request(foundry, pull):
    foundry.add(ORDERS, ROWS)
    pull()
    foundry.requests.clear()

    assert pull(max_age=timedelta(days=1)).state is PullState.RECENT
    assert foundry.requests == []
    assert pull(max_age=timedelta(days=1), rows=1).state is PullState.PULLED, "another part is not here"


def test_an_older_dataset_counts_as_recent_again_after_a_comparison_with_the_account(foundry, pull, warehouse):
    foundry.add(ORDERS, ROWS)
    pull()
    log = warehouse.table(ORDERS) / "_delta_log" / f"{0:020}.json"
    now = warehouse.last_change(ORDERS).timestamp
    log.write_text(log.read_text().replace(str(now), str(now - 10 * 86_400_000)))

    shutil.rmtree(warehouse.root / "_pulls")
    assert pull(max_age=timedelta(days=1)).state is PullState.UNCHANGED
    assert pull(max_age=timedelta(days=1)).state is PullState.RECENT


def test_the_first_branch_that_has_the_dataset_is_read(foundry, pull):
    foundry.add(ORDERS, ROWS)
    foundry.add("/Shop/raw/items", ROWS.slice(0, 1), branch="feature/x")
    foundry.add("/Shop/raw/items", ROWS)

    assert (pull(branches=("feature/x", "master")).version.branch) == "master"
    result = pull("/Shop/raw/items", branches=("feature/x", "master"))
    assert (result.version.branch, result.rows) == ("feature/x", 1)


def test_a_rid_needs_no_path(foundry, pull, warehouse):
    foundry.add(ORDERS, ROWS)
    rid = foundry.paths[ORDERS]

    assert pull(rid).rows == 3
    assert warehouse.latest(rid).rows == 3
    assert foundry.requests_with("getByPath") == []


def test_a_path_may_have_spaces_and_umlauts(foundry, pull):
    foundry.add("/Größen & Maße/Bestand 2024", ROWS)

    assert pull("/Größen & Maße/Bestand 2024").rows == 3


# Views


def test_a_view_has_the_rows_of_its_datasets_and_is_pulled_again_if_one_has_changed(foundry, pull):
    foundry.add("/Shop/a", ROWS)
    foundry.add("/Shop/b", ROWS.slice(0, 1))
    foundry.add_view("/Shop/all", ["/Shop/a", "/Shop/b"])

    assert pull("/Shop/all").rows == 4
    assert pull("/Shop/all").state is PullState.UNCHANGED
    foundry.add("/Shop/b", ROWS, kind="APPEND")
    assert pull("/Shop/all", where="id = 1").rows == 3


@pytest.mark.parametrize("selection", [{}, {"rows": 9}, {"where": "id < 9"}])
def test_a_view_with_schema_and_transaction_of_its_own_is_known_by_having_no_files(foundry, pull, selection):
    foundry.add("/Shop/a", ROWS)
    foundry.add("/Shop/b", ROWS)
    foundry.add_view("/Shop/inner", ["/Shop/a"])
    foundry.add_view("/Shop/all", ["/Shop/inner", "/Shop/b"], schema=foundry.schema_of(ROWS.schema))

    assert pull("/Shop/all", **selection).rows == 6
    assert pull("/Shop/all", **selection).state is PullState.UNCHANGED
    foundry.add("/Shop/a", ROWS.slice(0, 1))
    assert pull("/Shop/all", **selection).rows == 4


def test_a_view_with_a_key_has_the_latest_row_of_each_and_no_deleted_one(foundry, pulled):
    columns = {"id": [1, 1, 2, 2, 3, 3], "day": [1, 2, 1, 2, 5, None], "n": [0, 1, 2, 3, 4, 5]}
    gone = [None, False, False, True, False, None]
    foundry.add("/Shop/a", pa.table({**columns, "gone": gone}).slice(0, 3))
    foundry.add("/Shop/b", pa.table({**columns, "gone": gone}).slice(3))
    latest = {"type": "latestWins", "columns": ["day"]}
    foundry.add_view("/Shop/all", ["/Shop/a", "/Shop/b"], {"type": "duplicate", "resolutionStrategy": latest})
    foundry.add_view(
        "/Shop/kept", ["/Shop/a", "/Shop/b"],
        {"type": "duplicate", "resolutionStrategy": latest, "deletionColumn": "gone"},
    )  # fmt: skip

    assert sorted(row["n"] for row in pulled("/Shop/all")) == [1, 3, 4]
    assert sorted(row["n"] for row in pulled("/Shop/kept")) == [1, 4]
    assert [row["n"] for row in pulled("/Shop/kept", where="id > 1")] == [4]


def test_a_view_that_chooses_rows_by_an_unknown_rule_is_refused(foundry, pull):
    foundry.add("/Shop/a", ROWS)
    first = {"type": "duplicate", "resolutionStrategy": {"type": "firstWins", "columns": ["id"]}}
    foundry.add_view("/Shop/all", ["/Shop/a"], first)

    with pytest.raises(PullError, match=r"chooses rows by 'firstWins', which is not known here\. Make a dataset of it"):
        pull("/Shop/all")
