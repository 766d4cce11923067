"""Snapshots of datasets: Markdown tables beside the test, for reviewers, managed by syrupy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from transforms_api.errors import SnapshotError
from transforms_api.testing.assertions import Table, difference, read, table_of, written

MOST_ROWS = 500
"""Maximum number of rows of a snapshot: reviewers do not read longer ones."""


class MarkdownFile(SingleFileSnapshotExtension):
    """One Markdown file per snapshot: `__snapshots__/<test file>/<test>.md`."""

    _write_mode = WriteMode.TEXT
    file_extension = "md"


def comparing(snapshot: SnapshotAssertion) -> Callable[..., None]:
    """Return the function behind the fixture `assert_snapshot`.

    It takes a DataFrame of Spark or Polars, `key` (columns to sort by; default: all) and `name` (for a test with
    several snapshots). With `pytest --snapshot-update` it records the rows.

    Args:
        snapshot: syrupy's fixture of the test.
    """
    files = snapshot.use_extension(MarkdownFile)

    def assert_snapshot(df: Any, *, key: Sequence[str] = (), name: str | None = None) -> None:
        """Assert that the rows of `df` are those that were recorded.

        Raises:
            AssertionError: they differ, or nothing was recorded.
            SnapshotError: there are too many rows to record, or `key` names a column that is none.
        """
        table = sorted_table(df, key)
        if not files(name=name) == written(table):
            raise AssertionError(_told(table, files))

    return assert_snapshot


def sorted_table(df: Any, key: Sequence[str] = ()) -> Table:
    """Return the rows of a DataFrame, sorted by the columns of `key`, then by all others.

    Args:
        df: a DataFrame of Spark or Polars.
        key: names of columns; empty: sort by all.

    Raises:
        SnapshotError: there are more than `MOST_ROWS` rows, or `key` names no column.
    """
    table = table_of(df.limit(MOST_ROWS + 1))
    if len(table.rows) > MOST_ROWS:
        raise SnapshotError(
            f"The DataFrame has more than {MOST_ROWS} rows, and reviewers do not read a snapshot of that size. Take "
            "fewer (`where`, `limit` after `sort`), or assert what they have in common."
        )
    if unknown := [name for name in key if name not in table.names]:
        raise SnapshotError(f"The key names {', '.join(unknown)}; the columns are {', '.join(table.names)}.")
    positions = [table.names.index(name) for name in key]
    return Table(table.columns, sorted(table.rows, key=lambda row: ([row[position] for position in positions], row)))


def _told(table: Table, files: SnapshotAssertion) -> str:
    result = files.executions[files.num_executions - 1]
    if result.exception is not None:
        raise result.exception
    if result.recalled_data is None:
        return (
            f"No snapshot has been recorded as {result.snapshot_location}. `pytest --snapshot-update` records what the "
            "test has now; read it before you commit it."
        )
    lines = difference(table, read(str(result.recalled_data)))
    return "\n".join(
        [
            f"The rows are not those recorded as {result.snapshot_location}:",
            *(lines or ["the same rows, in another order"]),
            "If they are right now, `pytest --snapshot-update` records them.",
        ]
    )
