"""Rows that a source or earlier days have recorded, and what to show where nothing has been recorded."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def only_if_any(rows: DataFrame, source: DataFrame) -> DataFrame:
    """Return all the rows if the source has any row, none of them otherwise.

    Args:
        rows: any rows.
        source: the source whose rows decide.
    """
    return rows.crossJoin(F.broadcast(source.limit(1).select()))


def recorded_before(today: DataFrame, earlier: DataFrame) -> DataFrame:
    """Return the snapshots of the days before today's, with today's data_freshness.

    Args:
        today: rows with data_freshness, of one day.
        earlier: rows with snapshot_date; those of today or later are dropped, since the day decides what is newer.
    """
    freshness = today.agg(F.max("data_freshness").alias("data_freshness"))
    dated = earlier.drop("data_freshness").crossJoin(F.broadcast(freshness))
    return dated.where(F.col("snapshot_date") < F.col("data_freshness"))


def of_same_source(earlier: DataFrame, today: DataFrame, key: str) -> DataFrame:
    """Return the rows of the days with a key of today's; other days are of another source, such as the demo's.

    Args:
        earlier: rows with snapshot_date and the key.
        today: rows with the key.
        key: column that identifies a deal or a rep.
    """
    days = earlier.join(today.select(key), key, "left_semi").select("snapshot_date").distinct()
    return earlier.join(F.broadcast(days), "snapshot_date", "left_semi")


def with_earlier(today: DataFrame, earlier: DataFrame) -> DataFrame:
    """Return today's rows and those of earlier days; data_freshness is today's in all of them.

    Args:
        today: rows with snapshot_date and data_freshness, of one day.
        earlier: rows of the same columns; those of today or later are dropped, since today's source replaces them.
    """
    return today.unionByName(recorded_before(today, earlier).select(*today.columns))
