"""Rows that leave the warehouse: what each kind of file and table has, and targets that exist."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from transforms_api.errors import ExportError
from transforms_api.porting.row_writers import IfExists, without_password, writer_for

DEALS = pa.table(
    {
        "deal": ["A", "", None],
        "amount": pa.array([Decimal("1200.50"), Decimal("12345678901234567.89"), None], pa.decimal128(38, 2)),
        "closes": [dt.date(2024, 2, 29), dt.date(1899, 12, 31), None],
        "changed_at": pa.array([dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC), None, None], pa.timestamp("us", "UTC")),
        "is_open": [True, False, None],
        "tags": [["new", "Zoë"], [], None],
    }
)


def write(target, rows=DEALS, if_exists=IfExists.FAIL, table=None):
    return writer_for(str(target), table).write(rows.to_reader(), if_exists)


def test_a_csv_file_distinguishes_null_from_an_empty_text_and_has_lists_as_json(tmp_path):
    assert write(tmp_path / "deals.csv") == 3
    assert (tmp_path / "deals.csv").read_text(encoding="utf-8").splitlines() == [
        '"deal","amount","closes","changed_at","is_open","tags"',
        '"A",1200.50,2024-02-29,2024-01-01 12:00:00.000000Z,true,"[""new"", ""Zoë""]"',
        '"",12345678901234567.89,1899-12-31,,false,"[]"',
        ",,,,,",
    ]


def test_a_parquet_file_has_the_rows_and_types_of_the_dataset(tmp_path):
    write(tmp_path / "deals.parquet")
    assert pq.read_table(tmp_path / "deals.parquet").equals(DEALS)


def test_an_excel_file_has_numbers_dates_and_as_text_what_excel_would_round(tmp_path):
    calamine = pytest.importorskip("python_calamine", reason="pip install python-calamine reads the file back")
    write(tmp_path / "deals.xlsx")
    rows = calamine.CalamineWorkbook.from_path(tmp_path / "deals.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0] == ["deal", "amount", "closes", "changed_at", "is_open", "tags"]
    assert rows[1][1:5] == [1200.5, dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, 12), True]
    assert rows[2][1:3] == ["12345678901234567.89", "1899-12-31"]


def test_a_text_that_looks_like_a_formula_stays_a_text_in_excel(tmp_path):
    calamine = pytest.importorskip("python_calamine", reason="pip install python-calamine reads the file back")
    write(tmp_path / "a.xlsx", pa.table({"note": ["=1+1"]}))
    rows = calamine.CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert rows == [["note"], ["=1+1"]]


def test_a_text_longer_than_an_excel_cell_is_refused_and_no_file_is_left(tmp_path):
    with pytest.raises(ExportError, match="row 1 has a text of 40,000 characters"):
        write(tmp_path / "a.xlsx", pa.table({"note": ["x" * 40_000]}))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_kept_unless_it_is_to_be_replaced(tmp_path):
    target = tmp_path / "deals.csv"
    target.write_text("mine")
    with pytest.raises(ExportError, match="exists"):
        write(target)
    assert target.read_text() == "mine"
    assert write(target, if_exists=IfExists.REPLACE) == 3


def test_rows_cannot_be_added_to_a_file(tmp_path):
    with pytest.raises(ExportError, match="cannot be added to a file"):
        write(tmp_path / "deals.csv", if_exists=IfExists.APPEND)


def test_a_write_that_fails_half_way_leaves_the_present_file(tmp_path):
    def batches():
        yield DEALS.to_batches()[0]
        raise OSError("the disk is gone")

    target = tmp_path / "deals.csv"
    target.write_text("mine")
    rows = pa.RecordBatchReader.from_batches(DEALS.schema, batches())
    with pytest.raises(ExportError, match="the disk is gone"):
        writer_for(str(target)).write(rows, IfExists.REPLACE)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("deals.csv", "mine")]


@pytest.mark.parametrize(
    ("target", "table", "message"),
    [
        ("deals.txt", None, "the ending says the format"),
        ("deals.csv", "kpis", "is a file, which has no table"),
        ("mysql://me:secret@host/db", "kpis", "only postgresql"),
        ("postgresql://me:secret@host/db", None, "needs the name of a table"),
        ("iceberg:lake", None, "needs the name of a table"),
    ],
)
def test_a_target_that_nothing_writes_is_refused_without_a_word_of_its_password(target, table, message):
    with pytest.raises(ExportError, match=message) as caught:
        writer_for(target, table)
    assert "secret" not in str(caught.value)


def test_a_url_is_shown_without_its_password():
    assert without_password("postgresql://me:secret@host/db") == "postgresql://me:…@host/db"


@pytest.fixture
def iceberg(tmp_path):
    """iceberg() → rows of the table analytics.deals of the catalog in `tmp_path / "lake"`."""
    sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

    def read():
        folder = tmp_path / "lake"
        catalog = sql.SqlCatalog("local", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder.as_uri())
        return catalog.load_table("analytics.deals").scan().to_arrow()

    return read


def test_an_iceberg_table_has_the_rows_of_the_dataset(tmp_path, iceberg):
    assert write(f"iceberg:{tmp_path / 'lake'}", table="analytics.deals") == 3
    assert iceberg().sort_by("deal").to_pylist() == DEALS.sort_by("deal").to_pylist()


def test_rows_are_added_to_an_iceberg_table_or_replace_it_with_other_columns(tmp_path, iceberg):
    lake = f"iceberg:{tmp_path / 'lake'}"
    write(lake, table="analytics.deals")
    with pytest.raises(ExportError, match=r"has a table analytics\.deals"):
        write(lake, table="analytics.deals")
    write(lake, table="analytics.deals", if_exists=IfExists.APPEND)
    assert iceberg().num_rows == 6
    write(lake, pa.table({"stage": ["Won"]}), IfExists.REPLACE, "analytics.deals")
    assert iceberg().to_pylist() == [{"stage": "Won"}]


def test_rows_that_an_iceberg_table_cannot_have_are_refused_and_it_stays_as_it_is(tmp_path, iceberg):
    lake = f"iceberg:{tmp_path / 'lake'}"
    write(lake, table="analytics.deals")
    with pytest.raises(ExportError, match="cannot have these rows"):
        write(lake, pa.table({"deal": [1]}), IfExists.APPEND, "analytics.deals")
    assert iceberg().num_rows == 3


def test_an_iceberg_table_needs_a_namespace(tmp_path):
    with pytest.raises(ExportError, match=r"give namespace and table, as in analytics\.kpis"):
        write(f"iceberg:{tmp_path}", table="deals")
