from pyspark.sql import functions as F

from transforms.revops.scenario.generate_scenario_accounts import accounts, employee_count


def test_every_opportunity_has_its_account_by_the_same_name(story):
    deals = story["/RevOps/Scenario/opportunities"].select("account_id", "account_name")
    assert deals.exceptAll(story["/RevOps/Scenario/accounts"].select("account_id", "account_name")).count() == 0
    assert story["/RevOps/Scenario/accounts"].count() == 500


def test_the_storys_accounts_have_their_industry(story):
    [meridian] = story["/RevOps/Scenario/accounts"].where("account_name = 'Meridian Healthcare'").collect()
    assert meridian.industry == "Healthcare"


def test_an_account_employs_one_to_ten_times_the_fewest_of_its_segment(spark):
    employees = spark.range(200).select(employee_count(1, F.col("id"), F.lit("SMB")).alias("count"))
    [row] = employees.agg(F.min("count").alias("fewest"), F.max("count").alias("most")).collect()
    assert 20 <= row.fewest < row.most < 200


def test_revenue_is_200_000_usd_per_employee(story):
    assert story["/RevOps/Scenario/accounts"].where("annual_revenue != employee_count * 200000").count() == 0


def test_accounts_grow_with_the_deals(spark):
    assert accounts(spark, 1250, 1).select("account_id").distinct().count() == 1250
