"""The JARs of a session beside Spark's own: Delta's and those of object stores, in the user's cache folder."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import platformdirs
import pyspark
from delta import configure_spark_with_delta_pip
from filelock import FileLock, Timeout
from pyspark.sql import SparkSession

from transforms_api.engines.spark.maven import CENTRAL, Artifact, FetchError, Repository, Resolution
from transforms_api.errors import EnvironmentProblem

SPARK_JARS = Path(pyspark.__file__).with_name("jars")
"""The folder of the JARs that Spark itself brings."""
MIRROR = "spark.transforms.mavenMirror"
"""Our own setting of a profile: the URL of a mirror of Maven Central. It may have a password: Spark does not get it."""
MIRROR_VARIABLE = "TRANSFORMS_MAVEN_MIRROR"
"""The variable that does the same and goes before the setting."""
_WAIT = 3.0
"""Seconds after which a session says that it waits for the download of another process."""


def cache_folder() -> Path:
    """Return the folder where what fits these versions of Spark and Delta is kept."""
    versions = "-".join(importlib.metadata.version(package) for package in ("delta-spark", "pyspark"))
    return platformdirs.user_cache_path("transforms-api") / f"delta-{versions}"


def jars_in(folder: Path, needed: Iterable[str]) -> list[Path]:
    """Return the JARs of a cache folder that Spark does not have itself; none if one is missing or damaged.

    Args:
        folder: the cache folder; the JARs are in its folder `jars`.
        needed: parts of the names of the JARs that have to be there.
    """
    jars = [jar for jar in sorted((folder / "jars").glob("*.jar")) if zipfile.is_zipfile(jar)]
    is_complete = all(any(name in jar.name for jar in jars) for name in needed)
    return added_to_spark(jars, SPARK_JARS) if is_complete else []


def fetch_jars(
    folder: Path,
    needed: Sequence[str],
    store: Iterable[str],
    settings: Mapping[str, str],
    environ: Mapping[str, str] = os.environ,
    say: Callable[[str], object] = lambda line: print(line, file=sys.stderr),
) -> list[Path]:
    """Fetch the JARs of Delta and of an object store from Maven Central, or from the configured mirror, and return
    them.

    Of several processes, one fetches and the others wait. Each JAR appears complete and verified; those that decide
    whether the folder is complete appear last.

    Args:
        folder: cache folder of the JARs.
        needed: beginnings of the names of JARs without which the folder is incomplete, as for `jars_in`.
        store: coordinates of the object store's artifacts.
        settings: Spark settings of the profile.
        environ: environment variables, which may name a mirror.
        say: prints a message about the download.

    Raises:
        EnvironmentProblem: a JAR cannot be fetched, or the folder cannot be written.
    """
    roots = [delta_artifact(), *map(Artifact.parse, store)]
    repository = Repository.at(environ.get(MIRROR_VARIABLE) or settings.get(MIRROR) or CENTRAL, say, environ)
    try:
        (folder / "jars").mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder, say):
            if not jars_in(folder, needed):
                _fetch(repository, roots, folder / "jars", needed)
    except OSError as error:
        raise EnvironmentProblem(
            f"The JARs of Delta cannot be written to {folder}: {error.strerror or error}. Make room or make the folder "
            "writable, or set XDG_CACHE_HOME to another folder for caches."
        ) from error
    return jars_in(folder, needed)


def delta_artifact() -> Artifact:
    """Return the coordinates of Delta's JAR, which Delta's Python package knows for the installed versions."""
    builder = configure_spark_with_delta_pip(SparkSession.Builder())
    return Artifact.parse(builder._options["spark.jars.packages"])


def added_to_spark(jars: Iterable[Path], of_spark: Path) -> list[Path]:
    """Return those of Delta's JARs that Spark does not have itself: an older Jackson before Spark's own breaks it.

    Args:
        jars: as Ivy names them, `group_artifact-version.jar`.
        of_spark: the folder of Spark's own.
    """
    own = {_artifact(jar.name) for jar in of_spark.glob("*.jar")}
    return [jar for jar in jars if own.isdisjoint((_artifact(jar.name), _artifact(jar.name.partition("_")[2])))]


def _artifact(jar: str) -> str:
    return re.sub(r"-\d[^-]*\.jar$", "", jar)


@contextlib.contextmanager
def _one_at_a_time(folder: Path, say: Callable[[str], object]) -> Iterator[None]:
    lock = FileLock(folder / "jars.lock")
    try:
        lock.acquire(timeout=_WAIT)
    except Timeout:
        say(f"Waiting for another process, which fetches the JARs of Delta into {folder}.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch(repository: Repository, roots: Sequence[Artifact], folder: Path, needed: Sequence[str]) -> None:
    own = {_artifact(jar.name) for jar in SPARK_JARS.glob("*.jar")}
    missing = [*roots, Artifact("io.delta", "delta-storage", roots[0].version)]
    try:
        artifacts = Resolution(repository, lambda artifact: artifact.name in own).needed(roots)
        artifacts.sort(key=lambda artifact: any(name in artifact.name for name in needed))
        missing = [artifact for artifact in artifacts if not zipfile.is_zipfile(folder / artifact.file_name)]
        for artifact in missing:
            repository.fetch(artifact.path(), folder / artifact.file_name)
    except FetchError as error:
        files = "\n".join(f"  {repository.url}/{artifact.path()}" for artifact in missing)
        raise EnvironmentProblem(
            f"The JARs of Delta cannot be fetched. {error}\n"
            f"If this machine reaches a mirror of Maven Central, set {MIRROR_VARIABLE} or, in the profile of "
            f"conf/run.toml, {MIRROR} to its URL. If it reaches none, copy {folder.parent} from a machine that has run "
            "a build with the same versions of Spark and Delta, or put these files, with what their POMs name, into "
            f"{folder}:\n{files}"
        ) from error
