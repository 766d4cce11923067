"""External systems: a `Source` that a transform declares, provided on this machine by a local file."""

from __future__ import annotations

from transforms_api.declare.specs import Param


class Source(Param):
    """A source that a transform talks to, named by its RID or the name that it has in code.

    A run provides it from `conf/sources.toml` (a URL and secrets); a transform whose source is not there fails when it
    runs.
    """

    def __init__(self, rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.rid = rid
