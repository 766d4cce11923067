"""The Spark session of a build: Delta on the class path, its noise in a file."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import platformdirs
import pyspark
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

from transforms_api.errors import EnvironmentProblem
from transforms_api.runtime.driver import Session
from transforms_api.runtime.java import find_java

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
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
_LOG_FORMAT = Path(__file__).with_name("log4j2.properties")


def start_session(settings: Mapping[str, str], log_file: Path) -> SparkSession:
    """Return a Spark session with Delta Lake; what Spark prints goes to `log_file`.

    The first start of a Delta version resolves its JARs from Maven Central and keeps them in the user's cache folder;
    later starts need neither the network nor the resolution.

    Raises:
        EnvironmentProblem: no fitting Java, or the session does not start.
    """
    os.environ["JAVA_HOME"] = str(find_java())
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = _with_delta_jars(SparkSession.builder.appName("transforms"))
    java = f"{settings.get(_JAVA_OPTIONS, '')} -Duser.timezone=UTC -Dlog4j2.configurationFile={_LOG_FORMAT.as_uri()}"
    for key, value in {**_DELTA, **settings, **MEANING, _JAVA_OPTIONS: java}.items():
        builder = builder.config(key, value)
    with _output_to(log_file):
        try:
            return builder.getOrCreate()
        except Exception as error:
            raise EnvironmentProblem(f"Spark does not start; its own words are in {log_file}.") from error


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


def _with_delta_jars(builder: SparkSession.Builder) -> SparkSession.Builder:
    """Bring Delta's JARs: from the cache, or from Maven Central the first time."""
    versions = "-".join(importlib.metadata.version(package) for package in ("delta-spark", "pyspark"))
    cache = platformdirs.user_cache_path("transforms-api") / f"delta-{versions}"
    jars = sorted((cache / "jars").glob("*.jar"))
    if not all(any(name in jar.name for jar in jars) for name in ("delta-spark", "delta-storage")):
        return configure_spark_with_delta_pip(builder).config("spark.jars.ivy", str(cache))
    class_path = os.pathsep.join(str(jar) for jar in added_to_spark(jars, Path(pyspark.__file__).with_name("jars")))
    return builder.config("spark.driver.extraClassPath", class_path).config("spark.executor.extraClassPath", class_path)


def added_to_spark(jars: Iterable[Path], of_spark: Path) -> list[Path]:
    """Return those of Delta's JARs that Spark does not have itself: an older Jackson before Spark's own breaks it.

    Args:
        jars: as Ivy names them, `group_artifact-version.jar`.
        of_spark: the folder of Spark's own.
    """
    own = {_artifact(jar.name) for jar in of_spark.glob("*.jar")}
    return [jar for jar in jars if _artifact(jar.name.partition("_")[2]) not in own]


def _artifact(jar: str) -> str:
    return re.sub(r"-\d[^-]*\.jar$", "", jar)


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
