"""Make up the reps of the demo scenario."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms.api import IntegerParam, Output, transform

from ..contracts.scenario import SALES_REPS
from .repetition import blocks, common_fields, rep_id, rep_name
from .story import DEALS, DEFAULT_SEED, QUARTERS, REPS, TODAY, Rep

STORY_FIELDS = (
    "manager_name", "region", "segment", "hired_on", "quarters", "prior_quarter_win_rate", "prior_quarter_rank",
)  # fmt: skip
"""Fields of the contract that are the same in every block."""
BLUEPRINT_SCHEMA = T.StructType([
    T.StructField("rep_number", T.LongType()),
    *[T.StructField(name, SALES_REPS.schema[name].dataType) for name in STORY_FIELDS],
])  # fmt: skip
"""Without the metadata of the contract's fields: Sail refuses metadata that is not text."""


def blueprint_row(number: int, rep: Rep) -> tuple:
    """Return the row of `BLUEPRINT_SCHEMA` for a rep of the story; amounts in USD.

    Args:
        number: number of the rep, from 0.
        rep: the rep.
    """
    # what is won in the current quarter is in the opportunities
    closed = (*rep.earlier_closed, 0)
    by_quarter = zip(QUARTERS, rep.quotas, closed, strict=True)
    quarters = [(quarter, quota * 1000.0, won * 1000.0) for quarter, quota, won in by_quarter]
    return (
        number, rep.manager, rep.region, rep.segment, rep.hired_on, quarters, rep.prior_win_rate, rep.prior_rank,
    )  # fmt: skip


def sales_reps(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return the ten reps of every block that `scale` deals begin, the fields of the contract; quotas in USD.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    rows = [blueprint_row(number, rep) for number, rep in enumerate(REPS)]
    reps = blocks(spark, scale).crossJoin(F.broadcast(spark.createDataFrame(rows, BLUEPRINT_SCHEMA)))
    return reps.select(
        rep_id(F.col("block") * len(REPS) + F.col("rep_number")).alias("rep_id"),
        rep_name(seed, F.col("block"), F.col("rep_number")).alias("rep_name"),
        *STORY_FIELDS,
        *common_fields(F.col("hired_on"), F.lit(TODAY)),
    )


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities; ten reps for every 500 begun"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/sales_reps", checks=SALES_REPS.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the reps."""
    output.write_dataframe(SALES_REPS.conform(sales_reps(ctx.spark_session, scale.value, seed.value)))
