from transforms.revops.scenario.plans import NAMED_DEALS


def test_three_deals_in_commit_at_risk_are_worth_2_1_million():
    at_risk = [p for p in NAMED_DEALS if p.forecast_category == "Commit" and p.condition.band == "at_risk"]
    assert sorted(plan.amount for plan in at_risk) == [440_000, 460_000, 1_200_000]


def test_all_named_deals_in_verbal_commit_are_worth_2_8_million():
    waiting = [plan for plan in NAMED_DEALS if plan.stage == "Verbal Commit"]
    assert (len(waiting), sum(plan.amount for plan in waiting)) == (6, 2_800_000)


def test_every_account_is_named_once():
    named = [plan.account for plan in NAMED_DEALS if plan.account]
    assert len(named) == len(set(named)) == 7
