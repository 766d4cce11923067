from pyspark.sql import functions as F

from transforms.revops.common.risk import (
    FLAG_LABELS,
    is_over_benchmark,
    is_pushed,
    is_regressed,
    risk_flags,
    risk_flags_display,
)
from transforms.revops.contracts.vocabulary import RISK_FLAGS

SCHEMA = """
    days_over double, contact_status string, days_since_contact int, has_economic_buyer boolean,
    champion_status string, stakeholder_count long, competitor string, days_until_close int, days_open int,
    long_won_days int, is_pushed boolean, is_regressed boolean
"""
CALM = (None, "Contacted", 7, True, "Strong", 2, "None", 0, 118, 118, False, False)
TROUBLED = (8.0, "Contacted", 8, False, "None", 1, "TechRival", -1, 119, 118, True, True)
UNKNOWN = (None, "Not recorded", None, None, "Unknown", None, "Unknown", None, None, 118, None, None)


def flags_of(spark, deal):
    df = spark.createDataFrame([deal], SCHEMA)
    return df.select(risk_flags(**{name: F.col(name) for name in df.columns})).first()[0]


def test_a_deal_at_every_limit_has_no_flag(spark):
    assert flags_of(spark, CALM) == []


def test_a_deal_past_every_limit_has_its_flags_in_their_order(spark):
    assert flags_of(spark, TROUBLED) == [
        flag for flag in RISK_FLAGS if flag not in ("CHAMPION_SILENT", "NEVER_CONTACTED")
    ]


def test_a_silent_champion_is_a_risk_of_its_own(spark):
    assert flags_of(spark, (*CALM[:4], "Silent", *CALM[5:])) == ["CHAMPION_SILENT"]


def test_a_deal_never_contacted_has_a_flag_of_its_own(spark):
    assert flags_of(spark, (None, "Never contacted", None, *CALM[3:])) == ["NEVER_CONTACTED"]


def test_no_deal_is_aged_where_too_few_wins_are_known(spark):
    assert flags_of(spark, (*CALM[:8], 500, None, *CALM[10:])) == []


def test_an_unknown_fact_raises_no_flag(spark):
    assert flags_of(spark, UNKNOWN) == []


def test_a_wait_is_too_long_beyond_one_and_a_half_times_the_benchmark(spark):
    df = spark.createDataFrame([(21, 14.0), (22, 14.0), (None, 14.0)], "days int, benchmark double")
    rows = df.select(is_over_benchmark(F.col("days"), F.col("benchmark"))).collect()
    assert [row[0] for row in rows] == [False, True, None]


def test_a_deal_is_pushed_from_two_moves_or_thirty_days_on(spark):
    moves = [(1, 29), (2, 2), (1, 30), (0, 0), (2, None), (None, None)]
    df = spark.createDataFrame(moves, "moves long, days long")
    rows = df.select(is_pushed(F.col("moves"), F.col("days"))).collect()
    assert [row[0] for row in rows] == [False, True, True, False, True, None]


def test_a_deal_is_regressed_until_it_has_passed_the_stage_that_it_fell_back_from(spark):
    df = spark.createDataFrame(
        [(1, 2, 4), (1, 4, 4), (1, 5, 4), (0, 2, None), (None, 2, None)], "n long, now int, was int"
    )
    rows = df.select(is_regressed(F.col("n"), F.col("now"), F.col("was"))).collect()
    assert [row[0] for row in rows] == [True, True, False, False, None]


def test_flags_are_shown_as_words(spark):
    rows = [(["STUCK", "NO_EB", "GOING_DARK"],), ([],)]
    shown = spark.createDataFrame(rows, "flags array<string>").select(risk_flags_display(F.col("flags"))).collect()
    assert [row[0] for row in shown] == ["Stuck • No EB • Going Dark", ""]


def test_every_flag_has_a_label():
    assert tuple(FLAG_LABELS) == RISK_FLAGS
