"""The two files that deals refer to besides reps: the accounts, and the products with their list prices."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import UNKNOWN
from .cells import number_of
from .mapping import ExportMapping
from .rows import judged, key_rules, recorded_on


def judged_accounts(rows: DataFrame) -> DataFrame:
    """Return the account rows with their `reason`; only a missing or repeated id forbids to use one."""
    return judged(rows, key_rules())


def judged_products(rows: DataFrame) -> DataFrame:
    """Return the product rows with their `reason`; a product has to have a list price, 0 USD or more."""
    price = number_of(F.col("text.list_price"))
    return judged(
        rows,
        [*key_rules(), (price.isNull(), "its list price is no number"), (price < 0, "its list price is negative")],
    )


def listed_accounts(usable_rows: DataFrame, export: ExportMapping) -> DataFrame:
    """Return the accounts of the accounts file, by the contract ACCOUNTS.

    An account without a name is called by its id; text that is not recorded is 'Unknown', a number that is not recorded
    or cannot be read is null. Revenue is recorded in the unit that the mapping states.
    """
    return usable_rows.select(
        F.col("text.id").alias("account_id"),
        F.coalesce("text.name", "text.id").alias("account_name"),
        F.coalesce("text.industry", F.lit(UNKNOWN)).alias("industry"),
        F.coalesce("text.country", F.lit(UNKNOWN)).alias("country"),
        number_of(F.col("text.employee_count")).cast("long").alias("employee_count"),
        (number_of(F.col("text.annual_revenue")) * export.annual_revenue_unit).alias("annual_revenue"),
        *recorded_on(F.lit(export.today)),
    )


def all_accounts(listed: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the listed accounts and those that only deals name, of which nothing but the name is known."""
    named_by_deals = opportunities.where(F.col("account_id") != UNKNOWN)
    return listed.unionByName(
        named_by_deals.join(listed, "account_id", "left_anti")
        .select(
            "account_id",
            "account_name",
            F.lit(UNKNOWN).alias("industry"),
            F.lit(UNKNOWN).alias("country"),
            F.lit(None).cast("long").alias("employee_count"),
            F.lit(None).cast("double").alias("annual_revenue"),
            *recorded_on(F.col("data_freshness")),
        )
        .distinct()
    )


def list_prices(usable_rows: DataFrame) -> DataFrame:
    """Return one row per product: `product` and `list_price` in USD."""
    return usable_rows.select(
        F.col("text.id").alias("product"), number_of(F.col("text.list_price")).alias("list_price")
    )
