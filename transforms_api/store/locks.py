"""One writer at a time for each dataset of a branch; others queue, as builds do on Foundry.

A lock is the operating system's lock on a file, which ends with the process that holds it: a lock whose owner was
killed is free. Beside it stands who holds it, for those who wait.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from transforms_api.errors import LockedError, StoreError

_PATIENCE = 0.2
"""Seconds after which somebody who waits is told for whom."""


@contextlib.contextmanager
def locked(
    root: Path, tables: Sequence[Path], purpose: str, timeout: float = -1, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the locks of these tables.

    Args:
        root: the warehouse's folder.
        purpose: what the locks are held for, told to others who wait for them.
        timeout: seconds to wait at most; negative: as long as it takes.
        on_wait: told who holds a lock that has to be waited for, and since when.

    Raises:
        LockedError: another process holds a lock for longer than `timeout`.
        StoreError: the warehouse cannot be written.
    """
    with contextlib.ExitStack() as held:
        # In one order everywhere, so that two that want the same tables never wait for each other.
        for table in sorted(set(tables)):
            held.enter_context(_one(root, table, purpose, timeout, on_wait))
        yield


@contextlib.contextmanager
def _one(
    root: Path, table: Path, purpose: str, timeout: float, on_wait: Callable[[str], None] | None
) -> Iterator[None]:
    name = hashlib.sha256(table.relative_to(root.resolve()).as_posix().encode()).hexdigest()[:32]
    file = root / "_locks" / f"{name}.lock"
    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, file, table, timeout, on_wait)
    except OSError as error:
        if isinstance(error, Timeout):
            raise
        raise StoreError(f"The warehouse {root} cannot be written: {error}. Nothing has been changed.") from error
    try:
        _sign(file, purpose)
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, file: Path, table: Path, timeout: float, on_wait: Callable[[str], None] | None) -> None:
    try:
        lock.acquire(timeout=_PATIENCE if timeout < 0 else min(_PATIENCE, timeout))
    except Timeout:
        if on_wait and timeout != 0:
            on_wait(f"waiting for {table.name}, which {_holder(file)}")
        try:
            lock.acquire(timeout=timeout)
        except Timeout:
            raise LockedError(f"{table} is locked: it {_holder(file)}. Wait for it, or stop that process.") from None


def _sign(file: Path, purpose: str) -> None:
    holder = {
        "purpose": purpose,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    with contextlib.suppress(OSError):  # only information for others: a full disk must not stop a job here
        file.with_suffix(".json").write_text(json.dumps(holder), encoding="utf-8")


def _holder(file: Path) -> str:
    try:
        holder = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        return (
            f"has been held by process {holder['process']} on {holder['host']} since {holder['since']} "
            f"for {holder['purpose']}"
        )
    except (OSError, ValueError, KeyError):
        return "is held by another process"
