"""Storms as an Iceberg table, on a single node; and what SQL and an Iceberg table say together, on Spark."""

import polars as pl
from pyspark.sql import functions as F
from transforms.api import Input, Output, transform, transform_df
from transforms.tables import TableInput, TableOutput


@transform.using(weather=Input("/Harbor/clean/weather"), storms=TableOutput("/Harbor/tables/storms"))
def storms(weather, storms):
    """One row per day with more than 27 knots of wind: the wind in knots and in meters per second."""
    strong = weather.polars().filter(pl.col("wind") > 27)
    storms.iceberg().write(strong.with_columns(speed=(pl.col("wind") * 0.5144).round(1)).to_arrow())


@transform_df(
    Output("/Harbor/marts/summary"), ships=Input("/Harbor/marts/ships"), storms=TableInput("/Harbor/tables/storms")
)
def summary(ships, storms):
    """One row: how many ships came, what they paid, and on how many days there was a storm."""
    paid = ships.agg(F.count("ship").alias("ships"), F.sum("amount").alias("amount"))
    return paid.crossJoin(storms.agg(F.count("day").alias("storms")))
