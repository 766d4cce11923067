"""`write` and `show --where`: rows out of the warehouse."""

import json

import pytest


@pytest.fixture
def deals(write):
    """The dataset /A/deals of three deals."""
    write("/A/deals", deal=["A", "B", "C"], amount=[100, 250, 40])


def test_rows_that_meet_a_condition_are_written_with_the_columns_named(deals, on_warehouse, tmp_path):
    file = tmp_path / "deals.csv"
    code, printed, _ = on_warehouse(
        "write", "deals", "--to", file, "--where", "amount >= 100", "--columns", "amount,deal"
    )
    assert code == 0
    assert f"2 rows of /A/deals written to {file}" in printed.replace("\n", "")
    assert file.read_text().splitlines() == ['"amount","deal"', '100,"A"', '250,"B"']


def test_a_version_is_written_as_it_was(deals, write, on_warehouse, tmp_path):
    write("/A/deals", deal=["D"], amount=[1])
    on_warehouse("write", "deals@0", "--to", tmp_path / "a.csv", "--rows", 1, "--columns", "deal")
    assert (tmp_path / "a.csv").read_text().splitlines() == ['"deal"', '"A"']


def test_a_file_that_exists_is_wrong_use_and_stays(deals, on_warehouse, tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    code, _, error = on_warehouse("write", "deals", "--to", tmp_path / "a.csv")
    assert code == 2
    assert "--if-exists replace" in error
    assert (tmp_path / "a.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [("--where", "amont > 1", "amont"), ("--where", "amount >", "syntax error"), ("--columns", "owner", "owner")],
)
def test_a_condition_or_column_that_does_not_fit_is_wrong_use(deals, on_warehouse, option, text, message):
    code, _, error = on_warehouse("show", "deals", option, text)
    assert code == 2
    assert "cannot be selected" in error
    assert message in error


def test_a_condition_cannot_read_files(deals, on_warehouse, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    code, _, error = on_warehouse("show", "deals", "--where", f"amount > (SELECT a FROM '{tmp_path}/secret.csv')")
    assert code == 2
    assert "cannot be selected" in error


def test_show_prints_csv_alone(deals, on_warehouse):
    _, printed, _ = on_warehouse("show", "deals", "--where", "amount < 100", "--format", "csv")
    assert printed == '"deal","amount"\n"C",40\n'


def test_show_prints_one_object_per_line_as_json(deals, on_warehouse):
    _, printed, _ = on_warehouse("show", "deals", "--columns", "deal", "--rows", 2, "--format", "json")
    assert [json.loads(line) for line in printed.splitlines()] == [{"deal": "A"}, {"deal": "B"}]
