"""Commits to several datasets as one transaction, which a killed process cannot leave half done.

Delta commits to one table at a time. A job therefore writes a record to `<warehouse>/_jobs/` before it stages anything.
When everything is staged and checked and each commit has been rehearsed, the job replaces the record atomically by one
that contains all its commits. From then on the job counts as published. The next build undoes a job that was killed
before this, and completes a job that was killed after it. A record that can never be completed is renamed to
`<id>.given-up`.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.iceberg import publish_snapshots
from transforms_api.warehouse.local_storage import replace_file, require_own_file
from transforms_api.warehouse.locks import lock_tables
from transforms_api.warehouse.paths import JOBS, LOCKS, storage_of
from transforms_api.warehouse.provenance import read_commits
from transforms_api.warehouse.publish import DeltaCommit
from transforms_api.warehouse.transaction import StagedCommit, Transaction

_PAUSE = 0.05
"""Seconds between two attempts to see that a publishing job has made all its commits."""
_LOCK_POLL = 0.002
"""Seconds between two attempts to take the lock under which a record is written; filelock's own are 0.05."""
_ATTEMPTS = 3
"""Attempts of a job to end what a killed job left in its tables; other jobs may do the same."""
_COMPLETIONS = 2
"""Attempts to complete a killed job before it is given up."""


class _Record(BaseModel):
    """The record of a job. Validated when read, since a warehouse may come from anywhere."""

    model_config = ConfigDict(frozen=True)

    state: Literal["staging", "publishing"]
    transactions: tuple[StagedCommit, ...]


class MultiTableTransaction:
    """A job with locked tables and an open transaction on each.

    Attributes:
        transactions: table → the transaction that the job has open on it.
        has_happened: the job's commits are recorded; they will be made even if this process is killed.
    """

    def __init__(self, root: Path, tables: Sequence[Path], require_held: Callable[[], None]) -> None:
        self.transactions = {table: Transaction(table) for table in tables}
        self.has_happened = False
        self._root, self._require_held = root, require_held
        self._record = storage_of(root).own_folder(root, JOBS) / f"{uuid.uuid4().hex}.json"
        self._published: set[Path] = set()
        opened = [
            StagedCommit(table=table, transaction=transaction.identifier)
            for table, transaction in self.transactions.items()
        ]
        _write(root, self._record, _Record(state="staging", transactions=tuple(opened)))

    def publish(self, staged: Sequence[StagedCommit]) -> list[int]:
        """Make all commits and return the number of rows (or files) of each.

        Args:
            staged: a commit for each dataset to publish; the other tables of the job keep their versions.

        Raises:
            LockedError: the locks have been lost, see `lock_tables`; nothing is committed.
            WriteError: rows cannot be committed; nothing is committed.
            StoreError: a commit fails. Either nothing is committed, or the next job on these datasets makes the missing
                commits and Iceberg snapshots.
        """
        prepared = [self.transactions[commit.table].prepare(commit) for commit in staged]
        self._require_held()
        _write(self._root, self._record, _Record(state="publishing", transactions=tuple(staged)))
        self.has_happened = True
        self._published = {commit.table for commit in staged}
        rows = [self._commit(commit, is_first=commit is prepared[0]) for commit in prepared]
        publish_snapshots(self._root, (commit.table for commit in staged))
        return rows

    def _commit(self, prepared: DeltaCommit, is_first: bool) -> int:
        try:
            return prepared.commit()
        except StoreError as error:
            if _is_committed(prepared.table, self.transactions[prepared.table].identifier):
                return prepared.rows  # the error came after the commit, such as from a checkpoint
            if (
                is_first and not storage_of(self._root).is_remote
            ):  # a store may still carry out a request that timed out
                self._take_back()
                raise
            raise StoreError(
                f"{error} The next build completes this job: others of its datasets are published."
            ) from error

    def _take_back(self) -> None:
        """Remove the record: none of the job's commits has been made."""
        with contextlib.suppress(OSError):
            self._record.unlink()
            self.has_happened, self._published = False, set()

    def close(self) -> None:
        """Remove what was staged and not published, and the record."""
        for table, transaction in self.transactions.items():
            if table not in self._published:
                transaction.abort()
        self._record.unlink(missing_ok=True)


@contextlib.contextmanager
def open_multi_table_transaction(
    root: Path,
    tables: Sequence[Path],
    purpose: str,
    timeout: float = -1,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[MultiTableTransaction]:
    """Lock tables, end what a killed job left open in them, and open a transaction on each.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables.
        purpose: description of the job, shown to processes that wait for the tables.
        timeout: seconds to wait for the tables; negative: without limit.
        on_wait: called with a message if another process holds a table.

    Raises:
        LockedError: another process holds a table for longer than `timeout`.
        StoreError: the warehouse cannot be written.
    """
    outcomes: list[str] = []
    with contextlib.ExitStack() as locks:
        for attempt in itertools.count():
            require_held = locks.enter_context(lock_tables(root, tables, purpose, timeout, on_wait))
            left = _left_open(root, tables)
            if not left:
                break
            if attempt == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {left[0]}: {'; '.join(outcomes)}")
            locks.close()
            outcomes = list(filter(None, (_recover(root, record) for record in left)))
        job = MultiTableTransaction(root, tables, require_held)
        try:
            yield job
        except BaseException:
            if not job.has_happened:
                job.close()
            raise
        job.close()


def recover(root: Path) -> list[str]:
    """End all killed jobs and return a message for each, including those that cannot be ended.

    Jobs that run in other processes are left alone. Raises nothing: a record concerns its own tables only, and other
    builds must go on.

    Args:
        root: folder of the warehouse.
    """
    records, storage = root / JOBS, storage_of(root)
    try:
        storage.own_folder(root, JOBS)
        names = sorted(name for name in storage.names(records) if name.endswith((".json", ".unfinished")))
        if any(name.endswith(".unfinished") for name in names) and not storage.is_remote:
            _remove_unfinished(records)
    except Exception as error:
        return [f"the records of killed jobs cannot be read: {error}"]
    return list(filter(None, (_recover(root, records / name) for name in names if name.endswith(".json"))))


def wait_for_publishing(root: Path, tables: Sequence[Path]) -> None:
    """Wait until no job is between its first and its last commit to some tables; complete killed jobs.

    A publishing job waits for no other job, so this ends. The job's locks are tried, not awaited: another job may take
    them next.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables.

    Raises:
        StoreError: a killed job cannot be completed.
    """
    for record in _left_open(root, tables):
        attempts, outcomes = 0, list[str]()
        while (content := _read(root, record)).state == "publishing":
            try:
                own = [staged.table for staged in content.transactions]
                with lock_tables(root, own, "reading a job's record", timeout=0):
                    pass
            except LockedError:
                time.sleep(_PAUSE)
                continue
            if attempts == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {record}: {'; '.join(outcomes)}")
            outcomes, attempts = recover(root), attempts + 1


def _recover(root: Path, record: Path) -> str | None:
    """End a killed job and return a message; None if the job is running or has been ended by another process.

    A job whose recorded commits fail twice for a lasting reason is given up.
    """
    for _ in range(_COMPLETIONS):
        try:
            tables = [staged.table for staged in _read(root, record).transactions]
            with contextlib.ExitStack() as locks:
                try:
                    locks.enter_context(lock_tables(root, tables, "recovery", timeout=0))
                except LockedError:
                    return None
                except StoreError as error:
                    return f"a killed job cannot be ended now, see {record}: {error}"
                return _end(root, record) if record.exists() else None
        except Exception as error:  # a damaged record must not end the build
            failure = error
            if _may_pass(error):
                return f"a killed job cannot be ended now, see {record}: {error}"
    return _give_up(record, failure)


def _end(root: Path, record: Path) -> str:
    """Complete a killed job whose commits are recorded; undo any other.

    All commits are prepared first, so that a refused commit leaves the other tables unchanged.
    """
    content = _read(root, record)
    names = ", ".join(staged.table.relative_to(root.resolve()).as_posix() for staged in content.transactions)
    if content.state == "publishing":
        missing = [staged for staged in content.transactions if not _is_committed(staged.table, staged.transaction)]
        for prepared in [staged.reopen().prepare(staged) for staged in missing]:
            prepared.commit()
        publish_snapshots(root, (staged.table for staged in content.transactions))
        outcome = f"a killed job has been completed: {names}"
    else:
        for staged in content.transactions:
            staged.reopen().abort()
        outcome = f"what a killed job had staged has been removed: {names}"
    record.unlink(missing_ok=True)
    return outcome


def _may_pass(error: BaseException | None) -> bool:
    """Return whether an error comes from the disk, the network or missing rights, and not from the commit itself."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        if isinstance(error, OSError):
            return not isinstance(
                error, (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
            ) and (error.errno not in (errno.EINVAL, errno.ENAMETOOLONG, errno.ELOOP))
        error = error.__cause__
    return False


def _give_up(record: Path, failure: Exception) -> str:
    """Set a record aside and return a message."""
    aside = record.with_suffix(".given-up")
    try:
        storage_of(record).rename(record, aside)
    except Exception as error:  # each store raises errors of its own
        return f"a killed job can never be completed: {failure} Its record {record} cannot be set aside: {error}"
    return (
        f"a killed job can never be completed and has been given up: {failure} Its record is kept as {aside}; build "
        "its datasets again (with --force, if they are fresh)."
    )


def _left_open(root: Path, tables: Sequence[Path]) -> list[Path]:
    """Return the records of jobs on these tables."""
    storage = storage_of(root)
    names = storage.names(storage.own_folder(root, JOBS))
    records = (root / JOBS / name for name in names if name.endswith(".json"))
    return [record for record in records if not set(tables).isdisjoint(_tables_of(root, record))]


def _tables_of(root: Path, record: Path) -> list[Path]:
    with contextlib.suppress(StoreError):  # `recover` reports a record that cannot be read
        return [staged.table for staged in _read(root, record).transactions]
    return []


def _is_committed(table: Path, transaction: str) -> bool:
    return any(commit.provenance and commit.transaction == transaction for commit in read_commits(table, ""))


def _read(root: Path, record: Path) -> _Record:
    try:
        return _Record.model_validate_json(record.read_bytes(), context={"root": root})
    except FileNotFoundError:  # another process has ended the job
        return _Record(state="staging", transactions=())
    except (ValidationError, OSError) as error:
        raise StoreError(f"{record} is no record of a job.") from error


def _write(root: Path, record: Path, content: _Record) -> None:
    """Replace a record atomically and durably."""
    text = content.model_dump_json(by_alias=True, exclude_unset=True, context={"root": root}).encode()
    unfinished = record.with_suffix(f".{uuid.uuid4().hex}.unfinished")
    try:
        if storage_of(record).is_remote:
            record.write_bytes(text)  # an object appears at once and complete
            return
        record.parent.mkdir(parents=True, exist_ok=True)
        with _writing(record.parent):
            replace_file(record, text, unfinished, is_durable=True)
    except Exception as error:  # each store raises errors of its own
        raise StoreError(f"{record.parent} cannot be written: {error}. Nothing has been changed.") from error


def _remove_unfinished(records: Path) -> None:
    with _writing(records):
        for unfinished in records.glob("*.unfinished"):
            unfinished.unlink()


def _writing(records: Path) -> AbstractContextManager[object]:
    """Hold the lock of writing a record: an unfinished record without the lock is a killed job's.

    Jobs that begin together wait for each other here, for the milliseconds that a disk needs.
    """
    file = storage_of(records).own_folder(records.parent, LOCKS) / "records.lock"
    require_own_file(file)
    return FileLock(file).acquire(poll_interval=_LOCK_POLL)
