import pytest
from pyspark.sql import functions as F


@pytest.fixture(scope="module")
def named(story_health):
    """Account → its deal, of the accounts that everyone knows by name."""
    names = ["Acme Corporation", "Pacific Financial", "GlobalTech Industries", "Summit Education", "Vertex Software"]
    return {row.account_name: row for row in story_health.where(F.col("account_name").isin(names)).collect()}


def test_the_open_deals_fall_into_the_bands_of_the_story(story_health):
    counts = {row.health_band: row["count"] for row in story_health.groupBy("health_band").count().collect()}
    assert sum(counts.values()) == 181
    shares = {band: 100 * number / 181 for band, number in counts.items()}
    assert shares == pytest.approx({"healthy": 35, "monitor": 30, "at_risk": 25, "critical": 10}, abs=3)


def test_acme_fell_from_78_to_48_as_its_champion_went_silent(named):
    acme = named["Acme Corporation"]
    assert (acme.health_score_1w_ago, acme.health_score) == (78, 48)
    assert acme.days_since_contact == 8
    assert "CHAMPION_SILENT" in acme.risk_flags


def test_pacific_is_to_be_monitored_with_a_competitor_involved(named):
    assert named["Pacific Financial"].health_band == "monitor"
    assert "COMPETITOR" in named["Pacific Financial"].risk_flags


@pytest.mark.parametrize("account", ["GlobalTech Industries", "Summit Education"])
def test_the_expansions_are_healthy(named, account):
    assert named[account].health_band == "healthy"


def test_vertex_is_stuck_in_proposal_for_45_days(named):
    vertex = named["Vertex Software"]
    assert (vertex.stage_name, vertex.days_in_stage) == ("Proposal", 45)
    assert "STUCK" in vertex.risk_flags


def test_three_commit_deals_worth_2_1_million_have_a_health_below_60(story_health):
    doubtful = story_health.where((F.col("forecast_category") == "Commit") & (F.col("health_score") < 60))
    assert tuple(doubtful.agg(F.count("*"), F.sum("amount")).first()) == (3, 2_100_000.0)


def test_no_more_than_a_dozen_deals_in_danger_share_health_and_days_since_contact(story_health):
    in_danger = story_health.where(F.col("health_band").isin("at_risk", "critical"))
    alike = in_danger.groupBy("health_score", "days_since_contact").count()
    assert alike.agg(F.max("count")).first()[0] <= 12


def test_every_contact_of_an_open_deal_belongs_to_one_account(story_health):
    accounts = story_health.groupBy("primary_contact_name").agg(F.countDistinct("account_id").alias("accounts"))
    assert accounts.where("accounts > 1").count() == 0
