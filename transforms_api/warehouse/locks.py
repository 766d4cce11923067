"""One writer at a time for each dataset of a branch; others queue, as builds do on Foundry.

On a disk a lock is the operating system's lock on a file, which ends with the process that holds it: a lock whose owner
was killed is free. Beside it stands who holds it, for those who wait. On an object store it is a lease.

Locks on an object store, where no operating system knows who still lives: leases, renewed while they are held.

A lease on a table is an object in `<warehouse>/_locks/<table>/`, made under the condition that there is none of its
name; of two that make it one succeeds. Its holder writes it anew every few seconds. One that has not been written for
longer belongs to nobody: who wants the table makes an object of the next number, which again only one can. Times are
the store's own, so that no machine's clock counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.names import LOCKS, own_folder, replace_file, require_own_file
from transforms_api.warehouse.storage import FileInfo, create, files_below, make_root
from transforms_api.warehouse.uris import is_on_store

LEASE_SECONDS = 30.0
"""Seconds after its last renewal from which on a lease is nobody's."""
_RENEWED_EVERY = 8.0
_LOOK_UP = 1.0
"""Seconds between two looks of somebody who waits."""
_COLLISIONS = 100
"""How often somebody else may be as fast; more often, the store is not in order."""


@contextlib.contextmanager
def hold_lease(
    folder: Path,
    holder: Mapping[str, Any],
    timeout: float,
    on_wait: Callable[[Path], None],
    refusal: Callable[[Path], str],
) -> Iterator[Callable[[], None]]:
    """Hold the lease whose objects are in `folder`; yields a function that raises a LockedError if it has been lost.

    Args:
        holder: who holds it and what for, told to those who wait.
        timeout: seconds to wait at most; negative: as long as it takes.
        on_wait: called once with the object of another holder that has to be waited for.
        refusal: returns the text of the error, given the object of another holder.

    Raises:
        LockedError: another one holds it for longer than `timeout`.
        Exception: the store cannot be written; of which kind depends on the store.
    """
    content = json.dumps({**holder, "lease": uuid.uuid4().hex}).encode()
    mine = _acquired(folder, content, timeout, on_wait, refusal)
    ended, lost = threading.Event(), threading.Event()
    renewal = threading.Thread(target=_renew, args=(mine, content, ended, lost), name="lease", daemon=True)
    renewal.start()

    def demand_held() -> None:
        if lost.is_set() or not _is_ours(mine, content):
            raise LockedError(
                f"The lock {mine} was lost: it was not renewed for {LEASE_SECONDS:.0f} s, since this process "
                "stood still or the store did not answer. Nothing has been changed: build again."
            )

    try:
        yield demand_held
    finally:
        ended.set()
        renewal.join()
        with contextlib.suppress(Exception):  # it ends by itself
            if not lost.is_set() and _is_ours(mine, content):
                mine.unlink(missing_ok=True)


def holder_in(lease: Path) -> dict[str, Any]:
    """Return who holds a lease.

    Raises:
        OSError, ValueError: it is no longer there, or not ours.
    """
    found = json.loads(lease.read_bytes())
    if not isinstance(found, dict):
        raise ValueError(f"{lease} is no lock of ours.")
    return found


def _acquired(
    folder: Path, content: bytes, timeout: float, on_wait: Callable[[Path], None], refusal: Callable[[Path], str]
) -> Path:
    """Return the object of a lease that is ours alone from now on."""
    began, told, collisions = time.monotonic(), False, 0
    while True:
        before = _leases(folder)
        held = _held(folder, before)
        if held is None:
            number = max((_number(lease.path) for lease in before), default=-1) + 1
            mine = folder / f"{number:09}.json"
            if _is_alone(mine, content, before):
                return mine
            collisions += 1
            if collisions == _COLLISIONS:
                raise OSError(f"{mine} can neither be made nor found")
            time.sleep(random.uniform(0, 0.2))  # another one was as fast
            continue
        if timeout >= 0 and time.monotonic() - began >= timeout:
            raise LockedError(refusal(folder / held))
        if not told:
            on_wait(folder / held)
            told = True
        time.sleep(_LOOK_UP if timeout < 0 else min(_LOOK_UP, timeout))


def _is_alone(mine: Path, content: bytes, before: list[FileInfo]) -> bool:
    """Make the object of a lease and tell whether it is the only one, but for those of no one that were there before.

    Who lists before another's object and makes its own of another number after it would not fail: so each looks again.
    """
    if not create(mine, content):
        return False
    known = {lease.path: lease.modified for lease in before}
    others = [lease for lease in _leases(mine.parent) if lease.path != mine.name]
    if any(known.get(other.path) != other.modified for other in others):
        mine.unlink(missing_ok=True)
        return False
    for other in others:
        (mine.parent / other.path).unlink(missing_ok=True)
    return True


def _held(folder: Path, leases: list[FileInfo]) -> str | None:
    """Return the name of a lease that somebody holds, None where nobody does."""
    if not leases:
        return None
    newest = max(leases, key=lambda lease: lease.modified)
    return newest.path if _now(folder) - newest.modified < LEASE_SECONDS else None


def _now(folder: Path) -> float:
    """Return the store's own time: that of an object just written."""
    clock = folder.parent / f"clock-{uuid.uuid4().hex}"
    clock.write_bytes(b"")
    try:
        return clock.stat().st_mtime
    finally:
        clock.unlink(missing_ok=True)


def _renew(mine: Path, content: bytes, ended: threading.Event, lost: threading.Event) -> None:
    """Write the object anew until the lease ends, or is another's."""
    renewed = time.monotonic()
    while not ended.wait(_RENEWED_EVERY):
        asked = time.monotonic()
        try:
            if _is_ours(mine, content):
                mine.write_bytes(content)
                renewed = asked
            else:
                lost.set()
        except Exception:  # whatever keeps the store from answering may pass
            if time.monotonic() - renewed > LEASE_SECONDS:
                lost.set()
        if lost.is_set():
            return


def _leases(folder: Path) -> list[FileInfo]:
    return [file for file in files_below(folder) if file.path.endswith(".json")]


def _is_ours(mine: Path, content: bytes) -> bool:
    """Tell whether nobody has taken the lease over; its number may have come back since, with another's content."""
    newest = max((lease.path for lease in _leases(mine.parent)), default="")
    return newest == mine.name and mine.read_bytes() == content


def _number(name: str) -> int:
    digits = name.partition(".")[0]
    return int(digits) if digits.isdigit() else -1


_PATIENCE = 0.2
"""Seconds after which somebody who waits is told for whom."""


@contextlib.contextmanager
def lock_tables(
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
    def tell(lease: Path) -> None:
        if on_wait:
            on_wait(_waiting(table, lambda: holder_in(lease)))

    def refusal(lease: Path) -> str:
        return _refusal(table, lambda: holder_in(lease))

    with contextlib.ExitStack() as held:
        try:
            lease = hold_lease(root / LOCKS / _name(root, table), _signature(purpose), timeout, tell, refusal)
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
    require_own_file(file)
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
