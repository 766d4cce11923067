import io

import pytest
from rich.console import Console

from transforms_api.cli.output import print_rows

DEALS = [{"deal": "Acme", "amount": 1_200_000, "owner": None}, {"deal": "Vertex", "amount": 180_000, "owner": "Ada"}]


@pytest.fixture
def printed():
    """printed(rows, width) → the lines of the table, its frame taken off."""

    def lines(rows, width):
        console = Console(file=io.StringIO(), width=width)
        print_rows(["deal", "amount", "owner"], rows, console)
        printed = [line.replace("│", "┃").split("┃")[1:-1] for line in console.file.getvalue().splitlines()]
        return [[cell.strip() for cell in line] for line in printed if line]

    return lines


def test_rows_that_fit_are_printed_under_their_columns(printed):
    assert printed(DEALS, 60) == [["deal", "amount", "owner"], ["Acme", "1200000", ""], ["Vertex", "180000", "Ada"]]


def test_a_table_that_is_too_wide_is_turned_round(printed):
    assert printed(DEALS[1:], 24) == [["column", "row 1"], ["deal", "Vertex"], ["amount", "180000"], ["owner", "Ada"]]


def test_of_rows_that_do_not_fit_beside_each_other_each_gets_a_table(printed):
    headings = [line for line in printed(DEALS, 24) if line[0] == "column"]
    assert headings == [["column", "row 1"], ["column", "row 2"]]


def test_a_table_without_rows_still_has_its_columns(printed):
    assert printed([], 60) == [["deal", "amount", "owner"]]


def test_a_terminal_s_commands_in_a_value_are_shown_and_not_obeyed(printed):
    assert printed([{"deal": "Ac\x1b[2Jme", "amount": 1, "owner": None}], 60)[1] == ["Ac\\x1b[2Jme", "1", ""]
