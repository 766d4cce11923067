import pytest
from pyspark.sql import functions as F

from transforms.revops.contracts.scenario import OPPORTUNITIES
from transforms.revops.scenario.generate_scenario_opportunities import compute, opportunities
from transforms_api.testing import assert_df_equality

SEED = 20241115


@pytest.fixture(scope="module")
def totals(spark):
    """totals(scale) → deals, won deals, USD won, and the target of the fourth quarter."""

    def of(scale, seed=SEED):
        return tuple(
            opportunities(spark, scale, seed)
            .agg(
                F.count("*"),
                F.count_if("is_won"),
                F.sum(F.when(F.col("is_won"), F.col("amount"))),
                F.max(F.when(F.col("quarter") == "Q4 2024", F.col("quarter_target"))),
            )
            .first()
        )

    return of


def test_twice_the_deals_are_twice_the_story(totals):
    assert totals(1000) == (1000, 178, 16_400_000, 26_000_000)


def test_two_blocks_and_a_half_have_two_targets_and_a_half(totals):
    deals, won, _, target = totals(1250)
    assert (deals, target) == (1250, 32_500_000)
    assert 178 < won < 267


def test_a_different_seed_keeps_the_numbers(totals):
    assert totals(500, seed=7) == (500, 89, 8_200_000, 13_000_000)


def test_a_different_seed_makes_up_different_names(spark, story):
    ours = story["/RevOps/Scenario/opportunities"].select("account_name")
    theirs = opportunities(spark, 500, 7).select("account_name")
    assert ours.join(theirs, "account_name").count() < 50


def test_the_same_seed_makes_the_same_rows(story, run_job):
    again = run_job(compute, scale=500, seed=SEED)
    assert_df_equality(again, story["/RevOps/Scenario/opportunities"])


def test_the_named_deals_are_there_at_any_scale(spark):
    named = opportunities(spark, 6, SEED).where(F.col("account_name") == "Vertex Software")
    assert named.count() == 1


def test_the_fields_are_those_of_the_contract(story):
    rows = story["/RevOps/Scenario/opportunities"]
    assert rows.columns == OPPORTUNITIES.schema.names
    assert rows.select("opportunity_id").distinct().count() == 500
