"""Folders and files from outside as datasets: what transforms see of them, and no Spark anywhere."""

from decimal import Decimal

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from transforms.api import Input, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.errors import ImportSourceError
from transforms_api.importing.sources import import_source
from transforms_api.project.graph import build_graph
from transforms_api.warehouse.warehouse import Warehouse

ORDERS = "/Shop/raw/orders"
ROWS = [{"id": 1, "item": "pen"}, {"id": 2, "item": "ink"}]


@pytest.fixture
def load(source, warehouse):
    """load({file name: content}, **settings of the import) → what it published."""

    def run(files, **settings):
        return import_source(source(files), ORDERS, warehouse, **settings)

    return run


@pytest.fixture
def imported(load, warehouse):
    """imported({file name: content}) → the rows, in the order in which they were stored."""

    def run(files, **settings):
        load(files, **settings)
        return DeltaTable(str(warehouse.table(ORDERS))).to_pyarrow_table().to_pylist()

    return run


# Names of columns


def test_names_are_kept_as_they_are_and_transforms_read_them(load, run_without_spark, rows):
    @transform.using(orders=Input(ORDERS), out=Output("/Shop/out"))
    def copy(orders, out):
        out.write_table(orders.polars().select("Order ID", "price (EUR), net"))

    load({"a.csv": 'Order ID,"price (EUR), net"\n1,2.5\n'})
    run_without_spark(copy)
    assert rows("/Shop/out") == [{"Order ID": 1, "price (EUR), net": 2.5}]


@pytest.mark.parametrize(
    ("header", "problem"),
    [("id,", "a column without a name"), ("id,id", "'id' and 'id'"), ("id,ID", "'id' and 'ID'")],
)
def test_names_have_to_be_there_and_to_differ(load, header, problem):
    with pytest.raises(ImportSourceError, match=rf"a\.csv has .*{problem}"):
        load({"a.csv": f"{header}\n1,2\n"})


# Adding, and what transforms see


def test_an_import_replaces_and_an_append_adds(imported):
    imported({"a.csv": "id\n1\n"})
    assert imported({"a.csv": "id\n2\n"}) == [{"id": 2}]
    assert imported({"a.csv": "id,item\n3,pen\n"}, adds=True) == [{"id": 3, "item": "pen"}, {"id": 2, "item": None}]


def test_an_append_to_nothing_is_the_first_import(imported):
    assert imported({"a.csv": "id\n1\n"}, adds=True) == [{"id": 1}]


def test_incremental_transforms_see_only_the_rows_that_an_append_brought(load, run_without_spark):
    seen = []

    @incremental()
    @transform.using(orders=Input(ORDERS), out=Output("/Shop/out"))
    def read(ctx, orders, out):
        seen.append((ctx.is_incremental, orders.arrow("added").column("id").to_pylist()))
        out.write_table(orders.arrow())

    load({"a.csv": "id\n1\n2\n"})
    run_without_spark(read)
    load({"a.csv": "id\n3\n"}, adds=True)
    run_without_spark(read)
    load({"a.csv": "id\n4\n"})
    run_without_spark(read)
    assert seen == [(False, [1, 2]), (True, [3]), (False, [4])]


def test_rows_that_are_added_take_the_types_that_are_there(imported):
    imported({"a.csv": "zip,amount\n01234,1.5\n"})
    added, _ = imported({"a.csv": "zip,amount\n99999,2\n"}, adds=True)
    assert added == {"zip": "99999", "amount": 2.0}


def test_rows_of_another_type_cannot_be_added(load, rows):
    load({"a.csv": "id\n1\n"})
    with pytest.raises(ImportSourceError, match=r"a\.csv: column 'id' cannot become int64: .*'x'"):
        load({"a.csv": "id\nx\n"}, adds=True)
    assert rows(ORDERS) == [{"id": 1}]


def test_rows_are_added_into_the_partitions_that_a_transform_made(source, warehouse, rows):
    write_deltalake(warehouse.table(ORDERS), pa.table({"id": [1], "item": ["pen"]}), partition_by=["item"])
    import_source(source({"a.csv": "id,item\n2,ink\n"}), ORDERS, warehouse, adds=True)
    assert rows(ORDERS) == ROWS


def test_an_append_on_a_branch_continues_the_one_that_it_reads_from(source, warehouse, rows):
    feature = Warehouse(warehouse.root, "feature", fallback_branches=("master",))
    import_source(source({"a.csv": "id,item\n1,pen\n"}), ORDERS, warehouse)
    import_source(source({"a.csv": "id,item\n2,ink\n"}), ORDERS, feature, adds=True)
    on_branch = DeltaTable(str(feature.table(ORDERS))).to_pyarrow_table().to_pylist()
    assert sorted(row["id"] for row in on_branch) == [1, 2]
    assert rows(ORDERS) == ROWS[:1]


def test_a_build_leaves_an_imported_output_alone(load, warehouse):
    make = transform.using(orders=Output(ORDERS))(lambda orders: None)
    load({"a.csv": "id\n1\n"})
    assert make_plan(build_graph([make]), BuildEnvironment(None, warehouse, "build")).imported == [make]


# Files as they are


def test_files_are_kept_as_they_are_for_transforms_that_read_them(load, run_without_spark):
    seen = {}

    @transform.using(orders=Input(ORDERS), out=Output("/Shop/out"))
    def read(orders, out):
        for file in orders.filesystem().ls():
            with orders.filesystem().open(file.path, "rb") as stream:
                seen[file.path] = stream.read()
        out.write_table(pa.table({"files": [len(seen)]}))

    files = {"2024/a.csv": "id\r\n007\r\n", "b.bin": b"\x00\xff"}
    assert load(files, as_files=True).count == 2
    run_without_spark(read)
    assert seen == {"2024/a.csv": b"id\r\n007\r\n", "b.bin": b"\x00\xff"}


def test_files_are_copies_that_changes_of_the_originals_do_not_reach(source, warehouse):
    original = source({"a.txt": "before"}) / "a.txt"
    import_source(original, ORDERS, warehouse, as_files=True)
    original.write_text("after")
    assert (warehouse.latest(ORDERS).files_folder / "a.txt").read_text() == "before"


def test_added_files_are_what_an_incremental_transform_sees(load, source, run_without_spark):
    seen = []

    @incremental()
    @transform.using(orders=Input(ORDERS), out=Output("/Shop/out"))
    def read(orders, out):
        seen.append(sorted(file.path for file in orders.filesystem().ls()))
        out.write_table(pa.table({"files": [1]}))

    load({"a.txt": "a"}, as_files=True)
    run_without_spark(read)
    (source({}) / "a.txt").unlink()
    assert load({"b.txt": "b"}, as_files=True, adds=True).count == 1
    run_without_spark(read)
    assert seen == [["a.txt"], ["b.txt"]]


def test_fields_that_are_new_in_structs_are_added(imported):
    imported({"a.jsonl": '{"s": {"a": 1}, "l": [{"a": 1}]}'})
    assert imported({"a.jsonl": '{"s": {"a": 2, "b": "x"}, "l": [{"b": "y"}]}'}, adds=True) == [
        {"s": {"a": 2, "b": "x"}, "l": [{"a": None, "b": "y"}]},
        {"s": {"a": 1, "b": None}, "l": [{"a": 1, "b": None}]},
    ]


def test_a_dataset_has_rows_and_the_files_that_they_come_from(load, source, run_without_spark):
    seen = []

    @incremental()
    @transform.using(orders=Input(ORDERS), out=Output("/Shop/out"))
    def read(orders, out):
        files = orders.filesystem()
        names = [file.path for file in files.ls("*.csv")]
        seen.append((orders.polars().to_dicts(), {name: files.open(name).read() for name in names}))
        out.write_table(pa.table({"files": [1]}))

    first = load({"a.csv": "id,price\n1,1.10\n"}, as_files=True, with_rows=True)
    assert (first.count, first.files) == (1, 1)
    run_without_spark(read)
    (source({}) / "a.csv").unlink()
    added = load({"b.csv": "id,price\n2,2.20\n3,3.30\n"}, as_files=True, with_rows=True, adds=True)
    assert (added.count, added.files) == (2, 1)
    run_without_spark(read)
    assert seen == [
        ([{"id": 1, "price": Decimal("1.10")}], {"a.csv": "id,price\n1,1.10\n"}),
        ([{"id": 2, "price": Decimal("2.20")}, {"id": 3, "price": Decimal("3.30")}],
         {"b.csv": "id,price\n2,2.20\n3,3.30\n"}),
    ]  # fmt: skip


@pytest.mark.parametrize(("as_files", "named"), [(True, "files"), (False, "rows")])
def test_files_or_rows_alone_are_not_added_to_both(load, as_files, named):
    load({"a.csv": "id\n1\n"}, as_files=True, with_rows=True)
    with pytest.raises(ImportSourceError, match=f"{ORDERS} holds rows and files: {named} cannot be added"):
        load({"a.csv": "id\n2\n"}, as_files=as_files, adds=True)


def test_added_files_replace_none(load):
    load({"a.txt": "a"}, as_files=True)
    with pytest.raises(ImportSourceError, match=r"has a file called a\.txt already"):
        load({"a.txt": "b"}, as_files=True, adds=True)


@pytest.mark.parametrize(("first", "problem"), [(True, "holds files: rows"), (False, "holds rows: files")])
def test_rows_and_files_cannot_be_added_to_one_another(load, first, problem):
    load({"a.csv": "id\n1\n"}, as_files=first)
    with pytest.raises(ImportSourceError, match=f"{ORDERS} {problem} cannot be added"):
        load({"b.csv": "id\n2\n"}, as_files=not first, adds=True)


# What cannot be read


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"_SUCCESS": ""}, "has no data"),
        ({"a.csv": "id\n1\n", "b.json": "{}"}, r"as one table: source/a\.csv and source/b\.json"),
        ({"a.csv": "id\n1\n", "readme.txt": ""}, r"as one table: source/a\.csv and source/readme\.txt"),
        ({"a.xlsx": ""}, r"as one table: source/a\.xlsx.*--files"),
        ({"t/_delta_log/0.json": "", "t/a.parquet": ""}, "has a Delta table in it"),
        ({"_delta_log/00000000000000000000.json": "no"}, "source cannot be read"),
        ({"a.csv": ""}, r"a\.csv cannot be read"),
        ({"a.csv": "id;item\n1;pen\n"}, r"a\.csv cannot be read: its columns are separated by ';'"),
        ({"a.csv": "id;amount\n1;1.000,50\n"}, r"a\.csv cannot be read: its columns are separated by ';'"),
        ({"a.csv": "id;name, first\n1;a,b,c\n"}, r"a\.csv cannot be read: its columns are separated by ';'"),
        ({"a.csv": "id\tamount\n1\t1,5\n"}, r"a\.csv cannot be read: its columns are separated by '\\t'"),
        ({"a.csv": "id\n1,2\n"}, r"a\.csv cannot be read: .*Expected 1 columns, got 2"),
        ({"a.csv": "id\né\n".encode("latin-1")}, r"a\.csv cannot be read: .*UTF8"),
        ({"a.parquet": "no"}, r"a\.parquet cannot be read"),
        ({"a.jsonl.gz": b"no"}, r"a\.jsonl\.gz cannot be read"),
        ({"a.jsonl": '{"id": 1}\n{"id": \n'}, r"a\.jsonl cannot be read: line 2"),
        ({"a.json": "[1, 2]"}, r"a\.json cannot be read: rows have to be objects, not 1"),
        ({"a.json": "[]"}, "has no columns"),
        ({"a.parquet": pa.table({"x": [1]}), "b.parquet": pa.table({"x": ["a"]})}, r"b\.parquet .*int64 vs string"),
        ({"a.parquet": pa.table({"x": pa.array([1], pa.time32("s"))})}, "'x' is time32"),
        ({"a.parquet": pa.table({"x": pa.array([[2]], pa.list_(pa.duration("s")))})}, r"'x\[\]' is duration"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_and_leaves_nothing_behind(load, warehouse, files, problem):
    with pytest.raises(ImportSourceError, match=problem):
        load(files)
    assert not warehouse.table(ORDERS).exists()
