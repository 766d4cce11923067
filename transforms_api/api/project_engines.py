"""The engines of a project: the Spark session and the Sail server that its jobs share, started when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from transforms_api import builds, engines, warehouse
from transforms_api.errors import EnvironmentProblem, StoreError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from transforms_api.engines import SailEngine
    from transforms_api.project import Settings
    from transforms_api.warehouse import Warehouse

_FRESH_WORKERS = {"spark.python.worker.reuse": "false"}
"""A Python worker of Spark that runs several jobs keeps modules as it first imported them."""


class ProjectEngines:
    """Starts and stops what computes the jobs of a project.

    Args:
        settings: settings of the project, with the profile of Spark.
        tables: the warehouse that the builds write.
    """

    def __init__(self, settings: Settings, tables: Warehouse) -> None:
        self._settings, self._tables = settings, tables
        self._spark_settings: dict[str, str] = {}
        self._start: Callable[[], SparkSession] | None = None
        self._own_session: SparkSession | None = None
        self._sail: SailEngine | None = None
        self._lock = threading.Lock()

    def spark(self, roots: tuple[Path, ...]) -> SparkSession:
        """Return the Spark session of the project's profile, and start it if none runs.

        Args:
            roots: folders of the project's modules, for Python workers.

        Raises:
            EnvironmentProblem: there is no fitting Java, or Spark does not start.
            StoreError: the warehouse cannot be written.
        """
        from pyspark import SparkContext

        with self._lock:  # jobs call this from their threads
            if self._start is None:
                settings, log = {**self._settings.spark, **self._spark_settings}, logs_of(self._tables) / "spark.log"
                self._start = engines.lazy_session(settings, log, self._tables.root, roots)
            make_warehouse(self._tables)  # Spark's log is in it
            was_running = SparkContext._active_spark_context is not None
            session = self._start()
            if not was_running:
                self._own_session = session
        return session

    def import_modules_in_each_job(self) -> None:
        """Let Python workers of a Spark that starts later import modules in each job, as they are on disk then."""
        self._spark_settings, self._start = _FRESH_WORKERS, None

    def sail_for(self, name: str, roots: tuple[Path, ...]) -> tuple[SailEngine | None, str | None]:
        """Return Sail, unless Spark is to compute all jobs; and a note if this is not what the engine's name says.

        Args:
            name: 'spark', 'sail' or 'auto'.
            roots: folders of the project's modules, for Python functions on Sail.

        Raises:
            EnvironmentProblem: there is no such engine.
        """
        if name == "spark":
            return None, None
        if name not in ("sail", "auto"):
            raise EnvironmentProblem(f"There is no engine '{name}': use spark, sail or auto.")
        if self._sail is None:
            self._sail = engines.SailEngine(logs_of(self._tables) / "sail.log", roots, self._tables.storage.is_remote)
        reason = self._why_only_spark(self._sail, name)
        return (self._sail, None) if reason is None else (None, f"Spark computes this build: {reason}.")

    def _why_only_spark(self, sail: SailEngine, name: str) -> str | None:
        """Return why Spark computes all jobs of a build with the engine 'sail' or 'auto'; None: it does not.

        With 'sail', what can be installed or changed is no reason: the build fails with it, see `SailEngine.require`.
        """
        if name == "sail":
            return sail.why_not() if engines.SailEngine.missing_platform() else None
        if (reason := sail.why_not()) is not None:
            return reason
        if not engines.is_local(self._settings.spark):
            return "the profile's master is a cluster, and Sail runs on one machine"
        return builds.why_settings_need_spark(self._settings.spark)

    def stop_sail(self) -> None:
        """Stop Sail, whose Python functions import modules once. It starts again with the next job."""
        if self._sail is not None:
            self._sail.stop()

    def stop(self) -> None:
        """Stop the engines that this project has started. The next job starts them again."""
        session, self._own_session = self._own_session, None
        if session is not None:
            session.stop()
        self.stop_sail()


def logs_of(tables: Warehouse) -> Path:
    """Return the folder of the logs of builds and of Spark, which is on this machine.

    Args:
        tables: the warehouse that the builds write.

    Raises:
        StoreError: the folder is a link.
    """
    if tables.storage.is_remote:
        return platformdirs.user_log_path("transforms-api") / str(tables.root).replace("://", "/")
    return tables.storage.own_folder(tables.root, warehouse.LOGS)


def make_warehouse(tables: Warehouse) -> None:
    """Make the folder of a warehouse if it does not exist.

    Args:
        tables: the warehouse.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        tables.storage.make_root(tables.root)
    except OSError as error:
        raise StoreError(f"The warehouse cannot be written: {error}. Nothing has been changed.") from error
