"""Python between SQL and SQL."""

from pyspark.sql import functions as F
from transforms.api import Input, Output, transform_df


@transform_df(
    Output("/Market/scores"),
    totals=Input("/Market/marts/Umsätze je Kunde & Region"),
    customers=Input("/Market/clean/customers"),
)
def compute(totals, customers):
    scored = totals.withColumn("score", F.when(F.col("amount") > 5, "high").otherwise("low"))
    return customers.join(scored, "customer", "left").select("customer", F.coalesce("score", F.lit("none")).alias("score"))
