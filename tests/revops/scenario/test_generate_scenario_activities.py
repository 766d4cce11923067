from transforms.revops.scenario.generate_scenario_activities import activities, compute
from transforms_api.testing import assert_df_equality


def test_activities_are_done_by_the_owner_of_their_opportunity(story):
    deals = story["/RevOps/Scenario/opportunities"].selectExpr("opportunity_id", "owner_id rep_id")
    done = story["/RevOps/Scenario/activities"].select("opportunity_id", "rep_id")
    assert done.join(deals, ["opportunity_id", "rep_id"], "left_anti").count() == 0


def test_activity_ids_are_unique(story):
    done = story["/RevOps/Scenario/activities"]
    assert done.select("activity_id").distinct().count() == done.count()


def test_twice_the_deals_have_twice_the_activities(spark, story):
    assert activities(spark, 1000, 20241115).count() == 2 * story["/RevOps/Scenario/activities"].count()


def test_the_same_seed_makes_the_same_rows(run_job, story):
    again = run_job(compute, scale=500, seed=20241115)
    assert_df_equality(again, story["/RevOps/Scenario/activities"])


def test_the_first_activity_with_the_primary_contact_names_it_alike(story):
    deals = story["/RevOps/Scenario/opportunities"].selectExpr("opportunity_id", "primary_contact_name contact_name")
    reached = story["/RevOps/Scenario/activities"].join(deals, ["opportunity_id", "contact_name"], "left_semi")
    assert reached.select("opportunity_id").distinct().count() == 497
