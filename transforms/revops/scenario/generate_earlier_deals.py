"""Make up how the deals of the demo scenario stood a week ago, so that a first build shows what moved since.

Stages, openings and closings follow the deals' histories. A rule on the deal's number decides which deals had another
amount or close date, and which have vanished since.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms.api import IntegerParam, Output, transform

from ..contracts.movement import EARLIER_DEALS
from .accounts import account_name
from .blueprint import Deal, blueprint
from .generate_scenario_opportunities import opportunity_name
from .history import STAGE_OF
from .repetition import common_fields, opportunity_id, rep_id, rep_name, repeated
from .story import DEALS, DEFAULT_SEED, REPS, TODAY, quarter_of

WEEK_AGO = TODAY - timedelta(days=7)
PUSHED_EVERY, PULLED_EVERY, RAISED_EVERY, LOWERED_EVERY, REMOVED_EVERY = 13, 17, 11, 19, 97
"""One open deal in so many was pushed out, pulled in, raised, lowered; one deal in so many had a duplicate then."""
PUSHED_DAYS, PULLED_DAYS = 35, 28
RAISED_SHARE, LOWERED_SHARE = 0.9, 1.15
"""Amount of a week ago by that of today."""
DUPLICATE = "-DUP"
"""End of the id of a duplicate that has been deleted since."""
BLUEPRINT_SCHEMA = """
    deal_number long, rep_number long, story_account string, manager_name string, region string, segment string,
    id_end string, deal_state string, amount double, stage_name string, close_date date, quarter string,
    opened_on date
"""


def stage_a_week_ago(deal: Deal) -> str:
    """Return the stage of the last step that had begun by then.

    Args:
        deal: deal of the blueprint.
    """
    begun = [step for step in deal.steps if step.started_on <= WEEK_AGO]
    return STAGE_OF.get(begun[-1].activity, begun[-1].activity)


def close_date_a_week_ago(deal: Deal) -> date:
    """Return the close date that the deal had then; a deal that closed since was expected to close in three weeks.

    Args:
        deal: deal of the blueprint.
    """
    plan, number = deal.plan, deal.number
    if not plan.is_open:
        return WEEK_AGO + timedelta(days=21) if plan.close_date > WEEK_AGO else plan.close_date
    if number % PUSHED_EVERY == 0:
        return max(plan.close_date - timedelta(days=PUSHED_DAYS), TODAY + timedelta(days=3))
    if number % PULLED_EVERY == 0:
        return plan.close_date + timedelta(days=PULLED_DAYS)
    return plan.close_date


def amount_a_week_ago(deal: Deal) -> int:
    """Return the amount (USD) that the deal had then.

    Args:
        deal: deal of the blueprint.
    """
    if deal.plan.is_open and deal.plan.account is None:
        if deal.number % RAISED_EVERY == 0:
            return round(deal.plan.amount * RAISED_SHARE / 1000) * 1000
        if deal.number % LOWERED_EVERY == 0:
            return round(deal.plan.amount * LOWERED_SHARE / 1000) * 1000
    return deal.plan.amount


def blueprint_rows(deal: Deal) -> Iterator[tuple]:
    """Return the rows of `BLUEPRINT_SCHEMA` for a deal: none if it was opened since, two if it had a duplicate."""
    if deal.opened_on > WEEK_AGO:
        return
    plan, rep = deal.plan, REPS[deal.rep_number]
    was_closed = not plan.is_open and plan.close_date <= WEEK_AGO
    stage = plan.stage if was_closed else stage_a_week_ago(deal)
    closes = close_date_a_week_ago(deal)
    has_duplicate = plan.is_open and deal.number % REMOVED_EVERY == 0
    for id_end in ("", DUPLICATE) if has_duplicate else ("",):
        yield (
            deal.number, deal.rep_number, plan.account, rep.manager, rep.region, rep.segment, id_end,
            plan.outcome if was_closed else "open", float(amount_a_week_ago(deal)), stage, closes, quarter_of(closes),
            deal.opened_on,
        )  # fmt: skip


def earlier_deals(spark: SparkSession, scale: int, seed: int) -> DataFrame:
    """Return the state a week ago of those of `scale` deals that existed then, the fields of the contract.

    Args:
        spark: the Spark session.
        seed: seed of the random numbers.
    """
    rows = (row for deal in blueprint(seed) for row in blueprint_rows(deal))
    deal, block = F.col("deal"), F.col("block")
    account = account_name(seed, block, F.col("deal_number"), F.col("story_account"))
    return repeated(spark, rows, BLUEPRINT_SCHEMA, scale).select(
        F.lit(WEEK_AGO).alias("snapshot_date"),
        F.concat(opportunity_id(deal), F.col("id_end")).alias("opportunity_id"),
        opportunity_name(seed, account, deal).alias("opportunity_name"),
        account.alias("account_name"),
        rep_id(F.col("rep")).alias("owner_id"),
        rep_name(seed, block, F.col("rep_number")).alias("owner_name"),
        "manager_name", "segment", "region", "deal_state", "amount", "stage_name", "close_date", "quarter",
        *common_fields(F.col("opened_on"), F.lit(WEEK_AGO)),
    )  # fmt: skip


@transform(
    scale=IntegerParam(DEALS, description="how many opportunities today; most of them existed a week ago"),
    seed=IntegerParam(DEFAULT_SEED, description="decides names and coincidences, never the story's numbers"),
    output=Output("/RevOps/Scenario/earlier_deals", checks=EARLIER_DEALS.checks()),
)
def compute(ctx, scale, seed, output):
    """Write the deals as they stood a week ago."""
    output.write_dataframe(EARLIER_DEALS.conform(earlier_deals(ctx.spark_session, scale.value, seed.value)))
