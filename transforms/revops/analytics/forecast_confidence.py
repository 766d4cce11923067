"""The forecast of each quarter and how far to trust it, for every setting of the dashboards' filters."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import forecast
from ..common.filters import FILTERS, for_each_filter
from ..common.provenance import computed
from ..common.ratios import ratio
from ..contracts.deals import FILTER_KEY, FORECAST_CONFIDENCE
from ..contracts.vocabulary import ALL

DIMENSIONS = ("quarter", *FILTERS.values())


def with_health(opportunities: DataFrame, health_scores: DataFrame) -> DataFrame:
    """Return all opportunities, the open ones with their health_score, health_score_1w_ago and win_probability."""
    health = health_scores.select("opportunity_id", "health_score", "health_score_1w_ago", "win_probability")
    return opportunities.join(health, "opportunity_id", "left")


def chance_on(day: Column, health_score: Column) -> Column:
    """Return the chance, 0 to 1, that a deal open on that day is won; health_score is that of the day.

    A deal still open has the probability of today's stage; one that closed since counts by the category it had then.
    """
    open_still = forecast.win_chance(F.col("win_probability"), health_score)
    return F.when(F.col("is_closed"), forecast.category_win_rate(day)).otherwise(open_still)


def deal_dollars(deals: DataFrame) -> DataFrame:
    """Return what each deal of `with_health` adds (USD) to the sums of a forecast, today and a week ago."""
    today = F.col("data_freshness")
    week_ago = F.date_sub(today, 7)
    expected = forecast.priced_amount() * chance_on(today, F.col("health_score"))
    expected_1w_ago = forecast.priced_amount() * chance_on(week_ago, F.col("health_score_1w_ago"))
    is_forecast, in_commit = forecast.is_forecast(today), forecast.was_in(forecast.COMMIT, today)
    return deals.select(
        *DIMENSIONS,
        "quarter_target",
        _where(forecast.was_won(today)).alias("won"),
        _where(in_commit).alias("commit"),
        _where(forecast.was_in(forecast.BEST_CASE, today)).alias("best_case"),
        _where(is_forecast).alias("pipeline"),
        _where(is_forecast, expected).alias("expected"),
        _where(is_forecast, expected * forecast.certainty(F.col("health_score"))).alias("certain"),
        _where(in_commit, expected).alias("commit_expected"),
        _where(forecast.was_won(week_ago)).alias("won_1w_ago"),
        _where(forecast.was_in(forecast.COMMIT, week_ago)).alias("commit_1w_ago"),
        _where(forecast.is_forecast(week_ago), expected_1w_ago).alias("expected_1w_ago"),
        "data_freshness",
    )


def _where(condition: Column, dollars: Column | None = None) -> Column:
    dollars = forecast.priced_amount() if dollars is None else dollars
    return F.when(condition, dollars).otherwise(0.0)


def quotas(sales_reps: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the reps' quotas (USD), one row per rep and quarter, of those quarters alone that have any deal.

    Without deals a quarter would show a target and nothing won. A quarter to come has no quotas yet.
    """
    by_quarter = sales_reps.select(*FILTERS.values(), F.explode("quarters").alias("of"), "data_freshness")
    with_deals = opportunities.select("quarter").distinct()
    return by_quarter.select(
        *FILTERS.values(), "of.quarter", "of.quota", "data_freshness",
    ).join(F.broadcast(with_deals), "quarter", "left_semi")  # fmt: skip


def totals(dollars: DataFrame, rep_quotas: DataFrame, *also_by: str) -> DataFrame:
    """Return the sums of `deal_dollars` and `quotas`, one row per quarter, setting of the filters and `also_by`."""
    not_summed = (*DIMENSIONS, *also_by, "quarter_target", "data_freshness")
    sums = [name for name in dollars.columns if name not in not_summed]
    facts = dollars.unionByName(rep_quotas, allowMissingColumns=True)
    return (
        for_each_filter(facts)
        .groupBy(*FILTER_KEY, *also_by)
        .agg(
            *[F.coalesce(F.sum(name), F.lit(0.0)).alias(name) for name in [*sums, "quota"]],
            F.coalesce(F.max("quarter_target"), F.lit(0.0)).alias("company_target"),
            F.max("data_freshness").alias("data_freshness"),
        )
    )


def target() -> Column:
    """Return the target of a row of `totals`: the company's where nothing is narrowed, else its reps' quotas."""
    is_company = F.lit(True)
    for name in FILTERS:
        is_company = is_company & (F.col(name) == ALL)
    return F.when(is_company, F.col("company_target")).otherwise(F.col("quota"))


def confidence(sums: DataFrame) -> DataFrame:
    """Return the forecast of each row of `totals`.

    Confidence in the forecast: of its dollars, those won count fully, those expected by how certain their deals are.
    Confidence in the commit: the part of it that is won or, by the deals' chances, will be. Both 0 for no dollars.
    """
    won, expected = F.col("won"), F.col("expected")
    commit = won + F.col("commit")
    return sums.select(
        *FILTER_KEY,
        target().alias("quarter_target"),
        won.alias("closed_won_amount"),
        commit.alias("commit_amount"),
        (commit + F.col("best_case")).alias("best_case_amount"),
        F.col("pipeline").alias("open_pipeline_amount"),
        (won + expected).alias("ai_forecast"),
        ratio(won + F.col("certain"), won + expected).alias("ai_forecast_confidence"),
        ratio(won + F.col("commit_expected"), commit).alias("commit_confidence"),
        (F.col("won_1w_ago") + F.col("commit_1w_ago")).alias("commit_amount_1w_ago"),
        (F.col("won_1w_ago") + F.col("expected_1w_ago")).alias("ai_forecast_1w_ago"),
        "data_freshness",
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/forecast_confidence", checks=FORECAST_CONFIDENCE.checks()),
)
def compute(opportunities, health_scores, sales_reps, output):
    """Forecast every quarter that has deals, for every setting of the filters."""
    all_deals = opportunities.dataframe()
    dollars = deal_dollars(with_health(all_deals, health_scores.dataframe()))
    rows = confidence(totals(dollars, quotas(sales_reps.dataframe(), all_deals)))
    output.write_dataframe(FORECAST_CONFIDENCE.conform(computed(rows)))
