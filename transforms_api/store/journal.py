"""Jobs as transactions over several datasets: what is under way is recorded, so that a killed job can be ended.

Delta commits one table at a time. A job therefore writes a record to `<warehouse>/_jobs/` before it stages anything.
When everything is staged and checked, it replaces it, in one instant, by one with all that its commits will say. From
that instant on the job has happened: the next one who comes undoes a job killed before it and completes one killed
after it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock
from pydantic import BaseModel, Field, ValidationError

from transforms_api.errors import LockedError, StoreError, WriteError
from transforms_api.store.commits import TransactionType, read_commits
from transforms_api.store.delta_log import version_at
from transforms_api.store.locations import is_on_store
from transforms_api.store.locks import locked
from transforms_api.store.places import names_in
from transforms_api.store.transaction import Transaction

_FOLDER = "_jobs"
_PAUSE = 0.05
"""Seconds after which a job looks again whether another one has made all its commits."""
_ATTEMPTS = 3
"""How often a job tries to end what a killed one left in its tables; others may be at it, too."""


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

    def publish(self) -> int:
        """Commit it and return the number of rows (or files)."""
        return self.transaction.publish(self.schema, self.partition_columns, self.provenance, self.type)


class OpenJob:
    """A job whose tables are locked.

    Attributes:
        transactions: table → the transaction that the job has open on it.
        has_happened: the job's commits are recorded; they will be made even if this process is killed.
    """

    def __init__(self, root: Path, tables: Sequence[Path], demand_held: Callable[[], None]) -> None:
        self.transactions = {table: Transaction(table) for table in tables}
        self.has_happened = False
        self._root, self._demand_held = root, demand_held
        self._record = root / _FOLDER / f"{uuid.uuid4().hex}.json"
        self._published: set[Path] = set()
        opened = [_opened(root, transaction) for transaction in self.transactions.values()]
        _write(self._record, {"state": "staging", "transactions": opened})

    def publish(self, staged: Sequence[Staged]) -> list[int]:
        """Commit all transactions together and return the number of rows (or files) of each.

        Raises:
            LockedError: the tables' locks have been lost, see `locked`; nothing is committed.
            StoreError: a commit fails. The next job on these datasets completes what is missing.
        """
        self._demand_held()
        _write(self._record, {"state": "publishing", "transactions": [_as_json(self._root, one) for one in staged]})
        self.has_happened = True
        self._published = {one.transaction.table for one in staged}
        return [one.publish() for one in staged]

    def close(self) -> None:
        """Remove what was staged and not published, and the record."""
        for table, transaction in self.transactions.items():
            if table not in self._published:
                transaction.abort()
        self._record.unlink(missing_ok=True)


@contextlib.contextmanager
def open_job(
    root: Path,
    tables: Sequence[Path],
    purpose: str,
    timeout: float = -1,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[OpenJob]:
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
            demand_held = locks.enter_context(locked(root, tables, purpose, timeout, on_wait))
            left = _left_open(root, tables)
            if not left:
                break
            if attempt == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {left[0]}: {'; '.join(told)}")
            locks.close()
            told = recover(root)
        job = OpenJob(root, tables, demand_held)
        try:
            yield job
        except BaseException:
            if not job.has_happened:
                job.close()
            raise
        job.close()


def recover(root: Path) -> list[str]:
    """End all jobs that were killed, and return a line on each, also on those that cannot be ended.

    Jobs that are still under way, in other processes, are left alone.
    """
    done: list[str] = []
    records = root / _FOLDER
    names = names_in(records)
    if not names:
        return done
    if not is_on_store(root):
        _remove_unfinished(records)
    for record in (records / name for name in sorted(names) if name.endswith(".json")):
        try:
            tables = [_transaction(root, entry).table for entry in _read(record)["transactions"]]
            with locked(root, tables, "recovery", timeout=0):
                if record.exists():
                    done.append(_end(root, record))
        except LockedError:
            continue
        except (StoreError, WriteError) as error:
            done.append(f"a killed job cannot be ended: {error}")
    return done


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
                with locked(root, of_it, "a look at a job", timeout=0):
                    pass
            except LockedError:
                time.sleep(_PAUSE)
                continue
            if attempts == _ATTEMPTS:
                raise StoreError(f"What a killed job left open cannot be ended, see {record}: {'; '.join(outcomes)}")
            outcomes, attempts = recover(root), attempts + 1


def _end(root: Path, record: Path) -> str:
    """Complete a killed job that has happened, undo another."""
    content = _read(record)
    names = ", ".join(entry["table"] for entry in content["transactions"])
    if content["state"] == "publishing":
        for entry in content["transactions"]:
            staged = _from_json(root, entry)
            if not _is_committed(staged.transaction):
                staged.publish()
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
    records = (root / _FOLDER / name for name in names_in(root / _FOLDER) if name.endswith(".json"))
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
    if not found.is_relative_to(root.resolve()):
        raise StoreError(f"{root / _FOLDER} has a record of {table}, which lies outside of the warehouse. Remove it.")
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
        raise StoreError(f"{record} is no record of a job. Remove it.") from error


def _remove_unfinished(records: Path) -> None:
    with _writing(records):
        for unfinished in records.glob("*.unfinished"):
            unfinished.unlink()


def _writing(records: Path) -> FileLock:
    """Return the lock that is held while a record is written: what is unfinished and not locked, a killed job left."""
    return FileLock(records.parent / "_locks" / "records.lock")


def _write(record: Path, content: Mapping[str, Any]) -> None:
    """Replace a record in one instant, on the disk too."""
    unfinished = record.with_suffix(".unfinished")
    try:
        if is_on_store(record):
            record.write_bytes(json.dumps(content).encode())  # an object appears at once and whole
            return
        record.parent.mkdir(parents=True, exist_ok=True)
        with _writing(record.parent), unfinished.open("w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
            unfinished.replace(record)
    except Exception as error:  # each store raises errors of its own
        raise StoreError(f"{record.parent} cannot be written: {error}. Nothing has been changed.") from error
