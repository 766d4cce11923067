import subprocess
import sys

import polars
import pytest

from transforms_api.errors import SnapshotError
from transforms_api.testing.assertions import MOST_ROWS, sorted_table

DEALS = {"deal_id": ["D2", "D1"], "amount": [20.0, 10.0]}
TEST = """
import polars

def test_deals(assert_snapshot):
    assert_snapshot(polars.DataFrame({deals}))
"""


@pytest.fixture
def pytest_of(tmp_path):
    """pytest_of(deals, option, …) → exit code and output of a run whose one test has a snapshot of these."""

    def run(deals, *options):
        (tmp_path / "test_deals.py").write_text(TEST.format(deals=deals))
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return result.returncode, result.stdout

    return run


def test_a_recorded_snapshot_is_compared_in_later_runs(pytest_of, tmp_path):
    assert pytest_of(DEALS, "--snapshot-update")[0] == 0
    [file] = (tmp_path / "__snapshots__").rglob("*.md")
    assert file.relative_to(tmp_path).as_posix() == "__snapshots__/test_deals/test_deals.md"
    assert file.read_text() == (
        "| deal_id : String | amount : Float64 |\n| --- | --- |\n| D1 | 10.0 |\n| D2 | 20.0 |\n"
    )
    assert pytest_of(DEALS)[0] == 0
    code, output = pytest_of({**DEALS, "amount": [25.0, 10.0]})
    assert code == 1
    assert "where deal_id=D2: amount is 25.0, expected 20.0" in output
    assert "If they are right now, `pytest --snapshot-update` records them" in output


def test_without_a_snapshot_a_test_fails_and_says_how_to_record_one(pytest_of, tmp_path):
    code, output = pytest_of(DEALS)
    assert code == 1
    assert "No snapshot has been recorded" in output
    assert "`pytest --snapshot-update` records what the test has now" in output
    assert not (tmp_path / "__snapshots__").exists()


def test_without_syrupy_a_test_says_what_to_install(pytest_of):
    code, output = pytest_of(DEALS, "-p", "no:syrupy")
    assert code == 1
    assert "Snapshots need syrupy: pip install 'transforms-anywhere[testing]'" in output


def test_rows_are_sorted_by_all_columns_or_by_a_key_first():
    deals = polars.DataFrame({"band": ["a", "a", "b"], "deal_id": ["D3", "D1", "D2"]})
    assert sorted_table(deals).rows == [("a", "D1"), ("a", "D3"), ("b", "D2")]
    assert sorted_table(deals, key=["deal_id"]).rows == [("a", "D1"), ("b", "D2"), ("a", "D3")]


def test_a_key_that_is_no_column_is_refused():
    with pytest.raises(SnapshotError, match="The key names id; the columns are deal_id, amount"):
        sorted_table(polars.DataFrame(DEALS), key=["id"])


def test_a_snapshot_of_more_rows_than_a_review_can_read_is_refused():
    with pytest.raises(SnapshotError, match=r"more than 500 rows.* Take fewer"):
        sorted_table(polars.DataFrame({"n": range(MOST_ROWS + 1)}))
