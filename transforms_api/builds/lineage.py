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
from transforms_api.builds.report import JobResult, Watch
from transforms_api.declare import Transform
from transforms_api.errors import EnvironmentProblem

if TYPE_CHECKING:
    from openlineage.client.transport import Transport


@contextlib.contextmanager
def watch_lineage(
    target: str, folder: Path, environment: BuildEnvironment, warn: Callable[[str], None]
) -> Iterator[Watch]:
    """Send an event for each job that the yielded `Watch` is told of.

    A thread of its own sends them, so that no job waits for a server; the end of the context waits for the last event.
    After one that could not be sent no other is tried: a server that is away takes half a minute to be given up.

    Args:
        target: 'file:PATH', a file that events are added to, a line of JSON each; or the http(s) URL of a server with
            OpenLineage's API, whose key, if it wants one, is in the environment variable OPENLINEAGE_API_KEY; '' for
            nowhere.
        folder: what PATH is relative to.
        warn: told, at most once, that an event could not be sent, and why.

    Raises:
        EnvironmentProblem: openlineage-python is not installed.
    """
    if not target:
        yield lambda transform, result: None
        return
    transport, problems = _transport(target, folder), list[Exception]()
    from transforms_api.builds.lineage_events import run_event  # needs the library that _transport has found

    def send(transform: Transform[Any, Any], result: JobResult | None, time: datetime) -> None:
        if problems:
            return
        try:
            transport.emit(run_event(transform, result, environment, time))
        except Exception as error:  # whatever is wrong with lineage, the build goes on
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
            "Install it: pip install 'transforms-anywhere[lineage]'"
        ) from error
    return get_default_factory().create(_config(target, folder))


def _config(target: str, folder: Path) -> dict[str, Any]:
    if target.startswith("file:"):
        return {"type": "file", "log_file_path": str(folder / target.removeprefix("file:")), "append": True}
    key = os.environ.get("OPENLINEAGE_API_KEY")
    return {"type": "http", "url": target, "auth": {"type": "api_key", "apiKey": key} if key else {}}
