"""The `CommonFields` of rows that the pipeline computes."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def computed(rows: DataFrame) -> DataFrame:
    """Return rows that carry `data_freshness` with created_at and updated_at too: of a computed row the same day.

    Args:
        rows: rows with data_freshness.
    """
    return rows.select("*", *[F.col("data_freshness").alias(name) for name in ("created_at", "updated_at")])
