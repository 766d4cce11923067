"""Make up the opportunities of the demo scenario."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import IntegerParam, Output, transform

from ..contracts.scenario import OPPORTUNITIES
from .accounts import account_id, account_name
from .blueprint import Deal, blueprint
from .repetition import common_fields, contact_name, opportunity_id, rep_id, rep_name, repeated
from .story import DEALS, DEFAULT_SEED, QUARTER_TARGETS, REPS, quarter_of
from .vocabulary import PRODUCTS, hashed, picked

BLUEPRINT_SCHEMA = """
    deal_number long, rep_number long, story_account string, manager_name string, region string, segment string,
    deal_type string, amount double, stage_name string, forecast_category string, is_closed boolean, is_won boolean,
    opened_on date, close_date date, quarter string, story_target double, closed_from_stage string,
    stage_entered_on date,
    stakeholder_count long, has_economic_buyer boolean, champion_status string, champion_silent_since date,
    primary_contact_role string, competitor string, loss_reason string
"""
DERIVED = ("block", "deal", "rep", "deal_number", "rep_number", "story_account", "story_target")
NOT_RECORDED = {
    "probability": "double",
    "close_date_pushes": "long",
    "close_date_pushed_days": "long",
    "close_date_pushed_on": "date",
}
"""Columns that an imported CRM may record and the story does not → type."""


def blueprint_row(deal: Deal) -> tuple:
    """Return the row of `BLUEPRINT_SCHEMA` for a deal.

    Args:
        deal: deal of the blueprint.
    """
    plan, rep = deal.plan, REPS[deal.rep_number]
    quarter = quarter_of(plan.close_date)
    return (
        deal.number, deal.rep_number, plan.account, rep.manager, rep.region, plan.segment,
        plan.deal_type, float(plan.amount), plan.stage, plan.forecast_category, not plan.is_open,
        plan.is_won, deal.opened_on, plan.close_date, quarter, float(QUARTER_TARGETS[quarter]),
        None if plan.is_open else plan.reached_stage,
        deal.stage_entered_on, plan.condition.stakeholders, plan.condition.has_economic_buyer,
        plan.condition.champion, deal.champion_silent_since, deal.contact_roles[0], plan.competitor, plan.loss_reason,
    )  # fmt: skip


def opportunity_name(seed: int, account: Column, deal: Column) -> Column:
    """Return what a deal is called: 'account - product'.

    Args:
        seed: seed of the random numbers.
        account: name of the account.
        deal: number of the deal, from 0.
    """
    return F.concat_ws(" - ", account, picked(PRODUCTS, hashed(seed, "product", deal)))


def opportunities(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return `scale` opportunities, the fields of the contract. Amounts in USD.

    The quarter's target grows with the deals, `scale / 500` times that of the story, also where a block is cut.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    deals = repeated(spark, map(blueprint_row, blueprint(seed)), BLUEPRINT_SCHEMA, scale)
    deal, rep = F.col("deal"), F.col("rep")
    account = account_name(seed, F.col("block"), F.col("deal_number"), F.col("story_account"))
    return deals.select(
        opportunity_id(deal).alias("opportunity_id"),
        opportunity_name(seed, account, deal).alias("opportunity_name"),
        account_id(deal).alias("account_id"),
        account.alias("account_name"),
        rep_id(rep).alias("owner_id"),
        rep_name(seed, F.col("block"), F.col("rep_number")).alias("owner_name"),
        contact_name(seed, deal, F.lit(0)).alias("primary_contact_name"),
        (F.col("story_target") * F.lit(scale) / DEALS).alias("quarter_target"),
        *[name for name in deals.columns if name not in DERIVED],
        *[F.lit(None).cast(kind).alias(name) for name, kind in NOT_RECORDED.items()],
        *common_fields(F.col("opened_on"), F.col("stage_entered_on")),
    )


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities; the story itself has 500"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/opportunities", checks=OPPORTUNITIES.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the opportunities."""
    output.write_dataframe(OPPORTUNITIES.conform(opportunities(ctx.spark_session, scale.value, seed.value)))
