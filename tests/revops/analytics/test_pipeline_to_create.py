"""The pipeline that a quarter still needs, worked out by hand; today is November 15, 2024."""

from datetime import date

import pytest

from transforms.revops.analytics.pipeline_to_create import closed_facts, compute, to_create
from transforms.revops.contracts.forecast import FORECAST_CONFIDENCE
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS

TODAY = date(2024, 11, 15)


def closed(number, is_won, amount=0.0, days=None, on=date(2024, 10, 1), team="Lee"):
    opened = None if days is None else date.fromordinal(on.toordinal() - days)
    return {
        "opportunity_id": f"D{number}", "owner_id": "R1", "manager_name": team, "segment": "SMB", "region": "West",
        "is_closed": True, "is_won": is_won, "amount": amount, "opened_on": opened, "close_date": on,
        "data_freshness": TODAY,
    }  # fmt: skip


# ten closed deals of team Lee: four won, of 50 each, in 30 days on average; team Green has one, lost
LEE = [
    *[closed(number, True, 50.0, days) for number, days in enumerate((20, 30, 40, None))],
    *[closed(number, False) for number in range(4, 10)],
]
DEALS = [*LEE, closed(10, False, team="Green")]


@pytest.fixture
def needed(frame):
    """needed(deals, field=value, …) → the row of one setting whose target is 1000 and of which 400 are won."""

    def compute_on(deals=DEALS, **fields):
        row = {
            "quarter": "Q4 2024", "team_filter": "Lee", "segment_filter": "All", "region_filter": "All",
            "quarter_target": 1000.0, "target_state": "open", "closed_won_amount": 400.0, "ai_forecast": 600.0,
            "data_freshness": TODAY, **fields,
        }  # fmt: skip
        facts = closed_facts(frame(OPPORTUNITIES, *deals))
        return to_create(frame(FORECAST_CONFIDENCE, row), facts).first()

    return compute_on


def test_what_won_and_open_deals_leave_of_the_target_is_divided_by_the_win_rate(needed):
    row = needed()
    assert (row.closed_won_amount, row.expected_amount, row.missing_amount) == (400, 200, 400)
    assert (row.closed_count, row.rate_basis, row.win_rate) == (10, "setting", 0.4)
    assert row.pipeline_to_create == pytest.approx(1000)


def test_the_deals_to_create_are_those_of_the_mean_won_amount_rounded_up(needed):
    assert (needed().avg_deal_size, needed().deals_to_create) == (50, 20)
    assert needed(ai_forecast=599.0).deals_to_create == 21  # 401 / 0.4 / 50 = 20.05


def test_a_deal_of_mean_length_has_to_be_opened_so_many_days_before_the_quarter_ends(needed):
    row = needed()
    assert (row.avg_cycle_days, row.create_by, row.is_late) == (30, date(2024, 12, 1), False)


def test_it_is_late_if_a_deal_opened_today_would_close_after_the_quarter(needed):
    slow = [closed(number, number < 5, 50.0, 60) for number in range(10)]
    row = needed(slow)
    assert (row.create_by, row.is_late) == (date(2024, 11, 1), True)


def test_a_setting_of_fewer_than_ten_closed_deals_has_the_rate_of_the_company(needed):
    row = needed(team_filter="Green")
    assert (row.rate_basis, row.closed_count, row.win_rate) == ("company", 11, pytest.approx(4 / 11))


def test_deals_that_closed_more_than_a_year_ago_say_nothing(needed):
    old = [closed(number, True, 9.0, 5, date(2023, 11, 16)) for number in range(20, 40)]
    assert needed([*DEALS, *old]).closed_count == 10


def test_without_a_closed_deal_rate_and_pipeline_are_unknown_and_the_missing_amount_is_not(needed):
    row = needed([{**closed(1, False), "is_closed": False}])
    assert (row.missing_amount, row.rate_basis, row.closed_count) == (400, "none", 0)
    assert (row.win_rate, row.pipeline_to_create, row.deals_to_create, row.create_by) == (None, None, None, None)


def test_no_pipeline_makes_up_for_deals_that_are_never_won(needed):
    row = needed([closed(number, False) for number in range(10)])
    assert (row.win_rate, row.pipeline_to_create, row.deals_to_create) == (0, None, None)


@pytest.mark.parametrize(
    ("state", "forecast", "expected"),
    [("met", 1200.0, (0, 0, 0)), ("open", 1100.0, (0, 0, 0)), ("no_quota", 600.0, (None, None, None)),
     ("missed", 600.0, (None, None, None))],
)  # fmt: skip
def test_nothing_is_to_create_once_the_target_is_covered_and_unknown_without_one(needed, state, forecast, expected):
    row = needed(target_state=state, ai_forecast=forecast)
    assert (row.missing_amount, row.pipeline_to_create, row.deals_to_create) == expected


@pytest.mark.parametrize("quarter", ["All", "Unknown"])
def test_quarters_without_a_last_day_have_no_row(needed, quarter):
    assert needed(quarter=quarter) is None


def test_the_job_writes_a_row_for_each_setting_that_keeps_the_contract(run_transform, frame):
    settings = [{"quarter": "Q4 2024", "team_filter": team, "segment_filter": "All", "region_filter": "All",
                 "quarter_target": 1000.0, "target_state": "open", "closed_won_amount": 400.0, "ai_forecast": 600.0,
                 "data_freshness": TODAY} for team in ("All", "Lee")]  # fmt: skip
    rows = run_transform(
        compute,
        {
            "forecast": frame(FORECAST_CONFIDENCE, *settings),
            "opportunities": frame(OPPORTUNITIES, *DEALS),
            "sales_reps": frame(SALES_REPS, {"rep_id": "R1", "segment": "SMB"}),
        },
    ).only
    assert {row.team_filter: round(row.pipeline_to_create) for row in rows.collect()} == {"All": 1100, "Lee": 1000}
