"""The quota of each rep in each quarter: recorded, or a share of a company target that is not planned by rep yet.

docs/metrics.md describes the rule under `quarter_target`.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from ..contracts.vocabulary import ALL
from .amounts import summable
from .filters import FILTERS, QUARTER_AND_FILTERS, for_each_filter
from .portable import stacked


def company_targets(opportunities: DataFrame) -> DataFrame:
    """Return one row per quarter that has a deal: quarter, company_target (USD, 0 if there is none).

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
    """
    target = F.coalesce(F.max("quarter_target"), F.lit(0.0))
    return opportunities.groupBy("quarter").agg(target.alias("company_target"))


def rep_targets(sales_reps: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the quotas by rep and quarter, of the quarters that have a deal.

    Args:
        sales_reps: rows of the contract SALES_REPS.
        opportunities: rows of the contract OPPORTUNITIES.

    Returns:
        One row per rep and quarter with a quota: manager_name, segment, region, quarter; recorded_target (USD: the
        rep's quota of that quarter, 0 if none is recorded) and allocated_target (USD: of a rep without a recorded
        quota, the share in what the recorded ones leave of the company's target, by the reps' latest quotas).
    """
    quotas = sales_reps.select(*FILTERS.values(), "quarters", latest_quota(F.col("quarters")).alias("latest"))
    in_quarter = F.filter("quarters", lambda known: known["quarter"] == F.col("quarter"))
    recorded = F.get(in_quarter, F.lit(0))["quota"]
    reps = quotas.crossJoin(F.broadcast(company_targets(opportunities))).select(
        *FILTERS.values(), "quarter", "company_target",
        recorded.alias("recorded"),
        F.when(recorded.isNull(), F.col("latest")).otherwise(0.0).alias("weight"),
    )  # fmt: skip
    of_quarter = Window.partitionBy("quarter")
    all_recorded = F.coalesce(F.sum("recorded").over(of_quarter), F.lit(0.0))
    all_weights = F.sum("weight").over(of_quarter)
    rest = F.greatest(F.col("company_target") - all_recorded, F.lit(0.0))
    share = F.coalesce(F.col("weight") / F.nullif(all_weights, F.lit(0.0)), F.lit(0.0))
    return reps.select(
        *FILTERS.values(), "quarter",
        F.coalesce("recorded", F.lit(0.0)).alias("recorded_target"),
        (rest * share).alias("allocated_target"),
    ).where((F.col("recorded_target") > 0) | (F.col("allocated_target") > 0))  # fmt: skip


def latest_quota(quarters: Column) -> Column:
    """Return the quota (USD) of the last of a rep's quarters that has one above 0; 0 without any.

    Args:
        quarters: array sales_reps.quarters.
    """
    with_quota = F.filter(quarters, lambda quarter: quarter["quota"] > 0)
    return F.coalesce(F.try_element_at(with_quota, F.lit(-1))["quota"], F.lit(0.0))


def targets_by_filter(sales_reps: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the quota of each quarter and setting of the filters, quarter 'All' included.

    Args:
        sales_reps: rows of the contract SALES_REPS.
        opportunities: rows of the contract OPPORTUNITIES.

    Returns:
        One row per quarter, team_filter, segment_filter and region_filter: quarter_target (USD) and target_basis. Where
        the filters are 'All' the target is the company's if it has one, else the sum of the quotas; a quarter 'All'
        has the sum of the quarters' targets.
    """
    quotas = rep_targets(sales_reps, opportunities)
    companies = for_each_filter(unassigned(quotas, company_targets(opportunities)), {"quarter": "quarter"})
    facts = stacked(for_each_filter(quotas, QUARTER_AND_FILTERS), companies)
    allocated = _sum("allocated_target")
    target = _sum("recorded_target") + allocated + _sum("unassigned")
    basis = (
        F.when(target <= 0, "none")
        .when(F.max("is_planned").isNull() & (allocated > 0), "allocated")
        .otherwise("recorded")
    )
    return facts.groupBy(*QUARTER_AND_FILTERS).agg(target.alias("quarter_target"), basis.alias("target_basis"))


def unassigned(quotas: DataFrame, companies: DataFrame) -> DataFrame:
    """Return what the company's target exceeds the reps' quotas by, one row per quarter, all filters at 'All'.

    Args:
        quotas: rows of `rep_targets`.
        companies: rows of `company_targets`.

    Returns:
        quarter, the filters, unassigned (USD: negative if the quotas add up to more; 0 without a company target) and
        is_planned (true if there is a company target, else null).
    """
    planned = quotas.groupBy("quarter").agg(
        F.sum(summable(F.col("recorded_target") + F.col("allocated_target"))).cast("double").alias("planned")
    )
    has_target = F.col("company_target") > 0
    left_over = F.col("company_target") - F.coalesce("planned", F.lit(0.0))
    return companies.join(F.broadcast(planned), "quarter", "left").select(
        "quarter",
        *[F.lit(ALL).alias(name) for name in FILTERS],
        F.when(has_target, left_over).otherwise(0.0).alias("unassigned"),
        F.when(has_target, True).alias("is_planned"),
    )


def _sum(name: str) -> Column:
    return F.coalesce(F.sum(summable(F.col(name))).cast("double"), F.lit(0.0))
