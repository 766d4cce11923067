"""Caches the build state of a project and reads it again in the background after a change."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from revops_dashboards.build_state import BuildState, Look, Seen

_RESTS = 5
"""Pause after a reading, as a multiple of its duration: a running build changes files all the time."""


class Following:
    """The last state that was read of a project.

    Reading the state takes about a second, so pages render the cached state and poll a token for changes.

    Args:
        look: reads the state.
        versions: returns a value that differs if a table has a new version; pages read rows themselves.
        files: returns a value that differs if anything else that `look` reads has changed.

    Attributes:
        build: the cached state; empty before the first reading.
    """

    def __init__(self, look: Look, versions: Seen, files: Seen) -> None:
        self._look, self._versions, self._files = look, versions, files
        self._is_looking = threading.Lock()
        self._seen: object = None
        self._looks, self._rests_until = 0, 0.0
        self.build = BuildState()

    def token(self) -> str:
        """Return a text that changes if pages would show something different."""
        return self._token(self._versions())

    def look_if_changed(self) -> str:
        """Read the state in the background if anything has changed since the last reading; return the token."""
        versions = self._versions()
        current = versions, self._files()
        is_due = current != self._seen and time.monotonic() >= self._rests_until
        if is_due and self._is_looking.acquire(blocking=False):
            self._seen = current
            threading.Thread(target=self._look_again, daemon=True, name="look").start()
        return self._token(versions)

    def _token(self, versions: Hashable) -> str:
        return f"{self._looks}.{hash(versions)}"

    def _look_again(self) -> None:
        began = time.monotonic()
        try:
            self.build = self._look()
            self._looks += 1
        finally:
            self._rests_until = time.monotonic() + _RESTS * (time.monotonic() - began)
            self._is_looking.release()
