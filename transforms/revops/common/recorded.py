"""What to show where a source has recorded nothing at all, as an export without a process history."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def only_if_any(rows: DataFrame, source: DataFrame) -> DataFrame:
    """Return all the rows if the source has any row, none of them otherwise."""
    return rows.crossJoin(F.broadcast(source.limit(1).select()))
