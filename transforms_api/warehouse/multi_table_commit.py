"""Jobs as transactions over several datasets: what is under way is recorded, so that a killed job can be ended.

Delta commits one table at a time. A job therefore writes a record to `<warehouse>/_jobs/` before it stages anything.
When everything is staged and checked, and each commit has been rehearsed, it replaces it, in one instant, by one with
all that its commits will say. From that instant on the job has happened: the next one who comes undoes a job killed
before it and completes one killed after it. A record that can never be completed is set aside: it is renamed to
`<id>.given-up`.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock
from pydantic import BaseModel, Field, ValidationError

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.locks import lock_tables
from transforms_api.warehouse.names import JOBS, LOCKS, own_folder, replace_file, require_no_links, require_own_file
from transforms_api.warehouse.provenance import TransactionType, read_commits
from transforms_api.warehouse.storage import names_in
from transforms_api.warehouse.table import version_at
from transforms_api.warehouse.transaction import PreparedCommit, Transaction
from transforms_api.warehouse.uris import is_on_store

_PAUSE = 0.05
"""Seconds after which a job looks again whether another one has made all its commits."""
_ATTEMPTS = 3
"""How often a job tries to end what a killed one left in its tables; others may be at it, too."""
_COMPLETIONS = 2
"""How often a killed job is tried to be completed before it is given up."""


class _Base(BaseModel):
    table: str
    branch: str
    version: int


class _Entry(BaseModel):
    table: str
    transaction: str = Field(pattern="^[0-9a-f]{32}$")
    base: _Base | None = None
    columns: str | None = Field(None, alias="schema")
    partition_columns: list[str] = []
    provenance: dict[str, Any] = {}
    type: TransactionType = TransactionType.SNAPSHOT


class _Record(BaseModel):
    """What a record has to be to be acted upon; it may come from anywhere, as the warehouse itself."""

    state: Literal["staging", "publishing"]
    transactions: list[_Entry]


@dataclass(frozen=True)
class Staged:
    """A transaction that has all its rows and files, and what its commit is to say; see `Transaction.publish`."""

    transaction: Transaction
    schema: str | None
    partition_columns: tuple[str, ...]
    provenance: Mapping[str, Any]
    type: TransactionType = TransactionType.SNAPSHOT

    def prepare(self) -> PreparedCommit:
        """Return its commit, rehearsed; see `Transaction.prepare`."""
        return self.transaction.prepare(self.schema, self.partition_columns, self.provenance, self.type)


class MultiTableTransaction:
    """A job whose tables are locked.

    Attributes:
        transactions: table → the transaction that the job has open on it.
        has_happened: the job's commits are recorded; they will be made even if this process is killed.
    """

    def __init__(self, root: Path, tables: Sequence[Path], demand_held: Callable[[], None]) -> None:
        self.transactions = {table: Transaction(table) for table in tables}
        self.has_happened = False
        self._root, self._demand_held = root, demand_held
        self._record = own_folder(root, JOBS) / f"{uuid.uuid4().hex}.json"
        self._published: set[Path] = set()
        opened = [_opened(root, transaction) for transaction in self.transactions.values()]
        _write(self._record, {"state": "staging", "transactions": opened})

    def publish(self, staged: Sequence[Staged]) -> list[int]:
        """Commit all transactions together and return the number of rows (or files) of each.

        Raises:
            LockedError: the tables' locks have been lost, see `locked`; nothing is committed.
            WriteError: rows cannot be committed; nothing is.
            StoreError: a commit fails. Nothing is committed, or the next job on these datasets completes what is
                missing.
        """
        prepared = [one.prepare() for one in staged]
        self._demand_held()
        _write(self._record, {"state": "publishing", "transactions": [_as_json(self._root, one) for one in staged]})
        self.has_happened = True
        self._published = {one.transaction.table for one in staged}
        return [self._commit(one, is_first=one is prepared[0]) for one in prepared]

    def _commit(self, prepared: PreparedCommit, is_first: bool) -> int:
        try:
            return prepared.commit()
        except StoreError as error:
            if _is_committed(prepared.transaction):  # what failed came after the commit, such as a checkpoint
                return prepared.rows.rows
            if is_first and not is_on_store(self._root):  # a store may still carry out a request that timed out
                self._take_back()
                raise
            raise StoreError(
                f"{error} The next build completes this job: others of its datasets are published."
            ) from error

    def _take_back(self) -> None:
        """Let the job not have happened: none of its commits has been made."""
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
        root: the warehouse's folder.
        purpose: what the job is, told to others who wait for the tables.
        timeout: seconds to wait for the tables at most; negative: as long as it takes.

    Raises:
        LockedError: another process holds a table for longer.
        StoreError: the warehouse cannot be written.
    """
    told: list[str] = []
    with contextlib.ExitStack() as locks:
        for attempt in itertools.count():
            demand_held = locks.enter_context(lock_tables(root, tables, purpose, timeout, on_wait))
            left = _left_open(root, tables)
            if not left:
                break
            if attempt == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {left[0]}: {'; '.join(told)}")
            locks.close()
            told = list(filter(None, (_recover(root, record) for record in left)))
        job = MultiTableTransaction(root, tables, demand_held)
        try:
            yield job
        except BaseException:
            if not job.has_happened:
                job.close()
            raise
        job.close()


def recover(root: Path) -> list[str]:
    """End all jobs that were killed, and return a line on each, also on those that cannot be ended.

    Jobs that are still under way, in other processes, are left alone. No error ends it: a record concerns the tables
    that it names, and no other build.
    """
    records = root / JOBS
    try:
        own_folder(root, JOBS)
        names = sorted(name for name in names_in(records) if name.endswith((".json", ".unfinished")))
        if any(name.endswith(".unfinished") for name in names) and not is_on_store(root):
            _remove_unfinished(records)
    except Exception as error:
        return [f"the records of killed jobs cannot be read: {error}"]
    return list(filter(None, (_recover(root, records / name) for name in names if name.endswith(".json"))))


def _recover(root: Path, record: Path) -> str | None:
    """End a killed job and return a line on it; None where it is under way, or has been ended meanwhile.

    A job whose commits are recorded and fail twice for a reason that does not pass is given up.
    """
    for _ in range(_COMPLETIONS):
        try:
            tables = [_transaction(root, entry).table for entry in _read(record)["transactions"]]
            with contextlib.ExitStack() as locks:
                try:
                    locks.enter_context(lock_tables(root, tables, "recovery", timeout=0))
                except LockedError:
                    return None
                except StoreError as error:
                    return f"a killed job cannot be ended now, see {record}: {error}"
                return _end(root, record) if record.exists() else None
        except Exception as error:  # whatever a record says or lacks, the build goes on
            failure = error
            if _may_pass(error):
                return f"a killed job cannot be ended now, see {record}: {error}"
    return _give_up(record, failure)


def _may_pass(error: BaseException | None) -> bool:
    """Tell whether an error is one of the disk, the network or the rights, and not of what is to be committed."""
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
    """Set a record aside and return a line on it."""
    aside = record.with_suffix(".given-up")
    try:
        if is_on_store(record):
            aside.write_bytes(record.read_bytes())
            record.unlink()
        else:
            record.replace(aside)
    except Exception as error:  # each store raises errors of its own
        return f"a killed job can never be completed: {failure} Its record {record} cannot be set aside: {error}"
    return (
        f"a killed job can never be completed and has been given up: {failure} Its record is kept as {aside}; build "
        "its datasets again (with --force, if they are fresh)."
    )


def wait_for_publishing(root: Path, tables: Sequence[Path]) -> None:
    """Return once no job is between its first and its last commit to these tables; complete those that were killed.

    A job that publishes waits for no other job, so this ends. Its locks are not waited for: the next job may take them.

    Raises:
        StoreError: a killed job cannot be completed.
    """
    for record in _left_open(root, tables):
        attempts, outcomes = 0, list[str]()
        while (content := _read(record))["state"] == "publishing":
            try:
                of_it = [_absolute(root, entry["table"]) for entry in content["transactions"]]
                with lock_tables(root, of_it, "a look at a job", timeout=0):
                    pass
            except LockedError:
                time.sleep(_PAUSE)
                continue
            if attempts == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {record}: {'; '.join(outcomes)}")
            outcomes, attempts = recover(root), attempts + 1


def _end(root: Path, record: Path) -> str:
    """Complete a killed job that has happened, undo another.

    All commits are prepared first, so that one that is refused leaves the others unmade.
    """
    content = _read(record)
    names = ", ".join(entry["table"] for entry in content["transactions"])
    if content["state"] == "publishing":
        found = [_from_json(root, entry) for entry in content["transactions"]]
        for prepared in [one.prepare() for one in found if not _is_committed(one.transaction)]:
            prepared.commit()
        outcome = f"a killed job has been completed: {names}"
    else:
        for entry in content["transactions"]:
            _transaction(root, entry).abort()
        outcome = f"what a killed job had staged has been removed: {names}"
    record.unlink(missing_ok=True)
    return outcome


def _left_open(root: Path, tables: Sequence[Path]) -> list[Path]:
    """Return the records that are about these tables."""
    wanted = {_relative(root, table) for table in tables}
    records = (root / JOBS / name for name in names_in(own_folder(root, JOBS)) if name.endswith(".json"))
    return [record for record in records if not wanted.isdisjoint(_tables_of(record))]


def _tables_of(record: Path) -> list[str]:
    with contextlib.suppress(StoreError):  # `recover` tells of a record that cannot be read
        return [entry["table"] for entry in _read(record)["transactions"]]
    return []


def _is_committed(transaction: Transaction) -> bool:
    commits = read_commits(transaction.table, "")
    return any(commit.provenance.get("transaction") == transaction.identifier for commit in commits)


def _opened(root: Path, transaction: Transaction) -> dict[str, Any]:
    return {"table": _relative(root, transaction.table), "transaction": transaction.identifier}


def _transaction(root: Path, entry: Mapping[str, Any]) -> Transaction:
    return Transaction(_absolute(root, entry["table"]), identifier=entry["transaction"])


def _relative(root: Path, table: Path) -> str:
    return table.relative_to(root.resolve()).as_posix()


def _absolute(root: Path, table: str) -> Path:
    """Return where a table lies that a record names.

    Raises:
        StoreError: outside of the warehouse, where no record must reach.
    """
    found = (root / table).resolve()
    require_no_links(found, ["_files/"])
    if not found.is_relative_to(root.resolve()):
        raise StoreError(f"{root / JOBS} has a record of {table}, which lies outside of the warehouse.")
    return found


def _as_json(root: Path, staged: Staged) -> dict[str, Any]:
    base = staged.transaction.base
    return {
        **_opened(root, staged.transaction),
        "base": base and {"table": _relative(root, base.table), "branch": base.branch, "version": base.version},
        "schema": staged.schema,
        "partition_columns": list(staged.partition_columns),
        "provenance": dict(staged.provenance),
        "type": staged.type.value,
    }


def _from_json(root: Path, entry: Mapping[str, Any]) -> Staged:
    transaction, base = _transaction(root, entry), entry["base"]
    if base:
        transaction.base = version_at(_absolute(root, base["table"]), base["branch"], base["version"])
    return Staged(
        transaction,
        entry["schema"],
        tuple(entry["partition_columns"]),
        entry["provenance"],
        entry["type"],
    )


def _read(record: Path) -> dict[str, Any]:
    try:
        return _Record.model_validate_json(record.read_bytes()).model_dump(by_alias=True)
    except FileNotFoundError:  # ended by somebody else in the meantime
        return {"state": "staging", "transactions": []}
    except (ValidationError, OSError) as error:
        raise StoreError(f"{record} is no record of a job.") from error


def _remove_unfinished(records: Path) -> None:
    with _writing(records):
        for unfinished in records.glob("*.unfinished"):
            unfinished.unlink()


def _writing(records: Path) -> FileLock:
    """Return the lock that is held while a record is written: what is unfinished and not locked, a killed job left."""
    file = own_folder(records.parent, LOCKS) / "records.lock"
    require_own_file(file)
    return FileLock(file)


def _write(record: Path, content: Mapping[str, Any]) -> None:
    """Replace a record in one instant, on the disk too."""
    unfinished = record.with_suffix(f".{uuid.uuid4().hex}.unfinished")
    try:
        if is_on_store(record):
            record.write_bytes(json.dumps(content).encode())  # an object appears at once and whole
            return
        record.parent.mkdir(parents=True, exist_ok=True)
        with _writing(record.parent):
            replace_file(record, json.dumps(content).encode(), unfinished, is_durable=True)
    except Exception as error:  # each store raises errors of its own
        raise StoreError(f"{record.parent} cannot be written: {error}. Nothing has been changed.") from error
