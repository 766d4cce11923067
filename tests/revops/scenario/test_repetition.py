from math import gcd

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.scenario.repetition import (
    MIXING_FACTOR,
    blocks,
    common_fields,
    contact_name,
    opportunity_id,
    padded,
    rep_id,
    rep_name,
    repeated,
)
from transforms.revops.scenario.vocabulary import CONTACTS


@pytest.mark.parametrize(("scale", "count"), [(1, 1), (500, 1), (501, 2), (1250, 3)])
def test_every_500_deals_begun_are_a_block(spark, scale, count):
    assert blocks(spark, scale).count() == count


def test_rows_are_repeated_for_each_block_and_cut_at_the_scale(spark):
    rows = [(0, 2, "x"), (499, 9, "y")]
    copies = repeated(spark, rows, "deal_number long, rep_number long, what string", 501)
    expected = spark.createDataFrame(
        [(0, 0, 2, "x", 0, 2), (0, 499, 9, "y", 499, 9), (1, 0, 2, "x", 500, 12)],
        "block long, deal_number long, rep_number long, what string, deal long, rep long",
    )
    assert_df_equality(copies, expected, ignore_nullable=True, ignore_row_order=True)


def test_a_million_deals_are_made_in_several_partitions(spark):
    copies = repeated(spark, [(0, 0)], "deal_number long, rep_number long", 1_000_000)
    assert copies.rdd.getNumPartitions() > 1


def test_ids_are_counted_from_one(spark):
    [row] = (
        spark.range(1).select(opportunity_id(F.lit(4_999_999)).alias("deal"), rep_id(F.lit(0)).alias("rep")).collect()
    )
    assert (row.deal, row.rep) == ("OPP-05000000", "REP-00000001")


def test_numbers_are_padded_with_zeros(spark):
    [row] = spark.range(1).select(padded(F.lit(7), 3).alias("number")).collect()
    assert row.number == "007"


def test_reps_have_the_names_of_the_story_in_the_first_block_only(spark):
    names = spark.range(2).select(rep_name(1, F.col("id"), F.lit(9)).alias("name")).orderBy("id").collect()
    assert names[0].name == "Kevin Brown"
    assert names[1].name != "Kevin Brown"


def test_the_contacts_of_a_deal_have_different_names(spark):
    names = spark.range(8).select(contact_name(1, F.lit(3), F.col("id")).alias("name"))
    assert names.distinct().count() == 8


def test_no_two_deals_share_a_contact(spark):
    people = spark.range(2_000).select((F.col("id") / 8).cast("long").alias("deal"), (F.col("id") % 8).alias("slot"))
    assert people.select(contact_name(1, F.col("deal"), F.col("slot"))).distinct().count() == 2_000


def test_the_factor_that_mixes_contacts_shares_no_divisor_with_their_number():
    assert gcd(MIXING_FACTOR, CONTACTS) == 1


def test_common_fields_end_with_the_scenarios_today(spark):
    [row] = spark.range(1).select(*common_fields(F.lit("made"), F.lit("changed"))).collect()
    assert (row.created_at, row.updated_at, str(row.data_freshness)) == ("made", "changed", "2024-11-15")
