from pyspark.sql import functions as F

from transforms.revops.scenario.accounts import account_id, account_name


def names(spark, block, story_account):
    numbers = spark.range(500).select(
        account_name(1, F.lit(block), F.col("id"), F.lit(story_account).cast("string")).alias("name")
    )
    return {row.name for row in numbers.collect()}


def test_an_account_of_the_story_keeps_its_name_in_the_first_block(spark):
    assert names(spark, 0, "Acme Corporation") == {"Acme Corporation"}


def test_an_account_beyond_the_first_block_has_a_name_of_the_vocabulary(spark):
    assert "Acme Corporation" not in names(spark, 1, "Acme Corporation")


def test_no_name_repeats_within_a_block(spark):
    assert len(names(spark, 1, None)) == 500


def test_every_deal_has_an_account_of_its_own(spark):
    [row] = spark.range(1).select(account_id(F.lit(41)).alias("id")).collect()
    assert row.id == "ACC-00000042"
