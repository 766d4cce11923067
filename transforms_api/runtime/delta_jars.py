"""Where the JARs are that a session has: Spark's own, and Delta's in the user's cache folder."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs
import pyspark

SPARK_JARS = Path(pyspark.__file__).with_name("jars")
"""The folder of the JARs that Spark itself brings."""


def cache_folder() -> Path:
    """Return the folder where what fits these versions of Spark and Delta is kept."""
    versions = "-".join(importlib.metadata.version(package) for package in ("delta-spark", "pyspark"))
    return platformdirs.user_cache_path("transforms-api") / f"delta-{versions}"


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
