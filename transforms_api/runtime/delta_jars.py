"""Delta's JARs: fetched from Maven Central once, kept in the user's cache folder."""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs
import pyspark
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

SPARK_JARS = Path(pyspark.__file__).with_name("jars")
"""The folder of the JARs that Spark itself brings."""


def cache_folder() -> Path:
    """Return the folder where what fits these versions of Spark and Delta is kept."""
    versions = "-".join(importlib.metadata.version(package) for package in ("delta-spark", "pyspark"))
    return platformdirs.user_cache_path("transforms-api") / f"delta-{versions}"


def cached_delta_jars() -> list[Path]:
    """Return those of Delta's JARs that Spark needs; none before all of them have been fetched."""
    jars = sorted((cache_folder() / "jars").glob("*.jar"))
    if not all(any(name in jar.name for jar in jars) for name in ("delta-spark", "delta-storage")):
        return []
    return added_to_spark(jars, SPARK_JARS)


def with_delta_jars(builder: SparkSession.Builder) -> SparkSession.Builder:
    """Let a session have Delta's JARs: from the cache, or from Maven Central the first time."""
    jars = cached_delta_jars()
    if not jars:
        return configure_spark_with_delta_pip(builder).config("spark.jars.ivy", str(cache_folder()))
    class_path = os.pathsep.join(map(str, jars))
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
