"""Errors of Spark, Arrow, Polars and DuckDB in one sentence: what happened, where, what to do.

Spark's messages take hundreds of lines; those of other engines leave out which file is damaged.
"""

from __future__ import annotations

import contextlib
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyspark import SparkContext

from transforms_api.engines.sail.server import NO_CONTEXT, SERVER_ENDED, is_lost_server
from transforms_api.engines.spark.job_session import how_spark_ended, job_of_thread
from transforms_api.engines.spark.jvm import OPTION_VARIABLES
from transforms_api.errors import StoreError, TransformsError
from transforms_api.warehouse import TableVersion, arrow_schema, parquet_format, storage_of

_READERS = ("pyarrow", "duckdb", "_duckdb", "polars")
_JAVA = "\n\tat "
_DUCKDB_S_MEMORY_ERROR = "OutOfMemoryException"
_WORKER_ENDED = "Python worker exited unexpectedly"
_MORE_MEMORY = "Give it more (spark.driver.memory in conf/run.toml), or collect less of the data on the driver."
_SPARK_ENDED: dict[Literal["stopped", "killed"], str] = {
    "killed": (
        "Spark is no longer there: its Java process has ended, killed or out of memory. Its last words are in "
        f"spark.log among the logs of the build. {_MORE_MEMORY} Then build what is left: build --retry."
    ),
    "stopped": (
        "Spark was stopped while this job ran, by this job or one beside it: a transform must not stop Spark, such as "
        "by spark._jsc.stop(), since all jobs of a build use it. Remove the call, then build --retry."
    ),
}

_EXHAUSTED = {
    r"OutOfMemoryError: (Metaspace|Compressed class space)": (
        "Spark's Java has no room for more classes: its metaspace is full. Raise or remove -XX:MaxMetaspaceSize and "
        "-XX:CompressedClassSpaceSize in spark.driver.extraJavaOptions, or build fewer datasets in one session."
    ),
    r"CodeCache is full|Out of space in CodeCache|OutOfMemoryError: (CodeCache|CodeHeap)": (
        "Spark's Java has no room for more compiled code: its code cache is full. Raise -XX:ReservedCodeCacheSize in "
        "spark.driver.extraJavaOptions (256m if it is not set), or build fewer datasets in one session."
    ),
    r"OutOfMemoryError: unable to create (new )?native thread": (
        "Spark's Java cannot start more threads: the machine or its container limits them (ulimit -u, pids.max)."
    ),
    r"java\.lang\.OutOfMemoryError": f"Spark ran out of memory. {_MORE_MEMORY}",
}
"""Pattern of what a JVM says → what is full, and what to do."""
_TAIL = 64_000
"""Bytes of the end of Spark's log that may say why its JVM has ended."""
_NO_REASON = (
    "Picked up ", "Error: Could not create the Java Virtual Machine", "Error: A fatal exception has occurred",
    "Error: A JNI error", "Error occurred during initialization of VM", "OpenJDK 64-Bit Server VM warning:", "WARNING:",
    "Java HotSpot(TM) 64-Bit Server VM warning:", "Warning:", "[", "Listening for transport",
)  # fmt: skip
"""Begins of lines that a JVM prints beside the line with its reason."""
_LOG_LINE = re.compile(r"\d\d(\d\d)?[-/]\d\d[-/]\d\d[ T]\d\d:\d\d")
_REMEDIES = {
    r"No such file or directory: .*spark-submit": "Unset SPARK_HOME, which names another Spark, or correct it.",
    r"heap|enough space for|insufficient memory|OutOfMemoryError|System memory \d+ must": (
        "Change spark.driver.memory in the profile of conf/run.toml."
    ),
    r"BindException|UnresolvedAddress|UnknownHost|startPort": (
        "Check spark.driver.host, spark.driver.bindAddress and spark.driver.port in the profile of conf/run.toml, and "
        "whether this machine has a free port."
    ),
    r"^A fatal error": "Java's own report is in a file java_error_….log beside Spark's log.",
    r"No space left|temp directory|local dir": (
        "Spark keeps temporary files in /tmp, or in the folder that spark.local.dir or SPARK_LOCAL_DIRS names."
    ),
}
"""Pattern of a reason → what to do."""
_OF_OPTIONS = (
    "The options of the JVM come from spark.driver.extraJavaOptions and spark.driver.memory in the profile of "
    "conf/run.toml"
)


def explain(error: BaseException, versions: Iterable[TableVersion]) -> str | None:
    """Return an explanation of an engine's error; None if its own text is best.

    Args:
        error: what the engine raised.
        versions: the versions that the job reads. If the error may come from one of their files, all are read again to
            find it.
    """
    text = str(error)
    if "java.lang." in text and _comes_from_py4j(error) and (exhausted := _exhausted(text)):
        return exhausted
    if isinstance(error, MemoryError) or type(error).__name__ == _DUCKDB_S_MEMORY_ERROR:
        return "Python ran out of memory. Read less of the data at a time: by Spark, DuckDB or Polars' LazyFrames."
    if is_lost_server(error):
        return SERVER_ENDED
    if "[CONTEXT_UNAVAILABLE_FOR_REMOTE_CLIENT]" in text:
        return NO_CONTEXT
    if "No space left on device" in text:
        return f"The disk is full: {error_text(error)}. Nothing has been changed: make room, then build --retry."
    if _WORKER_ENDED in text and _comes_from_py4j(error):
        return (
            "A Python worker of Spark ended unexpectedly while it ran a Python function of this transform, such as a "
            "UDF: by os._exit, by a crash in a library, or killed because memory ran out. What it printed is in "
            "spark.log among the logs of the build. Call the function on the driver with one of the rows to find out."
        )
    if _comes_from_py4j(error) and (ended := _how_spark_ended()):
        if exhausted := _exhausted(_printed_last()):
            return f"Spark is no longer there: its Java process has ended. {exhausted} Then run build --retry."
        return _SPARK_ENDED[ended]
    return _about_a_file(error, versions) if _may_be_about_a_file(error) else None


def error_text(error: BaseException) -> str:
    """Return the type and text of an error; for a Java error, its last cause without stack frames.

    Args:
        error: the error.
    """
    text = str(error)
    if _JAVA in text:
        text = text.rpartition("Caused by: ")[2].partition(_JAVA)[0]
    return f"{type(error).__name__}: {text}"


def explain_failed_start(
    error: BaseException, printed: str, settings: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> str:
    """Return why a Spark session does not start, and what to do.

    Args:
        error: what the start raised.
        printed: output of Spark's JVM during this start.
        settings: Spark settings of the profile.
        environ: environment variables, some of which add options to the JVM.
    """
    reason = _reason(error, printed).rstrip(". ")
    remedy = next((remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, reason)), None)
    if remedy is None:
        variables = [f"the variable {name}" for name in OPTION_VARIABLES if environ.get(name)]
        remedy = " and from ".join([_OF_OPTIONS, *variables]) + "."
    if memory := settings.get("spark.driver.memory"):
        remedy = remedy.replace("spark.driver.memory", f"spark.driver.memory ({memory})")
    return f"Spark does not start: {reason}. {remedy}"


def _reason(error: BaseException, printed: str) -> str:
    if type(error).__name__ == "Py4JJavaError":
        return error_text(error).rpartition("\n: ")[2]
    lines = [re.sub("^# *", "", line).rstrip() for line in printed.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("\t", " ", *_NO_REASON))]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    said_by_jvm = [line for line in lines if not _LOG_LINE.match(line)]
    if said_by_jvm and said_by_jvm[0].startswith("Exception in thread") and causes:
        return causes[-1]
    if said_by_jvm and said_by_jvm[0].startswith("A fatal error"):
        return " ".join(said_by_jvm[:2])
    return (said_by_jvm or lines[-1:] or [error_text(error)])[0].removeprefix("Error: ")


@contextlib.contextmanager
def summarize(versions: Iterable[TableVersion]) -> Iterator[None]:
    """Replace errors of an engine by their explanation, if there is one.

    Args:
        versions: the versions that the block reads.

    Raises:
        StoreError: the engine raised an error that `explain` explains.
    """
    try:
        yield
    except TransformsError:
        raise
    except Exception as error:
        if sentence := explain(error, versions):
            raise StoreError(sentence) from error
        raise


@dataclass
class _SparkLog:
    """The log file of this process's JVM.

    Attributes:
        file: the file; None before a JVM was started.
        begin: size in bytes before this JVM was started; earlier lines belong to other JVMs.
    """

    file: Path | None = None
    begin: int = 0


_spark_log = _SparkLog()


def note_spark_log(file: Path, begin: int) -> None:
    """Remember the log file of this process's JVM; its last lines explain why the JVM ended.

    Args:
        file: the log file.
        begin: size in bytes before the JVM was started.
    """
    _spark_log.file, _spark_log.begin = file, begin


def _printed_last() -> str:
    if _spark_log.file is None:
        return ""
    try:
        with _spark_log.file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(_spark_log.begin, size - _TAIL))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def _exhausted(text: str) -> str | None:
    """Return which resource the JVM has exhausted, from the last line that says so; None if no line does."""
    for line in reversed(text.splitlines()):
        for pattern, sentence in _EXHAUSTED.items():
            if re.search(pattern, line):
                return sentence
    return None


def _comes_from_py4j(error: BaseException) -> bool:
    return any("py4j" in frame.filename for frame in traceback.extract_tb(error.__traceback__))


def _how_spark_ended() -> Literal["stopped", "killed"] | None:
    job = job_of_thread()
    context = getattr(job, "context", None)
    return how_spark_ended(context or SparkContext._active_spark_context)


def _may_be_about_a_file(error: BaseException) -> bool:
    text, library = str(error), type(error).__module__.partition(".")[0]
    is_arrow_s = library in _READERS or (isinstance(error, OSError) and error.errno is None)
    return is_arrow_s or "FileScanRDD" in text or "org.apache.parquet" in text


def _about_a_file(error: BaseException, versions: Iterable[TableVersion]) -> str | None:
    for version in versions:
        for path in version.paths:
            if problem := _problem_of_file(path, version) or _problem_named(
                storage_of(version.table).spark_uri(version.table / path), error
            ):
                return str(version.damaged(path, f"cannot be read: {problem.rstrip('. ')}"))
    return None


def _problem_of_file(path: str, version: TableVersion) -> str | None:
    import pyarrow.dataset as ds  # imports pandas: slow

    system, prefix = storage_of(version.table).arrow_file_system(version.table)
    file = prefix + path
    try:
        for _ in ds.dataset([file], arrow_schema(version.schema), parquet_format(), system).to_batches():
            pass
    except (pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0].removeprefix(f"Could not open Parquet input source '{file}': ")
    return None


def _problem_named(file: str, error: BaseException) -> str | None:
    """Return what Spark reports about a file that Arrow can read, such as a wrong checksum."""
    lines = [line for line in str(error).splitlines() if file in line]
    return lines[-1].removeprefix("Caused by: ") if lines else None
