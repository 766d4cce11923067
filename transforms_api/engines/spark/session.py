"""The Spark session of a build: Delta on the class path, Spark's output in a log file."""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from transforms_api.engines.engine import SessionFactory
from transforms_api.engines.spark.cluster import (
    cached_jars,
    is_submitted,
    place_settings,
    ship,
    variables_for_workers,
    with_jars,
)
from transforms_api.engines.spark.errors import explain_failed_start, note_spark_log
from transforms_api.engines.spark.jars import MIRROR, SPARK_JARS, cache_folder
from transforms_api.engines.spark.job_session import forget_ended, how_spark_ended, stop_accumulators
from transforms_api.engines.spark.jvm import (
    OPTION_VARIABLES,
    archive_options,
    discard,
    find_java,
    look_up_names_once,
    writes_archive,
)
from transforms_api.engines.spark.profiles import is_local
from transforms_api.engines.spark.tables import PROLEPTIC_CALENDAR
from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse import append_to

_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
_RETAINED = {
    "spark.ui.retainedJobs": "200",
    "spark.ui.retainedStages": "200",
    "spark.ui.retainedTasks": "10000",
    "spark.sql.ui.retainedExecutions": "50",
}
"""What Spark keeps of finished work for its pages, which are off; by default it keeps 1000 jobs and their plans."""
_AS_ON_SPARK_3 = {"spark.sql.execution.arrow.pyspark.enabled": "false"}
"""Defaults of Spark 3.5 that Spark 4 changed; a profile may say otherwise. By Arrow, `createDataFrame` of pandas rows
gives decimals another precision and makes structs of dicts."""
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
_MEMORY = "spark.driver.memory"
_LONGEST_WRITE = 30.0
"""Seconds after which a process ends though its JVM still writes an archive."""
_CODE_CACHE = "256m"
_LOG_FORMAT = Path(__file__).with_name("log4j2.properties")


def start_session(
    settings: Mapping[str, str], log_file: Path, root: Path | None = None, code: Sequence[Path] = ()
) -> SparkSession:
    """Return a Spark session with Delta Lake.

    The first start of a Delta version fetches its JARs from Maven Central, or from a mirror, into the user's cache
    folder; later starts need no network.

    Args:
        settings: Spark settings of the profile.
        log_file: receives what Spark prints.
        root: root folder of the warehouse, which the session has to reach.
        code: folders of the user's modules, for the executors of a cluster.

    Raises:
        EnvironmentProblem: there is no fitting Java, a JAR is missing, or the session does not start.
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
    retained = _RETAINED if settings.get("spark.ui.enabled") == "false" else {}
    defaults = {**_DELTA, **_AS_ON_SPARK_3, **retained, **in_folder, **place_settings(settings, root)}
    for key, value in {**defaults, **settings, **MEANING}.items():
        if key != MIRROR:  # may have a password, and Spark passes its settings on in command lines and logs
            builder = builder.config(key, value)
    own = _java_options(log_file)
    archive = _archive(settings, java, root, own)
    try:
        session = _start(builder, settings, [*own, *archive], log_file)
    except EnvironmentProblem:
        if not archive:
            raise
        # A JVM may end because its archive is damaged. If a start without it succeeds, the archive is written anew.
        session = _start(builder, settings, own, log_file)
        discard(archive)
        archive = []
    if writes_archive(archive):
        atexit.register(_wait_for_archive, SparkContext._gateway)
    if str(session.sparkContext.master).startswith("local"):
        session.sparkContext.setCheckpointDir(str(folder))
    else:
        ship(session.sparkContext, code)
        session.sparkContext.environment.update(variables_for_workers(root))
    return session


def _temporary_folder() -> Path:
    """Return a folder for saved tables and checkpoints that is removed when the process exits."""
    folder = Path(tempfile.mkdtemp(prefix="transforms-spark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _collect_times_in_utc() -> None:
    """Set Python's time zone to UTC: `collect` and Python functions return times in the zone of the process."""
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()


def _start(
    builder: SparkSession.Builder, settings: Mapping[str, str], options: Sequence[str], log_file: Path
) -> SparkSession:
    """Start a JVM with the profile's options and these, and the session in it."""
    # On a cluster the other setting may be in its spark-defaults.conf, and is to stay what it is there.
    key = _JAVA_OPTIONS if is_local(settings) else "spark.driver.defaultJavaOptions"
    builder = builder.config(
        key, " ".join([*_limits(settings), settings.get(_JAVA_OPTIONS, ""), *map(_quote, options)])
    )
    with _output_to(log_file):
        begin = log_file.stat().st_size
        note_spark_log(log_file, begin)
        try:
            return builder.getOrCreate()
        except Exception as error:
            _forget_java()
            with log_file.open("rb") as log:
                log.seek(begin)
                printed = log.read().decode(errors="replace")
            raise EnvironmentProblem(
                f"{explain_failed_start(error, printed, settings)} Spark's log: {log_file}"
            ) from error


def _wait_for_archive(gateway: Any) -> None:
    """Wait until the JVM has written its archive: a container may end with this process.

    A JVM that writes no archive ends within a second after this process has closed its end of their pipe.
    """
    process: subprocess.Popen[bytes] | None = getattr(gateway, "proc", None)
    if process is None or process.stdin is None or process.poll() is not None:
        return
    print("Writing an archive of Spark's classes, once: later starts take half the time.", file=sys.stderr)
    with contextlib.suppress(OSError, subprocess.TimeoutExpired, KeyboardInterrupt):
        stop_accumulators(SparkContext._active_spark_context)
        process.stdin.close()
        process.wait(_LONGEST_WRITE)


def _forget_java() -> None:
    """Let the next start of a session start a new JVM: PySpark keeps its gateway to one that has ended."""
    if not is_submitted() and SparkContext._active_spark_context is None:
        SparkContext._gateway = SparkContext._jvm = None


def _java_options(log_file: Path) -> list[str]:
    """Return the JVM options that no profile changes."""
    error_file = f"-XX:ErrorFile={log_file.parent.absolute()}/java_error_%p.log"
    return ["-Duser.timezone=UTC", f"-Dlog4j2.configurationFile={_LOG_FORMAT.as_uri()}", error_file]


def _archive(settings: Mapping[str, str], java: Path, root: Path | None, own: Sequence[str]) -> list[str]:
    """Return the JVM options for the archive of Spark's classes; none unless the profile enables it."""
    jars = cached_jars(settings, root) if settings.get(CLASS_ARCHIVE) == "true" else []
    if not jars:
        return []
    memory = [f"-Xmx{settings[_MEMORY]}"] if _MEMORY in settings else []
    options = [*_limits(settings), *memory, *_split(settings.get(_JAVA_OPTIONS, "")), *own]
    return archive_options(java, [*SPARK_JARS.glob("*.jar"), *jars], cache_folder(), options)


def _limits(settings: Mapping[str, str]) -> list[str]:
    """Return options placed before the profile's own, which may override them.

    A JVM with `-XX:TieredStopAtLevel=1` reserves 48 MB for compiled code, which one build of 26 jobs fills.
    """
    is_set = any("ReservedCodeCacheSize" in os.environ.get(name, "") for name in OPTION_VARIABLES)
    return [f"-XX:ReservedCodeCacheSize={_CODE_CACHE}"] if is_local(settings) and not is_set else []


def _quote(option: str) -> str:
    """Return an option in quotes if it contains spaces, as Spark parses options."""
    return f'"{option}"' if " " in option else option


def _split(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError:  # a quote without its end, which Spark refuses with a text of its own
        return options.split()


def lazy_session(
    settings: Mapping[str, str], log_file: Path, root: Path | None = None, code: Sequence[Path] = ()
) -> SessionFactory:
    """Return a factory that starts the session at its first call, from any thread, and then returns the same session.

    A failed start is not repeated: each call raises its error. If Spark has ended since, because its process was killed
    or a transform stopped it, the next call starts a new one.

    Args:
        settings: see `start_session`.
        log_file: see `start_session`.
        root: see `start_session`.
        code: see `start_session`.
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
        [result] = outcome
        if isinstance(result, EnvironmentProblem):
            raise result
        return result

    return session


@contextlib.contextmanager
def _output_to(log_file: Path) -> Iterator[None]:
    """Redirect the process's stdout and stderr, which a JVM started meanwhile inherits, to `log_file`."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with append_to(log_file) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            for target, saved in zip((1, 2), kept, strict=True):
                os.dup2(saved, target)
                os.close(saved)
