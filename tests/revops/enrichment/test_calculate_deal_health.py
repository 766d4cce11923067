from datetime import date, timedelta

import pytest

from transforms.revops.contracts.scenario import ACTIVITIES, OPPORTUNITIES, STAGE_BENCHMARKS
from transforms.revops.enrichment.calculate_deal_health import compute, contacts

TODAY = date(2024, 11, 15)


def days_ago(number):
    return TODAY - timedelta(days=number)


DEAL = {
    "opportunity_id": "D1",
    "stage_name": "Negotiation",
    "is_closed": False,
    "stage_entered_on": days_ago(40),
    "stakeholder_count": 2,
    "has_economic_buyer": True,
    "champion_status": "Silent",
    "champion_silent_since": days_ago(5),
    "competitor": "None",
    "data_freshness": TODAY,
}
NOTHING_RECORDED = {
    "stage_entered_on": None,
    "stakeholder_count": None,
    "has_economic_buyer": None,
    "champion_status": "Unknown",
    "competitor": "Unknown",
}
BENCHMARK = {"level": "stage", "name": "Negotiation", "benchmark_days": 14.0, "win_probability": 0.55}


def activity(opportunity_id, activity_date):
    return {"opportunity_id": opportunity_id, "activity_date": activity_date, "data_freshness": TODAY}


@pytest.fixture
def scored(run, frame):
    """scored(days of its activities, field=value, …) → the health row of one deal; another deal was touched today."""

    def score(activity_days, others=True, **changes):
        activities = [activity("D1", days_ago(days)) for days in activity_days]
        others = [activity("D2", TODAY)] if others else []
        return run(
            compute,
            opportunities=frame(OPPORTUNITIES, {**DEAL, **changes}),
            activities=frame(ACTIVITIES, *activities, *others),
            stage_benchmarks=frame(STAGE_BENCHMARKS, BENCHMARK),
        ).first()

    return score


def test_contacts_are_counted_as_of_today_and_as_of_a_week_ago(frame):
    activities = frame(ACTIVITIES, *[activity("D1", days_ago(days)) for days in (1, 7, 13, 14, 20, 21)])
    [row] = contacts(activities).collect()
    assert (row.last_activity, row.activities_in_window) == (days_ago(1), 3)
    assert (row.last_activity_1w_ago, row.activities_in_window_1w_ago) == (days_ago(7), 4)


def test_the_signals_of_a_deal_add_up_today_and_a_week_ago(scored):
    deal = scored([8, 9, 11, 13, 16, 19, 25])
    # today 21 + 12 + 0 + 8 + 7 + 0; a week ago 30 + 18 + 15 + 8 + 7 + 0
    assert (deal.health_score, deal.health_score_1w_ago) == (48, 78)
    assert (deal.health_band, deal.health_band_1w_ago) == ("at_risk", "monitor")


def test_a_deal_without_activity_has_no_points_for_contact_where_others_have_activities(scored):
    deal = scored([])
    assert (deal.recency_score, deal.frequency_score, deal.days_since_contact) == (0, 0, None)
    assert deal.health_score == 15  # stakeholders 8 and economic buyer 7 of 100


def test_contact_is_unknown_where_no_activity_is_recorded_at_all(scored):
    deal = scored([], others=False)
    assert (deal.recency_score, deal.frequency_score) == (None, None)
    assert deal.health_score == 29  # 15 of the 52 points that the other signals give


def test_nothing_recorded_is_an_unknown_health_and_no_risk(scored):
    deal = scored([], others=False, **NOTHING_RECORDED)
    assert (deal.health_score, deal.health_band, deal.health_band_1w_ago) == (None, "Unknown", "Unknown")
    assert deal.risk_flags == []


def test_a_stage_that_began_within_the_week_had_its_full_momentum_a_week_ago(scored):
    deal = scored([8], stage_entered_on=days_ago(2))
    # the last touch was a day before: 30 + 3 + 15 + 8 + 7 + 14
    assert deal.health_score_1w_ago == 77


def test_closed_deals_are_left_out(scored):
    assert scored([1], is_closed=True) is None


def test_days_until_close_are_negative_once_overdue_and_unknown_without_a_date(scored):
    overdue, undated = scored([1], close_date=days_ago(3)), scored([1])
    assert (overdue.days_until_close, undated.days_until_close) == (-3, None)
    assert "OVERDUE" in overdue.risk_flags
