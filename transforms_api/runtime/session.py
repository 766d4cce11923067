"""The Spark session of a build: Delta on the class path, its noise in a file."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pyspark.sql import SparkSession

from transforms_api.errors import EnvironmentProblem
from transforms_api.runtime.class_archive import archive_option
from transforms_api.runtime.cluster import cached_jars, is_local, place_settings, variables_for_workers, with_jars
from transforms_api.runtime.delta_jars import SPARK_JARS, cache_folder
from transforms_api.runtime.driver import Session
from transforms_api.runtime.java import find_java
from transforms_api.runtime.java_names import look_up_names_once
from transforms_api.runtime.job_session import forget_ended, how_spark_ended
from transforms_api.runtime.shipped_code import ship
from transforms_api.runtime.tables import PROLEPTIC_CALENDAR

_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
MEANING = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "EXCEPTION",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    **PROLEPTIC_CALENDAR,
}
"""Settings that decide what code means, on every Spark line alike: those of the Spark that Foundry runs, and how times
and dates stand in Parquet files. They take precedence over a profile of conf/run.toml."""
CLASS_ARCHIVE = "spark.transforms.classArchive"
"""Our own setting, "true" or "false": whether Spark's classes come from an archive, see `class_archive`."""
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_LOG_FORMAT = Path(__file__).with_name("log4j2.properties")


def start_session(
    settings: Mapping[str, str], log_file: Path, root: Path | None = None, code: Sequence[Path] = ()
) -> SparkSession:
    """Return a Spark session with Delta Lake; what Spark prints goes to `log_file`.

    The first start of a Delta version resolves its JARs from Maven Central and keeps them in the user's cache folder;
    later starts need neither the network nor the resolution.

    Args:
        settings: the profile's.
        root: the warehouse's, which the session has to reach.
        code: folders of the user's modules, for the executors of a cluster.

    Raises:
        EnvironmentProblem: no fitting Java, or the session does not start.
    """
    java = find_java()
    os.environ["JAVA_HOME"] = str(java)
    os.environ["PYSPARK_PYTHON"] = settings.get("spark.pyspark.python", sys.executable)
    os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    _collect_times_in_utc()
    look_up_names_once()
    builder = with_jars(SparkSession.builder.appName("transforms"), settings, root)
    folder = _temporary_folder()
    in_folder = {"spark.sql.warehouse.dir": folder.as_uri()} if is_local(settings) else {}
    told = {**_DELTA, **in_folder, **place_settings(settings, root), **settings, **MEANING}
    # On a cluster the other setting may be in its spark-defaults.conf, and is to stay what it is there.
    key_of_options = _JAVA_OPTIONS if is_local(settings) else "spark.driver.defaultJavaOptions"
    for key, value in {**told, key_of_options: _java_options(settings, java, root)}.items():
        builder = builder.config(key, value)
    with _output_to(log_file):
        try:
            session = builder.getOrCreate()
        except Exception as error:
            raise EnvironmentProblem(f"Spark does not start; its own words are in {log_file}.") from error
    if str(session.sparkContext.master).startswith("local"):
        session.sparkContext.setCheckpointDir(str(folder))
    else:
        ship(session.sparkContext, code)
        session.sparkContext.environment.update(variables_for_workers(root))
    return session


def _temporary_folder() -> Path:
    """Return a folder for saved tables and checkpoints, which is removed when the process exits."""
    folder = Path(tempfile.mkdtemp(prefix="transforms-spark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _collect_times_in_utc() -> None:
    """Let Python be in UTC as the session is: `collect` and functions of Python have times in the zone of Python."""
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()


def _java_options(settings: Mapping[str, str], java: Path, root: Path | None) -> str:
    own = [settings.get(_JAVA_OPTIONS, ""), "-Duser.timezone=UTC", f"-Dlog4j2.configurationFile={_LOG_FORMAT.as_uri()}"]
    if settings.get(CLASS_ARCHIVE) == "true" and (jars := cached_jars(settings, root)):
        own.append(archive_option(java, [*SPARK_JARS.glob("*.jar"), *jars], cache_folder()))
    return " ".join(own)


def lazy_session(
    settings: Mapping[str, str], log_file: Path, root: Path | None = None, code: Sequence[Path] = ()
) -> Session:
    """Return a function that starts the session at its first call, whichever thread calls it, and then returns it.

    Its arguments are those of `start_session`.

    A start that fails is not tried again: each call raises its error. A Spark that has ended since, because its process
    was killed or a transform stopped it, is started anew by the next call.
    """
    lock = threading.Lock()
    outcome: list[SparkSession | EnvironmentProblem] = []

    def session() -> SparkSession:
        with lock:
            if outcome and isinstance(outcome[0], SparkSession) and how_spark_ended(outcome[0].sparkContext):
                forget_ended(outcome[0])
                outcome.clear()
            if not outcome:
                try:
                    outcome.append(start_session(settings, log_file, root, code))
                except EnvironmentProblem as error:
                    outcome.append(error)
        [found] = outcome
        if isinstance(found, EnvironmentProblem):
            raise found
        return found

    return session


@contextlib.contextmanager
def _output_to(log_file: Path) -> Iterator[None]:
    """Let the process's stdout and stderr, which a JVM started meanwhile inherits, go to `log_file`."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log_file.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            for target, saved in zip((1, 2), kept, strict=True):
                os.dup2(saved, target)
                os.close(saved)
