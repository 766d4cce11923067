"""One writer at a time for each dataset of a branch; others queue, as builds do on Foundry.

On a disk a lock is the operating system's lock on a file, which ends with the process that holds it: a lock whose owner
was killed is free. Beside it stands who holds it, for those who wait. On an object store it is a lease.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from transforms_api.errors import LockedError, StoreError
from transforms_api.store.containment import demand_own_file, own_folder, replace_file
from transforms_api.store.locations import is_on_store
from transforms_api.store.names import LOCKS
from transforms_api.store.places import make_root

_PATIENCE = 0.2
"""Seconds after which somebody who waits is told for whom."""


@contextlib.contextmanager
def locked(
    root: Path, tables: Sequence[Path], purpose: str, timeout: float = -1, on_wait: Callable[[str], None] | None = None
) -> Iterator[Callable[[], None]]:
    """Hold the locks of these tables; yields a function that makes sure that they are still held.

    On an object store, where the operating system keeps no locks, they are leases: see `leases`. Only these can be
    lost, by a process that stood still for longer than they last; the function then raises a LockedError.

    Args:
        root: the warehouse's folder.
        purpose: what the locks are held for, told to others who wait for them.
        timeout: seconds to wait at most; negative: as long as it takes.
        on_wait: told who holds a lock that has to be waited for, and since when.

    Raises:
        LockedError: another process holds a lock for longer than `timeout`.
        StoreError: the warehouse cannot be written.
    """
    one = _lease if is_on_store(root) else _file_lock
    with contextlib.ExitStack() as held:
        # In one order everywhere, so that two that want the same tables never wait for each other.
        checks = [
            held.enter_context(one(root, table, purpose, timeout, on_wait)) for table in sorted(set(tables), key=str)
        ]

        def demand_held() -> None:
            for check in checks:
                check()

        yield demand_held


def _name(root: Path, table: Path) -> str:
    return hashlib.sha256(table.relative_to(root.resolve()).as_posix().encode()).hexdigest()[:32]


@contextlib.contextmanager
def _lease(
    root: Path, table: Path, purpose: str, timeout: float, on_wait: Callable[[str], None] | None
) -> Iterator[Callable[[], None]]:
    from transforms_api.store.leases import holder_in, leased

    def tell(lease: Path) -> None:
        if on_wait:
            on_wait(_waiting(table, lambda: holder_in(lease)))

    def refusal(lease: Path) -> str:
        return _refusal(table, lambda: holder_in(lease))

    with contextlib.ExitStack() as held:
        try:
            lease = leased(root / LOCKS / _name(root, table), _signature(purpose), timeout, tell, refusal)
            demand_held = held.enter_context(lease)
        except LockedError:
            raise
        except Exception as error:  # each store raises errors of its own
            raise _unwritable(root, error) from error
        yield demand_held


@contextlib.contextmanager
def _file_lock(
    root: Path, table: Path, purpose: str, timeout: float, on_wait: Callable[[str], None] | None
) -> Iterator[Callable[[], None]]:
    file = own_folder(root, LOCKS) / f"{_name(root, table)}.lock"
    demand_own_file(file)
    lock = FileLock(file)
    try:
        make_root(root)
        file.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, file, table, timeout, on_wait)
    except OSError as error:
        if isinstance(error, Timeout):
            raise
        raise _unwritable(root, error) from error
    try:
        with contextlib.suppress(OSError):  # only information for others: a full disk must not stop a job here
            holder = json.dumps(_signature(purpose)).encode()
            unfinished = file.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)  # of a holder that was killed
            replace_file(file.with_suffix(".json"), holder, unfinished)
        yield lambda: None
    finally:
        lock.release()


def _acquire(lock: FileLock, file: Path, table: Path, timeout: float, on_wait: Callable[[str], None] | None) -> None:
    def holder() -> Any:
        return json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))

    try:
        lock.acquire(timeout=_PATIENCE if timeout < 0 else min(_PATIENCE, timeout))
    except Timeout:
        if on_wait and timeout != 0:
            on_wait(_waiting(table, holder))
        try:
            lock.acquire(timeout=timeout)
        except Timeout:
            raise LockedError(_refusal(table, holder)) from None


def _waiting(table: Path, holder: Callable[[], Any]) -> str:
    return f"waiting for {table.name}, which {_held_by(holder)}"


def _refusal(table: Path, holder: Callable[[], Any]) -> str:
    return f"{table} is locked: it {_held_by(holder)}. Wait for it, or stop that process."


def _unwritable(root: Path, error: Exception) -> StoreError:
    return StoreError(f"The warehouse {root} cannot be written: {error}. Nothing has been changed.")


def _signature(purpose: str) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _held_by(holder: Callable[[], Any]) -> str:
    try:
        told = holder()
        return (
            f"has been held by process {told['process']} on {told['host']} since {told['since']} for {told['purpose']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "is held by another process"
