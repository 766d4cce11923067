"""Locks: one writer at a time for each dataset of a branch; others wait, as builds do on Foundry.

On a disk a lock is the operating system's lock on a file, one per table. It ends with its process, so the lock of a
killed process is free. A file beside it names the holder.

An object store has no locks. There a job has one lease on all its tables: an object
`<warehouse>/_locks/leases/<number>-<id>.json` that lists them and is rewritten every few seconds. A lease that is not
rewritten expires. A contender writes a lease of a higher number and then lists all leases: of two that want a table at
the same time, at least the one that lists later sees the other, and withdraws. Times are those of the store, so the
clocks of the machines do not matter.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.local_storage import replace_file, require_own_file
from transforms_api.warehouse.paths import LOCKS, storage_of
from transforms_api.warehouse.storage import FileInfo

LEASE_SECONDS = 30.0
"""Seconds after its last renewal at which a lease expires."""
_RENEWED_EVERY = 8.0
"""Seconds between two renewals of a lease."""
_POLL = 1.0
"""Seconds between two looks at a lease that another job holds."""
_SECOND_LOOK = 1.0
"""Seconds in which a contender that lost the race has withdrawn its lease."""
_COLLISIONS = 100
"""Attempts to write a lease at the same time as other contenders before the store counts as broken."""
_REPORT_AFTER = 0.2
"""Seconds before a waiting build reports which process holds a lock on a disk."""


class _Holder(BaseModel):
    """The holder of a lock or a lease, for those who wait."""

    model_config = ConfigDict(frozen=True)

    purpose: str
    process: int
    host: str
    since: str
    tables: frozenset[str] = frozenset()
    """The tables of a lease, relative to the warehouse."""


@contextlib.contextmanager
def lock_tables(
    root: Path, tables: Sequence[Path], purpose: str, timeout: float = -1, on_wait: Callable[[str], None] | None = None
) -> Iterator[Callable[[], None]]:
    """Hold the locks of tables.

    Only leases on an object store can be lost, by a process that stood still for longer than they last.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables.
        purpose: what the locks are held for, shown to processes that wait.
        timeout: seconds to wait; negative: without limit.
        on_wait: called with a message about the holder of a lock.

    Yields:
        A function that raises a LockedError if the locks have been lost.

    Raises:
        LockedError: another process holds a lock for longer than `timeout`.
        StoreError: the warehouse cannot be written.
    """
    with contextlib.ExitStack() as held:
        require_held: Callable[[], None] = lambda: None  # noqa: E731
        if storage_of(root).is_remote and tables:
            lease = _Lease(root, tables, purpose)
            try:
                require_held = held.enter_context(lease.held(timeout, on_wait))
            except LockedError:
                raise
            except Exception as error:  # each store raises errors of its own
                raise _unwritable(root, error) from error
        else:
            for table in sorted(set(tables), key=str):  # the same order in all processes prevents deadlocks
                held.enter_context(_file_lock(root, table, purpose, timeout, on_wait))
        yield require_held


class _Lease:
    """A lease on tables of a warehouse on an object store.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables.
        purpose: what the lease is held for.
    """

    def __init__(self, root: Path, tables: Sequence[Path], purpose: str) -> None:
        self._root, self._folder = root, root / LOCKS / "leases"
        self._tables = frozenset(table.relative_to(root.resolve()).as_posix() for table in tables)
        self._own = _holder(purpose, self._tables)
        self._content = self._own.model_dump_json().encode()
        self._object = self._folder
        self._holders: dict[str, _Holder | None] = {}
        self._ended, self._lost = threading.Event(), threading.Event()

    @contextlib.contextmanager
    def held(self, timeout: float, on_wait: Callable[[str], None] | None) -> Iterator[Callable[[], None]]:
        """Hold the lease and renew it in a thread; yields a function that raises a LockedError if it has been lost."""
        self._acquire(timeout, on_wait)
        renewal = threading.Thread(target=self._renew, name="lease", daemon=True)
        renewal.start()
        try:
            yield self._require_held
        finally:
            self._ended.set()
            renewal.join()
            with contextlib.suppress(Exception):  # the lease expires by itself
                if not self._lost.is_set():
                    self._object.unlink(missing_ok=True)

    def _acquire(self, timeout: float, on_wait: Callable[[str], None] | None) -> None:
        began, collisions = time.monotonic(), 0
        while True:
            before = self._list()
            conflicts = self._conflicts(before)
            if held := self._unexpired(conflicts):
                if timeout >= 0 and time.monotonic() - began >= timeout:
                    raise LockedError(_refusal(self._table_of(held), self._holder_of(held)))
                if on_wait:
                    on_wait(_waiting(self._table_of(held), self._holder_of(held)))
                    on_wait = None
                time.sleep(_POLL if timeout < 0 else min(_POLL, timeout))
            elif self._is_alone(before, conflicts):
                return
            else:
                collisions += 1
                if collisions == _COLLISIONS:
                    raise OSError(f"{self._object} can neither be written nor listed")
                time.sleep(random.uniform(0, min(0.2 * collisions, 2)))

    def _is_alone(self, before: Sequence[FileInfo], expired: Sequence[FileInfo]) -> bool:
        """Write the lease; withdraw it and return False if another contender has written one on the same tables."""
        number = max(map(_number, before), default=-1) + 1
        self._object = self._folder / f"{number:09}-{uuid.uuid4().hex}.json"
        self._holders[self._object.name] = self._own
        self._object.write_bytes(self._content)
        known = {lease.path: lease.modified for lease in expired}
        others = [lease for lease in self._conflicts(self._list()) if lease.path != self._object.name]
        if any(known.get(other.path) != other.modified for other in others):
            self._object.unlink(missing_ok=True)
            return False
        for other in others:
            (self._folder / other.path).unlink(missing_ok=True)
        return True

    def _renew(self) -> None:
        """Rewrite the object until the lease ends or has been lost."""
        renewed = time.monotonic()
        while not self._ended.wait(_RENEWED_EVERY):
            now = time.monotonic()
            try:
                if self._is_held():
                    self._object.write_bytes(self._content)
                    renewed = now
                else:
                    self._lost.set()
            except Exception:  # the store may answer again
                if time.monotonic() - renewed > LEASE_SECONDS:
                    self._lost.set()
            if self._lost.is_set():
                return

    def _require_held(self) -> None:
        if self._lost.is_set() or not self._is_held():
            raise LockedError(
                f"The lock {self._object} was lost: it was not renewed for {LEASE_SECONDS:.0f} s, since this process "
                "stood still or the store did not answer. Nothing has been changed: build again."
            )

    def _is_held(self) -> bool:
        """Return whether no other job has taken over one of the tables.

        A job that takes over removes this lease. A renewal at the same time may restore it; the other job's lease then
        has a higher number. A contender's lease may have one too until the contender withdraws.
        """
        if not self._taken_over():
            return True
        time.sleep(_SECOND_LOOK)
        return not self._taken_over()

    def _taken_over(self) -> bool:
        leases = self._list()
        own = [lease for lease in leases if lease.path == self._object.name]
        return not own or any(_number(lease) > _number(own[0]) for lease in self._conflicts(leases))

    def _list(self) -> list[FileInfo]:
        files = storage_of(self._folder).files_below(self._folder)
        return [file for file in files if file.path.endswith(".json")]

    def _conflicts(self, leases: Sequence[FileInfo]) -> list[FileInfo]:
        """Return the leases on one of the tables. Reads each lease once, since its name is never used again."""
        for lease in leases:
            if lease.path not in self._holders:
                try:
                    content = (self._folder / lease.path).read_bytes()
                    self._holders[lease.path] = _Holder.model_validate_json(content)
                except FileNotFoundError:  # released meanwhile
                    continue
                except ValidationError:
                    self._holders[lease.path] = None
        read = [lease for lease in leases if lease.path in self._holders]
        return [lease for lease in read if self._is_on_tables(self._holders[lease.path])]

    def _is_on_tables(self, holder: _Holder | None) -> bool:
        """Return whether a lease is on one of the tables; a lease that cannot be read counts as one on all tables."""
        return holder is None or not self._tables.isdisjoint(holder.tables)

    def _unexpired(self, leases: Sequence[FileInfo]) -> FileInfo | None:
        """Return the newest of some leases unless it has expired."""
        if not leases:
            return None
        newest = max(leases, key=lambda lease: lease.modified)
        return newest if self._now() - newest.modified < LEASE_SECONDS else None

    def _now(self) -> float:
        """Return the store's time: that of a new object."""
        clock = self._folder.parent / f"clock-{uuid.uuid4().hex}"
        clock.write_bytes(b"")
        try:
            return clock.stat().st_mtime
        finally:
            clock.unlink(missing_ok=True)

    def _holder_of(self, lease: FileInfo) -> _Holder | None:
        return self._holders.get(lease.path)

    def _table_of(self, lease: FileInfo) -> Path:
        holder = self._holder_of(lease)
        return self._root / min(self._tables & holder.tables if holder else self._tables)


def _number(lease: FileInfo) -> int:
    digits = lease.path.partition("-")[0]
    return int(digits) if digits.isdigit() else -1


@contextlib.contextmanager
def _file_lock(
    root: Path, table: Path, purpose: str, timeout: float, on_wait: Callable[[str], None] | None
) -> Iterator[None]:
    storage = storage_of(root)
    name = hashlib.sha256(table.relative_to(root.resolve()).as_posix().encode()).hexdigest()[:32]
    file = storage.own_folder(root, LOCKS) / f"{name}.lock"
    require_own_file(file)
    lock = FileLock(file)
    try:
        storage.make_root(root)
        storage.make_folder(file.parent)
        _acquire(lock, file.with_suffix(".json"), table, timeout, on_wait)
    except OSError as error:
        if isinstance(error, Timeout):
            raise
        raise _unwritable(root, error) from error
    try:
        with contextlib.suppress(OSError):  # only information for others: a full disk must not stop a job here
            content = _holder(purpose).model_dump_json(exclude={"tables"}).encode()
            unfinished = file.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)  # of a holder that was killed
            replace_file(file.with_suffix(".json"), content, unfinished)
        yield
    finally:
        lock.release()


def _acquire(
    lock: FileLock, information: Path, table: Path, timeout: float, on_wait: Callable[[str], None] | None
) -> None:
    try:
        lock.acquire(timeout=_REPORT_AFTER if timeout < 0 else min(_REPORT_AFTER, timeout))
    except Timeout:
        if on_wait and timeout != 0:
            on_wait(_waiting(table, _read_holder(information)))
        try:
            lock.acquire(timeout=timeout)
        except Timeout:
            raise LockedError(_refusal(table, _read_holder(information))) from None


def _read_holder(information: Path) -> _Holder | None:
    try:
        return _Holder.model_validate_json(information.read_bytes())
    except (OSError, ValidationError):
        return None


def _holder(purpose: str, tables: frozenset[str] = frozenset()) -> _Holder:
    return _Holder(
        purpose=purpose,
        process=os.getpid(),
        host=socket.gethostname(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        tables=tables,
    )


def _waiting(table: Path, holder: _Holder | None) -> str:
    return f"waiting for {table.name}, which {_held_by(holder)}"


def _refusal(table: Path, holder: _Holder | None) -> str:
    return f"{table} is locked: it {_held_by(holder)}. Wait for it, or stop that process."


def _held_by(holder: _Holder | None) -> str:
    if holder is None:
        return "is held by another process"
    return f"has been held by process {holder.process} on {holder.host} since {holder.since} for {holder.purpose}"


def _unwritable(root: Path, error: Exception) -> StoreError:
    return StoreError(f"The warehouse {root} cannot be written: {error}. Nothing has been changed.")
