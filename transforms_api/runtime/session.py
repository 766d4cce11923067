"""The Spark session of a build: Delta on the class path, its noise in a file."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from transforms_api.errors import EnvironmentProblem
from transforms_api.runtime.class_archive import archive_option
from transforms_api.runtime.delta_jars import SPARK_JARS, cache_folder, cached_delta_jars, with_delta_jars
from transforms_api.runtime.driver import Session
from transforms_api.runtime.java import find_java
from transforms_api.runtime.java_names import look_up_names_once

_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
MEANING = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "EXCEPTION",
    "spark.sql.session.timeZone": "UTC",
}
"""Settings that decide what code means: those of the Spark that Foundry runs, on every Spark line alike."""
CLASS_ARCHIVE = "spark.transforms.classArchive"
"""Our own setting, "true" or "false": whether Spark's classes come from an archive, see `class_archive`."""
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_LOG_FORMAT = Path(__file__).with_name("log4j2.properties")


def start_session(settings: Mapping[str, str], log_file: Path) -> SparkSession:
    """Return a Spark session with Delta Lake; what Spark prints goes to `log_file`.

    The first start of a Delta version resolves its JARs from Maven Central and keeps them in the user's cache folder;
    later starts need neither the network nor the resolution.

    Raises:
        EnvironmentProblem: no fitting Java, or the session does not start.
    """
    java = find_java()
    os.environ["JAVA_HOME"] = str(java)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    look_up_names_once()
    builder = with_delta_jars(SparkSession.builder.appName("transforms"))
    for key, value in {**_DELTA, **settings, **MEANING, _JAVA_OPTIONS: _java_options(settings, java)}.items():
        builder = builder.config(key, value)
    with _output_to(log_file):
        try:
            return builder.getOrCreate()
        except Exception as error:
            raise EnvironmentProblem(f"Spark does not start; its own words are in {log_file}.") from error


def _java_options(settings: Mapping[str, str], java: Path) -> str:
    own = [settings.get(_JAVA_OPTIONS, ""), "-Duser.timezone=UTC", f"-Dlog4j2.configurationFile={_LOG_FORMAT.as_uri()}"]
    delta = cached_delta_jars()
    if settings.get(CLASS_ARCHIVE) == "true" and delta:
        own.append(archive_option(java, [*SPARK_JARS.glob("*.jar"), *delta], cache_folder()))
    return " ".join(own)


def lazy_session(settings: Mapping[str, str], log_file: Path) -> Session:
    """Return a function that starts the session at its first call, whichever thread calls it, and then returns it.

    A start that fails is not tried again: each call raises its error.
    """
    lock = threading.Lock()
    outcome: list[SparkSession | EnvironmentProblem] = []

    def session() -> SparkSession:
        with lock:
            if not outcome:
                try:
                    outcome.append(start_session(settings, log_file))
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
