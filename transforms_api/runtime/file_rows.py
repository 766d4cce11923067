"""A listing of files as a DataFrame whose partitions are about equally heavy."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from transforms_api.store.files import FileEntry

SCHEMA = "path string, size long, modified long"


def file_rows(spark: SparkSession, entries: Sequence[FileEntry]) -> DataFrame:
    """Return one row per file: `path`, `size` (bytes), `modified` (milliseconds since 1970-01-01 UTC)."""
    bins = packed(entries, _setting(spark, "maxPartitionBytes"), _setting(spark, "openCostInBytes"))
    if not bins:
        return spark.createDataFrame([], SCHEMA)
    rows = spark.sparkContext.parallelize(bins, len(bins)).flatMap(lambda entries: entries)
    return spark.createDataFrame(rows, SCHEMA)


def packed(entries: Sequence[FileEntry], most: int, open_cost: int) -> list[list[FileEntry]]:
    """Return the files in bins of at most `most` bytes, the largest first; opening a file counts `open_cost` bytes."""
    bins: list[list[FileEntry]] = []
    weights: list[int] = []
    for entry in sorted(entries, key=lambda entry: (-entry.size, entry.path)):
        weight = entry.size + open_cost
        fitting = next((index for index, used in enumerate(weights) if used + weight <= most), None)
        if fitting is None:
            bins.append([entry])
            weights.append(weight)
        else:
            bins[fitting].append(entry)
            weights[fitting] += weight
    return bins


def _setting(spark: SparkSession, name: str) -> int:
    size = spark._jvm.org.apache.spark.network.util.JavaUtils.byteStringAsBytes  # type: ignore[union-attr]
    return int(size(spark.conf.get(f"spark.sql.files.{name}")))
