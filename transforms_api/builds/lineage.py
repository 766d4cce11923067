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
from transforms_api.builds.report import JobResult, Watch
from transforms_api.declare import Transform
from transforms_api.errors import EnvironmentProblem
from transforms_api.extras import install_command

if TYPE_CHECKING:
    from openlineage.client.transport import Transport


@contextlib.contextmanager
def watch_lineage(
    target: str, folder: Path, environment: BuildEnvironment, warn: Callable[[str], None]
) -> Iterator[Watch]:
    """Yield a `Watch` that sends an event for each begin and end of a job.

    A separate thread sends the events, so that no job waits for a server; leaving the context waits for the last event.
    After a failure no further event is sent: a server that is down takes half a minute per attempt.

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
        yield lambda transform, result: None
        return
    transport, problems = _transport(target, folder), list[Exception]()
    from transforms_api.builds.lineage_events import run_event  # imports the library that _transport has checked

    def send(transform: Transform[Any, Any], result: JobResult | None, time: datetime) -> None:
        if problems:
            return
        try:
            transport.emit(run_event(transform, result, environment, time))
        except Exception as error:  # the build goes on without lineage
            problems.append(error)
            warn(environment.redact(f"The lineage of this build is incomplete, an event could not be sent: {error}"))

    with ThreadPoolExecutor(1, "lineage") as sender:

        def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
            sender.submit(send, transform, result, datetime.now(UTC))

        yield watch


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
