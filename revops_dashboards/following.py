"""Follows a project: knows its build's state, and looks again in the background when something has changed."""

from __future__ import annotations

import threading
import time

from revops_dashboards.build_state import BuildState, Fingerprint, Look

_RESTS = 5
"""Times as long as a look took that none follows it: a running build changes something every moment."""


class Following:
    """The last known state of a project.

    A look takes a second, so pages show what is known, and the token tells them when there is more.

    Attributes:
        build: what the last look found; empty before the first.
    """

    def __init__(self, look: Look, fingerprint: Fingerprint) -> None:
        self._look, self._fingerprint = look, fingerprint
        self._is_looking = threading.Lock()
        self._seen: object = None
        self._looks, self._rests_until = 0, 0.0
        self.build = BuildState()

    def token(self) -> str:
        """Return a text that is another one once pages would show something else."""
        return f"{self._looks}.{hash(self._fingerprint()[0])}"

    def look_if_changed(self) -> None:
        """Let someone look in the background, if a look would find something else than the last one."""
        found = self._fingerprint()
        is_due = found != self._seen and time.monotonic() >= self._rests_until
        if is_due and self._is_looking.acquire(blocking=False):
            self._seen = found
            threading.Thread(target=self._look_again, daemon=True, name="look").start()

    def _look_again(self) -> None:
        began = time.monotonic()
        try:
            self.build = self._look()
            self._looks += 1
        finally:
            self._rests_until = time.monotonic() + _RESTS * (time.monotonic() - began)
            self._is_looking.release()
