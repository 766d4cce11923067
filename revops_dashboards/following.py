"""Follows a project: knows its build's state, and looks again in the background when something has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

from revops_dashboards.build_state import BuildState, Look, Seen

_RESTS = 5
"""Times as long as a look took that none follows it: a running build changes something every moment."""


class Following:
    """The last known state of a project.

    A look takes a second, so pages show what is known, and the token tells them when there is more.

    Args:
        versions: tells of the tables, whose rows pages read themselves.
        files: tells of all else that a look would see.

    Attributes:
        build: what the last look found; empty before the first.
    """

    def __init__(self, look: Look, versions: Seen, files: Seen) -> None:
        self._look, self._versions, self._files = look, versions, files
        self._is_looking = threading.Lock()
        self._seen: object = None
        self._looks, self._rests_until = 0, 0.0
        self.build = BuildState()

    def token(self) -> str:
        """Return a text that is another one once pages would show something else."""
        return self._token(self._versions())

    def look_if_changed(self) -> str:
        """Let someone look in the background, if a look would find something else than the last; return the token."""
        versions = self._versions()
        found = versions, self._files()
        is_due = found != self._seen and time.monotonic() >= self._rests_until
        if is_due and self._is_looking.acquire(blocking=False):
            self._seen = found
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
