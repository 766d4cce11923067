"""Calls of ships at the port, on Spark."""

from pyspark.sql import functions as F
from transforms import expectations as E
from transforms.api import Check, Input, Output, transform_df


@transform_df(
    Output("/Harbor/clean/calls", checks=Check(E.primary_key("call"), "one row per call")),
    calls=Input("/Harbor/raw/Calls & berths"),
)
def clean_calls(calls):
    """One row per call: the ship, the hours at the berth, the harbors before and the year."""
    return calls.where(F.col("left").isNotNull()).select(
        "call",
        F.col("ship.name").alias("ship"),
        F.col("ship.tons").alias("tons"),
        ((F.col("left").cast("long") - F.col("arrived").cast("long")) / 3600).alias("hours"),
        F.size("harbors").alias("stops"),
        "year",
    )
