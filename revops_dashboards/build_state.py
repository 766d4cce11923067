"""The state of a project's datasets, as the page of the build shows it, read again in the background after changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they import Spark, and the first page need not wait for that
    from transforms_api.builds import DatasetState
    from transforms_api.porting import Contract


@dataclass(frozen=True)
class BuildState:
    """The state of a project at the time of the last reading.

    Attributes:
        states: dataset → its state, in build order; empty before the first reading.
        contracts: dataset → its contract, of datasets that have one.
        problem: why the state could not be read; None if it was.
    """

    states: Mapping[str, DatasetState] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    problem: str | None = None


ReadState = Callable[[], BuildState]
"""Reads the present state of the project; takes about a second."""
Fingerprint = Callable[[], Hashable]
"""Returns quickly a value that differs if the project has changed."""
_PAUSE = 5
"""Pause after a reading, as a multiple of its duration: a running build changes files all the time."""


class BuildStatePoller:
    """Caches the state of a project and reads it again in the background after changes.

    Reading the state takes about a second, so pages render the cached state and poll a token for changes.

    Args:
        read: reads the state.
        versions: returns a value that differs if a table has a new version; pages read rows themselves.
        files: returns a value that differs if anything else that `read` reads has changed.

    Attributes:
        build: the cached state; empty before the first reading.
    """

    def __init__(self, read: ReadState, versions: Fingerprint, files: Fingerprint) -> None:
        self._read, self._versions, self._files = read, versions, files
        self._is_reading = threading.Lock()
        self._fingerprint: object = None
        self._reads, self._pauses_until = 0, 0.0
        self.build = BuildState()

    def token(self) -> str:
        """Return a text that changes if pages would show something different."""
        return self._token(self._versions())

    def read_if_changed(self) -> str:
        """Read the state in the background if anything has changed since the last reading; return the token."""
        versions = self._versions()
        current = versions, self._files()
        is_due = current != self._fingerprint and time.monotonic() >= self._pauses_until
        if is_due and self._is_reading.acquire(blocking=False):
            self._fingerprint = current
            threading.Thread(target=self._read_again, daemon=True, name="read build state").start()
        return self._token(versions)

    def _token(self, versions: Hashable) -> str:
        return f"{self._reads}.{hash(versions)}"

    def _read_again(self) -> None:
        began = time.monotonic()
        try:
            self.build = self._read()
            self._reads += 1
        finally:
            self._pauses_until = time.monotonic() + _PAUSE * (time.monotonic() - began)
            self._is_reading.release()
