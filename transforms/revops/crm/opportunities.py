"""The usable deals of an export as opportunities. What an export does not record is unknown, never made up."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..common.quarters import quarter_name
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, UNKNOWN
from .cells import looked_up
from .deals import is_closed
from .mapping import DealSizes, ExportMapping


def opportunities_of(
    deals: DataFrame, accounts: DataFrame, prices: DataFrame, reps: DataFrame, export: ExportMapping
) -> DataFrame:
    """Return one opportunity per usable deal, by the contract OPPORTUNITIES."""
    names = accounts.select(F.col("account_id").alias("listed_id"), F.col("account_name").alias("listed_name"))
    rep_count = reps.agg(F.count("*").alias("rep_count"))
    known = (
        deals.join(names, F.col("text.account") == F.col("listed_id"), "left")
        .join(F.broadcast(prices), F.col("text.product") == F.col("product"), "left")
        .crossJoin(F.broadcast(rep_count))
    )
    priced = known.withColumn("amount", amount_or_list_price(F.col("stage_name"), F.col("amount"), F.col("list_price")))
    return priced.select(*_deal(export), *_timing(export), *_not_recorded())


def amount_or_list_price(stage_name: Column, amount: Column, list_price: Column) -> Column:
    """Return the amount in USD, of an open deal without one the list price of its product, else null.

    The list price is a fact in the export, and the best that it knows of a deal that nobody has priced. A lost deal
    gets none: it is worth what the export says, and unknown (null) where it says nothing.
    """
    return F.coalesce(amount, F.when(~is_closed(stage_name), list_price))


def segment_of(amount: Column, sizes: DealSizes) -> Column:
    """Return the deal size by amount in USD: 'Enterprise', 'Mid-Market', 'SMB'; 'Unknown' without an amount."""
    return (
        F.when(amount > sizes.enterprise_above, "Enterprise")
        .when(amount >= sizes.mid_market_from, "Mid-Market")
        .when(amount.isNotNull(), "SMB")
        .otherwise(UNKNOWN)
    )


def opportunity_name(name: Column, account_name: Column, product: Column, opportunity_id: Column) -> Column:
    """Return the deal's name; without one 'account – product', with neither of these its id."""
    described = F.nullif(F.concat_ws(" – ", account_name, product), F.lit(""))
    return F.coalesce(name, described, opportunity_id)


def loss_reason_of(stage_name: Column) -> Column:
    """Return 'Unknown' for a lost deal, as exports record no reason, and 'Not Lost' for every other."""
    return F.when(stage_name == CLOSED_LOST, UNKNOWN).otherwise("Not Lost")


def _deal(export: ExportMapping) -> list[Column]:
    stage, account_name = F.col("stage_name"), F.coalesce("listed_name", "text.account")
    return [
        F.col("text.id").alias("opportunity_id"),
        opportunity_name(F.col("text.name"), account_name, F.col("text.product"), F.col("text.id")).alias(
            "opportunity_name"
        ),
        F.coalesce("text.account", F.lit(UNKNOWN)).alias("account_id"),
        F.coalesce(account_name, F.lit(UNKNOWN)).alias("account_name"),
        F.col("rep_id").alias("owner_id"),
        F.col("rep_name").alias("owner_name"),
        F.col("manager_name"),
        F.col("region"),
        segment_of(F.col("amount"), export.deal_sizes).alias("segment"),
        F.col("amount"),
        stage,
        looked_up(stage, export.forecast_categories).alias("forecast_category"),
        is_closed(stage).alias("is_closed"),
        (stage == CLOSED_WON).alias("is_won"),
        loss_reason_of(stage).alias("loss_reason"),
    ]


def _timing(export: ExportMapping) -> list[Column]:
    """A closed deal last changed when it closed; when an open one did is unknown, so it counts as current."""
    today = F.lit(export.today)
    updated_at = F.when(is_closed(F.col("stage_name")), F.col("close_date")).otherwise(today)
    company_target = F.col("rep_count") * export.quota
    return [
        F.col("opened_on"),
        F.col("close_date"),
        F.coalesce(quarter_name(F.col("close_date")), F.lit(UNKNOWN)).alias("quarter"),
        F.when(F.col("close_date").isNotNull(), company_target).otherwise(0.0).alias("quarter_target"),
        F.coalesce("opened_on", updated_at).alias("created_at"),
        updated_at.alias("updated_at"),
        today.alias("data_freshness"),
    ]


def _not_recorded() -> list[Column]:
    unknown = ("deal_type", "champion_status", "primary_contact_name", "primary_contact_role", "competitor")
    missing = (
        "closed_from_stage",
        "stage_entered_on",
        "stakeholder_count",
        "has_economic_buyer",
        "champion_silent_since",
    )
    return [
        *[F.lit(UNKNOWN).alias(name) for name in unknown],
        *[F.lit(None).alias(name) for name in missing],
    ]
