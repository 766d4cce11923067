"""Lineage: sends events about the jobs of a build to a server with OpenLineage's API, or to a file."""

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
from transforms_api.extras import install_command

if TYPE_CHECKING:
    from openlineage.client.transport import Transport


class LineageListener(BuildListener):
    """Sends an OpenLineage event when a job starts and when it ends.

    A separate thread sends the events, so that no job waits for a server. After a failure no further event is sent: a
    server that is down takes half a minute per attempt.

    Args:
        transport: OpenLineage's client for the target.
        environment: the environment of the build.
        warn: called at most once, with a sentence on why an event could not be sent.
    """

    def __init__(self, transport: Transport, environment: BuildEnvironment, warn: Callable[[str], None]) -> None:
        self._transport, self._environment, self._warn = transport, environment, warn
        self._has_failed = False
        self._sender = ThreadPoolExecutor(1, "lineage")

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Send the event of a job's start.

        Args:
            transform: the transform of the job.
        """
        self._sender.submit(self._send, transform, None, datetime.now(UTC))

    def on_job_ended(self, result: JobResult) -> None:
        """Send the event of a job's end.

        Args:
            result: the result of the job.
        """
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
        except Exception as error:  # the build goes on without lineage
            self._has_failed = True
            text = f"The lineage of this build is incomplete, an event could not be sent: {error}"
            self._warn(self._environment.redact(text))


@contextlib.contextmanager
def lineage_listeners(
    target: str, folder: Path, environment: BuildEnvironment, warn: Callable[[str], None]
) -> Iterator[list[BuildListener]]:
    """Yield the listener that sends lineage, none without a target; leaving the context waits for the last event.

    Args:
        target: 'file:PATH', a file to which events are appended as lines of JSON; or the http(s) URL of a server with
            OpenLineage's API, with its key in the environment variable OPENLINEAGE_API_KEY; '' for no lineage.
        folder: folder that PATH is relative to.
        environment: the environment of the build.
        warn: called at most once, with a sentence on why an event could not be sent.

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
            f"Install it: {install_command('lineage')}"
        ) from error
    return get_default_factory().create(_config(target, folder))


def _config(target: str, folder: Path) -> dict[str, Any]:
    if target.startswith("file:"):
        return {"type": "file", "log_file_path": str(folder / target.removeprefix("file:")), "append": True}
    key = os.environ.get("OPENLINEAGE_API_KEY")
    return {"type": "http", "url": target, "auth": {"type": "api_key", "apiKey": key} if key else {}}
