"""Tables as they come: header, rows, and lines that are neither, alike for small and for large files."""

from pathlib import Path

import pytest

from transforms_api.errors import ImportSourceError
from transforms_api.importing import TableOptions, read_table, sheets_of
from transforms_api.importing import text_tables as module

SAMPLES = Path(__file__).parents[2] / "data" / "crm_exports"


@pytest.fixture(params=["small", "large"])
def size(request, monkeypatch):
    if request.param == "large":
        monkeypatch.setattr(module, "LARGE", 0)
    return request.param


def _read(folder: Path, text: str, **options) -> module.TextTable:
    file = folder / "deals.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return read_table(file, TableOptions(**options))


def _rows(table: module.TextTable) -> list[tuple]:
    return table.frame.select("_row", *table.columns).collect().rows()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_gives_rows_of_equal_width(tmp_path, size, separator):
    lines = [["id", "name", "amount"], ["1", "a", "5"], ["2", "b", "6"]]
    table = _read(tmp_path, "\n".join(separator.join(line) for line in lines) + "\n")
    assert _rows(table) == [(1, "1", "a", "5"), (2, "2", "b", "6")]


def test_decimal_commas_do_not_hide_semicolons(tmp_path, size):
    table = _read(tmp_path, "id;amount;rate\n1;3,50;0,1\n2;4,25;0,2\n")
    assert table.columns == ("id", "amount", "rate")


def test_quoted_line_breaks_are_part_of_one_row(tmp_path, size):
    table = _read(tmp_path, 'id,note,x\r\n1,"a\r\nb",c\r\n2,"say ""hi""",d\r\n')
    assert _rows(table) == [(1, "1", "a\r\nb", "c"), (2, "2", 'say "hi"', "d")]
    assert table.raw([1, 2]) == {1: '1,"a\r\nb",c', 2: '2,"say ""hi""",d'}


def test_a_row_with_more_cells_than_the_header_is_set_apart_with_its_raw_text(tmp_path, size):
    table = _read(tmp_path, "id,stage,amount\n1,Won,3,000\n2,Won,5\n3,Won,6,\n")
    assert table.ragged == ((1, "1,Won,3,000"),)
    assert _rows(table) == [(2, "2", "Won", "5"), (3, "3", "Won", "6")]


def test_blank_lines_have_no_number_and_short_rows_end_in_nulls(tmp_path, size):
    table = _read(tmp_path, "id,a,b\n1,x,y\n\n2,z\n")
    assert _rows(table) == [(1, "1", "x", "y"), (2, "2", "z", None)]


def test_titles_above_and_footers_below_are_no_rows(tmp_path, size):
    text = 'Report of deals\nAs of today\n\nid,stage,amount\n1,Won,5\n2,Lost,6\n\n"Copyright (c) somebody"\n"Page 1"\n'
    table = _read(tmp_path, text)
    assert _rows(table) == [(1, "1", "Won", "5"), (2, "2", "Lost", "6")]
    assert [row.kind for row in table.not_rows if row.kind != "blank"] == ["title", "title", "footer", "footer"]


def test_a_total_at_the_end_is_no_row_but_a_deal_of_total_energies_is_one(tmp_path, size):
    table = _read(tmp_path, "name,stage,owner,amount\nTotal Energies,Won,Ann,5\nGrand Total,,,5\n")
    assert _rows(table) == [(1, "Total Energies", "Won", "Ann", "5")]


def test_a_last_deal_that_has_only_an_id_is_a_row(tmp_path, size):
    table = _read(tmp_path, "id,stage,amount\n1,Won,5\nH2,,\n")
    assert _rows(table) == [(1, "1", "Won", "5"), (2, "H2", None, None)]


def test_the_line_sep_states_the_separator_and_is_no_header(tmp_path, size):
    table = _read(tmp_path, "sep=;\nid;name\n1;a,b,c\n")
    assert _rows(table) == [(1, "1", "a,b,c")]


def test_columns_of_one_name_stay_apart(tmp_path):
    assert _read(tmp_path, "id,Name,name,\n1,a,b,\n").columns == ("id", "Name", "name (2)")


def test_a_file_without_names_of_columns_is_refused(tmp_path):
    with pytest.raises(ImportSourceError, match="header_row"):
        _read(tmp_path, "1,2,3\n4,5,6\n")


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(ImportSourceError, match="is empty"):
        _read(tmp_path, "")


def test_a_sheet_has_its_header_below_the_title_and_numbers_as_written():
    table = read_table(SAMPLES / "excel" / "CRM.xlsx")
    first = table.frame.head(1).collect().row(0, named=True)
    assert (table.options.sheet, table.options.header_row) == ("Deals", 4)
    assert (first["Deal ID"], first["Deal Value, $"], first["Created"]) == ("7001", "38,500", "2023-10-26")
    assert table.not_rows[-1].kind == "total"


def test_a_sheet_that_is_not_there_names_those_that_are():
    with pytest.raises(ImportSourceError, match="Deals, Pivot, Dictionary"):
        read_table(SAMPLES / "excel" / "CRM.xlsx", TableOptions(sheet="Sales"))
    assert sheets_of(SAMPLES / "excel" / "CRM.xlsx") == ("Deals", "Pivot", "Dictionary")


def test_serial_dates_without_a_format_stay_numbers():
    table = read_table(SAMPLES / "pipedrive" / "deals.xlsx")
    assert table.frame.head(1).collect()["Deal - Deal created"].to_list() == ["45530.615903"]


def test_large_files_have_the_rows_of_small_ones(monkeypatch):
    files = sorted(SAMPLES.rglob("*.csv"))
    small = [_rows(read_table(file)) for file in files]
    monkeypatch.setattr(module, "LARGE", 0)
    assert [_rows(read_table(file)) for file in files] == small
