"""Make up the accounts of the demo scenario."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import IntegerParam, Output, transform

from ..contracts.scenario import ACCOUNTS
from .accounts import account_id, account_name
from .blueprint import Deal, blueprint
from .repetition import common_fields, repeated
from .story import DEALS, DEFAULT_SEED
from .vocabulary import COUNTRIES, INDUSTRIES, hashed, picked

BLUEPRINT_SCHEMA = """
    deal_number long, rep_number long, story_account string, story_industry string, segment string, opened_on date
"""
FEWEST_EMPLOYEES = {"Enterprise": 5_000, "Mid-Market": 500, "SMB": 20}
"""The largest account of a segment has ten times as many."""
REVENUE_PER_EMPLOYEE = 200_000
"""USD a year."""


def blueprint_row(deal: Deal) -> tuple:
    """Return the row of `BLUEPRINT_SCHEMA` for the account of a deal.

    Args:
        deal: deal of the blueprint.
    """
    plan = deal.plan
    return (deal.number, deal.rep_number, plan.account, plan.industry, plan.segment, deal.opened_on)


def employee_count(seed: int, deal: Column, segment: Column) -> Column:
    """Return how many people an account employs: one to ten times the fewest of its deal's segment.

    Args:
        seed: seed of the random numbers.
        deal: number of the deal, from 0.
        segment: segment of the deal.
    """
    fewest = F.coalesce(*[F.when(segment == name, F.lit(fewest)) for name, fewest in FEWEST_EMPLOYEES.items()])
    return fewest + F.pmod(hashed(seed, "employees", deal), fewest * 9)


def accounts(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return the accounts of `scale` deals, one each, the fields of the contract; `annual_revenue` in USD.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    deals = repeated(spark, map(blueprint_row, blueprint(seed)), BLUEPRINT_SCHEMA, scale)
    deal = F.col("deal")
    employees = employee_count(seed, deal, F.col("segment"))
    story_industry = F.when(F.col("block") == 0, F.col("story_industry"))
    return deals.select(
        account_id(deal).alias("account_id"),
        account_name(seed, F.col("block"), F.col("deal_number"), F.col("story_account")).alias("account_name"),
        F.coalesce(story_industry, picked(INDUSTRIES, hashed(seed, "industry", deal))).alias("industry"),
        picked(COUNTRIES, hashed(seed, "country", deal)).alias("country"),
        employees.alias("employee_count"),
        (employees * REVENUE_PER_EMPLOYEE).alias("annual_revenue"),
        *common_fields(F.col("opened_on"), F.col("opened_on")),
    )


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities; each has an account of its own"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/accounts", checks=ACCOUNTS.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the accounts."""
    output.write_dataframe(ACCOUNTS.conform(accounts(ctx.spark_session, scale.value, seed.value)))
