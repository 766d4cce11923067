from transforms.revops.scenario.generate_scenario_reps import sales_reps


def test_every_owner_is_a_rep_by_the_same_name(story):
    owners = story["/RevOps/Scenario/opportunities"].selectExpr("owner_id rep_id", "owner_name rep_name")
    assert owners.distinct().exceptAll(story["/RevOps/Scenario/sales_reps"].select("rep_id", "rep_name")).count() == 0


def test_quarters_are_those_of_the_year_with_nothing_closed_in_the_current_one(reps):
    for rep in reps:
        assert [quarter.quarter for quarter in rep.quarters] == ["Q1 2024", "Q2 2024", "Q3 2024", "Q4 2024"]
        assert rep.quarters[-1].closed_amount == 0


def test_kevin_had_no_quota_before_he_came(reps):
    [kevin] = [rep for rep in reps if rep.rep_name == "Kevin Brown"]
    assert (kevin.quarters[0].quota, kevin.quarters[0].closed_amount) == (0, 0)


def test_a_block_begun_has_all_its_reps_under_the_same_managers(spark):
    reps = sales_reps(spark, 501, 1)
    assert reps.select("rep_id").distinct().count() == 20
    assert reps.select("manager_name").distinct().count() == 4
