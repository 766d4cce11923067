"""Lineage: a build tells OpenLineage's catalogues, or a file, what each of its jobs reads and writes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.listeners import BuildListener
from transforms_api.builds.report import JobResult
from transforms_api.declare import Transform
from transforms_api.errors import EnvironmentProblem

if TYPE_CHECKING:
    from openlineage.client.transport import Transport


class LineageListener(BuildListener):
    """Sends an OpenLineage event when a job starts and when it ends.

    A thread sends them, so that no job waits for a server. After an event that could not be sent no further event is
    tried: a server that does not answer takes half a minute to be given up.

    Args:
        transport: OpenLineage's client for the target.
        environment: the build's; its warehouse has the versions that events name.
        warn: called at most once, with a sentence why an event could not be sent.
    """

    def __init__(self, transport: Transport, environment: BuildEnvironment, warn: Callable[[str], None]) -> None:
        self._transport, self._environment, self._warn = transport, environment, warn
        self._has_failed = False
        self._sender = ThreadPoolExecutor(1, "lineage")

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Send the event of a job's start."""
        self._sender.submit(self._send, transform, None, datetime.now(UTC))

    def on_job_ended(self, result: JobResult) -> None:
        """Send the event of a job's end."""
        self._sender.submit(self._send, result.transform, result, datetime.now(UTC))

    def close(self) -> None:
        """Wait until the last event has been sent."""
        self._sender.shutdown()

    def _send(self, transform: Transform[Any, Any], result: JobResult | None, time: datetime) -> None:
        from transforms_api.builds.lineage_events import run_event  # needs the extra `lineage`

        if self._has_failed:
            return
        try:
            self._transport.emit(run_event(transform, result, self._environment, time))
        except Exception as error:  # whatever is wrong with lineage, the build goes on
            self._has_failed = True
            text = f"The lineage of this build is incomplete, an event could not be sent: {error}"
            self._warn(self._environment.redact(text))


@contextlib.contextmanager
def lineage_listeners(
    target: str, folder: Path, environment: BuildEnvironment, warn: Callable[[str], None]
) -> Iterator[list[BuildListener]]:
    """Yield the listener that sends lineage to a target, none without a target; the context ends after its last event.

    Args:
        target: 'file:PATH', a file that events are added to, a line of JSON each; or the http(s) URL of a server with
            OpenLineage's API, whose key, if it wants one, is in the environment variable OPENLINEAGE_API_KEY; '' for
            no lineage.
        folder: base of a relative PATH.
        environment: the build's.
        warn: called at most once, with a sentence why an event could not be sent.

    Raises:
        EnvironmentProblem: openlineage-python is not installed.
    """
    if not target:
        yield []
        return
    with contextlib.closing(LineageListener(_transport(target, folder), environment, warn)) as listener:
        yield [listener]


def _transport(target: str, folder: Path) -> Transport:
    try:
        from openlineage.client.transport import get_default_factory
    except ImportError as error:
        raise EnvironmentProblem(
            f"conf/run.toml asks for lineage, which needs openlineage-python: {error}. "
            "Install it: pip install 'transforms-anywhere[lineage]'"
        ) from error
    return get_default_factory().create(_config(target, folder))


def _config(target: str, folder: Path) -> dict[str, Any]:
    if target.startswith("file:"):
        return {"type": "file", "log_file_path": str(folder / target.removeprefix("file:")), "append": True}
    key = os.environ.get("OPENLINEAGE_API_KEY")
    return {"type": "http", "url": target, "auth": {"type": "api_key", "apiKey": key} if key else {}}
