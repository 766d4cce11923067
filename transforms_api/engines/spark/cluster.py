"""Sessions on a cluster or an object store: JARs, settings, and the Python code that executors import."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from delta import configure_spark_with_delta_pip
from pyspark import SparkContext
from pyspark.sql import SparkSession

from transforms_api.engines.spark.jars import SPARK_JARS, cache_folder, fetch_jars, jars_in
from transforms_api.engines.spark.profiles import is_local
from transforms_api.project import own_files
from transforms_api.warehouse import storage_of

_PASSED_ON = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL")
"""Variables that the executors' Python needs to open files on the store. Spark's own Java passes on what it needs."""
_IVY_SETTINGS = "spark.jars.ivySettings"
_LOG_STORE = "io.delta.storage.S3SingleDriverLogStore"


def is_submitted() -> bool:
    """Return whether `spark-submit` started this process: its JVM runs already, with the JARs of the command line."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def place_settings(settings: Mapping[str, str], root: Path | None) -> dict[str, str]:
    """Return the settings by which a session reaches its warehouse and its executors mean the same as the driver.

    Args:
        settings: the profile's.
        root: the warehouse's; None where a session has none.
    """
    defaults = {} if is_local(settings) else {"spark.executorEnv.TZ": "UTC"}  # for the executors' Java and Python
    if not _is_s3(root):
        return defaults
    defaults |= {f"spark.delta.logStore.{scheme}.impl": _LOG_STORE for scheme in ("s3", "s3a")}
    # S3A is not to delete the marks of folders above each file that it writes: it costs a request for each, and some
    # stores refuse it, which S3A then tries again for minutes.
    defaults["spark.hadoop.fs.s3a.directory.marker.retention"] = "keep"
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        defaults["spark.hadoop.fs.s3a.endpoint"] = endpoint
        defaults["spark.hadoop.fs.s3a.path.style.access"] = "true"
        defaults["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https:")).lower()
    if region := os.environ.get("AWS_REGION"):
        defaults["spark.hadoop.fs.s3a.endpoint.region"] = region
    return defaults


def with_jars(builder: SparkSession.Builder, settings: Mapping[str, str], root: Path | None) -> SparkSession.Builder:
    """Add the JARs of Delta and of the warehouse's object store to a session, on this machine and on every executor.

    JARs are fetched from Maven Central once and kept in the cache folder. A profile that sets `spark.jars` or
    `spark.jars.packages`, and `spark-submit`, bring their own. With `spark.jars.ivySettings`, Spark's Ivy fetches them.

    Args:
        builder: builder of the session.
        settings: Spark settings of the profile.
        root: root folder of the warehouse, None without one.

    Raises:
        EnvironmentProblem: a JAR cannot be fetched.
    """
    if is_submitted() or not settings.keys().isdisjoint(("spark.jars", "spark.jars.packages")):
        return builder
    jars, folder = cached_jars(settings, root), _folder(settings, root)
    if not jars and _IVY_SETTINGS in settings:
        return configure_spark_with_delta_pip(builder, _of_store(root)).config("spark.jars.ivy", str(folder))
    if not jars:
        jars = fetch_jars(folder, _needed(root), _of_store(root), settings)
    if is_local(settings):
        path = os.pathsep.join(map(str, jars))
        return builder.config("spark.driver.extraClassPath", path).config("spark.executor.extraClassPath", path)
    return builder.config("spark.jars", ",".join(map(str, jars)))


def cached_jars(settings: Mapping[str, str], root: Path | None) -> list[Path]:
    """Return the cached JARs that a session needs beside Spark's own; an empty list before all have been fetched.

    Args:
        settings: Spark settings of the profile.
        root: root folder of the warehouse, None without one.
    """
    return jars_in(_folder(settings, root), _needed(root))


def _needed(root: Path | None) -> list[str]:
    return ["delta-spark", "delta-storage", *(["hadoop-aws", "bundle"] if _is_s3(root) else [])]


def _of_store(root: Path | None) -> list[str]:
    return [f"org.apache.hadoop:hadoop-aws:{_hadoop_version()}"] if _is_s3(root) else []


def variables_for_workers(root: Path | None) -> dict[str, str]:
    """Return environment variables for the executors' Python. They travel with the tasks and appear in no log.

    Args:
        root: root folder of the warehouse, None without one.
    """
    if not _is_s3(root):
        return {}
    return {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}


def _is_s3(root: Path | None) -> bool:
    return root is not None and storage_of(root).spark_uri(root).startswith("s3a:")


def _folder(settings: Mapping[str, str], root: Path | None) -> Path:
    """Return where the JARs are kept that such a session needs."""
    if _is_s3(root):
        return cache_folder() / "with-s3"
    return cache_folder() if is_local(settings) else cache_folder() / "alone"


def _hadoop_version() -> str:
    [jar] = SPARK_JARS.glob("hadoop-client-api-*.jar")
    return jar.stem.removeprefix("hadoop-client-api-")


_ROOT = Path(__file__).parents[3]
PACKAGES = (
    "transforms", "transforms_api", "foundry", "foundry_ml", "palantir_models", "palantir_models_serializers",
    "language_model_service_api",
)  # fmt: skip
"""All that the wheel has for transforms; `pyproject.toml` lists the same."""


def ship(context: SparkContext, roots: Iterable[Path]) -> None:
    """Send the user's modules and our packages to the executors.

    The libraries that both use (pyspark, pyarrow, deltalake, …) have to be installed where the executors run.

    Args:
        context: the running Spark.
        roots: folders of the user's modules, each on `sys.path` or below a folder that is.
    """
    folder = tempfile.TemporaryDirectory(prefix="transforms-code-")
    atexit.register(folder.cleanup)  # executors that start later fetch it from here
    archive, before = Path(folder.name) / "transforms-code.zip", list(sys.path)
    write_archive(archive, [*map(folder_of_package, PACKAGES), *roots])
    context.addPyFile(str(archive))
    sys.path[:] = before  # the driver goes on with the files themselves: errors name these


def folder_of_package(name: str) -> Path:
    """Return the folder of one of our packages; a checkout has Foundry's other import names in `foundry_names`.

    Args:
        name: import name of the package.
    """
    in_checkout = _ROOT / "foundry_names" / name
    return in_checkout if in_checkout.is_dir() else _ROOT / name


def write_archive(file: Path, folders: Iterable[Path]) -> None:
    """Write a ZIP file from which the modules in some folders can be imported under their present names.

    Args:
        file: the ZIP file.
        folders: folders of modules, each on `sys.path` or below a folder that is.
    """
    written = set[str]()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            prefix = _name_on_path(folder.resolve())
            for path in own_files(folder.resolve()):
                name = "/".join(filter(None, [prefix, path.relative_to(folder.resolve()).as_posix()]))
                # Python finds packages without __init__.py only in folders that the archive lists.
                for parent in reversed(Path(name).parents[:-1]):
                    if f"{parent.as_posix()}/" not in written:
                        written.add(f"{parent.as_posix()}/")
                        archive.writestr(f"{parent.as_posix()}/", "")
                if name not in written:
                    written.add(name)
                    archive.write(path, name)


def _name_on_path(folder: Path) -> str:
    """Return a folder's path relative to the entry of `sys.path` from which its modules are imported."""
    entries = [Path(entry).resolve() for entry in sys.path if entry] + [_ROOT, _ROOT / "foundry_names"]
    above = (entry for entry in entries if folder.is_relative_to(entry))
    nearest = max(above, key=lambda entry: len(entry.parts), default=folder)
    return "" if nearest == folder else folder.relative_to(nearest).as_posix()
