"""The health, flags and waits of open deals, from activities, process events and stage benchmarks."""

from datetime import date, timedelta

import pytest

from transforms.revops.contracts.movement import DEAL_SLIPPAGE
from transforms.revops.contracts.scenario import (
    ACTIVITIES,
    OPPORTUNITIES,
    PROCESS_EVENTS,
    REPORTING_CURRENCY,
    STAGE_BENCHMARKS,
)
from transforms.revops.enrichment.calculate_deal_health import (
    compute,
    contacts,
    longest_waits,
    stages,
    waits_in_activity,
    yardsticks,
)

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
BENCHMARKS = (
    {"level": "stage", "name": "Negotiation", "benchmark_days": 14.0, "sort_order": 5, "win_probability": 0.55},
    {"level": "stage", "name": "Verbal Commit", "benchmark_days": 10.0, "sort_order": 6, "win_probability": 0.8},
    {"level": "activity", "name": "Legal Review", "benchmark_days": 5.0, "sort_order": 7, "win_probability": 0.8},
)
WAITS = "opportunity_id string, waits_in string, days_waiting long, wait_benchmark_days double"


def activity(opportunity_id, activity_date):
    return {"opportunity_id": opportunity_id, "activity_date": activity_date, "data_freshness": TODAY}


@pytest.fixture
def scored(run, frame):
    """scored(days of its activities, field=value, …) → the health row of one deal; another deal was touched today.

    `running` has the process activities that go on, each with the days since it began.
    """

    def score(activity_days, others=True, running=(), slippage=None, **changes):
        activities = [activity("D1", days_ago(days)) for days in activity_days]
        others = [activity("D2", TODAY)] if others else []
        return run(
            compute,
            opportunities=frame(OPPORTUNITIES, {**DEAL, **changes}),
            activities=frame(ACTIVITIES, *activities, *others),
            process_events=frame(
                PROCESS_EVENTS,
                *[
                    {
                        "opportunity_id": "D1",
                        "activity": activity,
                        "started_on": days_ago(days),
                        "data_freshness": TODAY,
                    }
                    for activity, days in running
                ],
            ),
            stage_benchmarks=frame(STAGE_BENCHMARKS, *BENCHMARKS),
            slippage=frame(DEAL_SLIPPAGE, *[{"opportunity_id": "D1", **slippage}] if slippage else []),
            reporting_currency=frame(REPORTING_CURRENCY, {"currency_sign": "$"}),
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


def test_a_deal_in_an_activity_beyond_its_benchmark_is_stuck_there_while_its_stage_is_on_time(scored):
    deal = scored([1], running=[("Legal Review", 12)], stage_name="Verbal Commit", stage_entered_on=days_ago(12))
    assert "STUCK" in deal.risk_flags
    assert (deal.waits_in, deal.days_waiting, deal.wait_benchmark_days, deal.days_over) == ("Legal Review", 12, 5, 7)
    assert deal.action_reason == "Unblock Legal Review: 12 days vs. a 5-day benchmark"


def test_a_deal_on_time_waits_nowhere(scored):
    deal = scored([1], stage_entered_on=days_ago(21))
    assert (deal.waits_in, deal.days_waiting, deal.days_over) == (None, None, None)
    assert "STUCK" not in deal.risk_flags


def test_a_deal_without_activity_was_never_contacted_if_other_deals_have_activities(scored):
    never, unknown = scored([], opened_on=days_ago(12)), scored([], others=False)
    assert (never.contact_status, unknown.contact_status) == ("Never contacted", "Not recorded")
    assert "NEVER_CONTACTED" in never.risk_flags and "GOING_DARK" not in never.risk_flags
    assert "NEVER_CONTACTED" not in unknown.risk_flags
    assert scored([3]).contact_status == "Contacted"


def test_the_days_of_wins_are_known_from_twenty_wins_on(frame):
    wins = [{"is_won": True, "opened_on": days_ago(days), "close_date": TODAY} for days in range(1, 21)]
    others = [{"is_won": False, "opened_on": days_ago(500), "close_date": TODAY}, {"is_won": True, "opened_on": None}]
    enough, too_few = (yardsticks(frame(OPPORTUNITIES, *deals, *others)).first() for deals in (wins, wins[1:]))
    assert (enough.median_won_days, enough.long_won_days) == (10, 18)
    assert (too_few.median_won_days, too_few.long_won_days) == (None, None)


def test_the_largest_amount_is_that_of_an_open_deal(frame):
    deals = [{"is_closed": True, "is_won": True, "amount": 900.0}, {"is_closed": False, "amount": 500.0}]
    assert yardsticks(frame(OPPORTUNITIES, *deals)).first().largest_amount == 500.0


def test_later_stages_are_those_after_a_stage_and_no_activities(frame):
    rows = {row.stage_name: row.later_stage_days for row in stages(frame(STAGE_BENCHMARKS, *BENCHMARKS)).collect()}
    assert rows == {"Negotiation": 10.0, "Verbal Commit": 0.0}


@pytest.mark.parametrize(
    ("waits", "longest"),
    [
        ([("D1", "Proposal", 21, 14.0)], []),
        ([("D1", "Proposal", None, 14.0)], []),
        (
            [("D1", "Verbal Commit", 18, 10.0), ("D1", "Legal Review", 16, 5.0)],
            [("D1", 11.0, "Legal Review", 16, 5.0)],
        ),
    ],
    ids=["within one and a half times the benchmark", "of unknown length", "two too long"],
)
def test_of_the_waits_that_are_too_long_the_one_longest_over_its_benchmark_counts(spark, waits, longest):
    assert [tuple(row) for row in longest_waits(spark.createDataFrame(waits, WAITS)).collect()] == longest


def test_only_activities_without_an_end_are_waited_in(frame):
    event = {"opportunity_id": "D1", "started_on": days_ago(12), "data_freshness": TODAY}
    events = [{**event, "activity": "Legal Review"}, {**event, "activity": "Legal Review", "ended_on": TODAY}]
    waits = waits_in_activity(frame(PROCESS_EVENTS, *events), frame(STAGE_BENCHMARKS, *BENCHMARKS))
    assert [tuple(row) for row in waits.collect()] == [("D1", "Legal Review", 12, 5.0)]


def test_a_deal_that_was_pushed_and_fell_back_has_both_flags(scored):
    slipped = {"is_pushed": True, "push_count": 2, "pushed_days": 9, "is_regressed": True, "fell_back_from": "Proposal"}
    assert scored([1], stage_entered_on=days_ago(2), slippage=slipped).risk_flags[-2:] == ["PUSHED", "REGRESSED"]


def test_a_deal_of_unknown_slippage_has_neither_flag(scored):
    flags = scored([1], slippage={"is_pushed": None, "is_regressed": None}).risk_flags
    assert not {"PUSHED", "REGRESSED"} & set(flags)
