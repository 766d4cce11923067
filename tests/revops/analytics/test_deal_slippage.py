"""Close dates that moved later and stages that a deal went back to, on a handful of snapshots and activities."""

from datetime import date

import pytest

from transforms.revops.analytics.deal_slippage import compute
from transforms.revops.contracts.movement import DEAL_SNAPSHOTS
from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS
from transforms.revops.contracts.vocabulary import OPEN_STAGES

TODAY = date(2024, 11, 15)
OCT_1, NOV_1, NOV_8 = date(2024, 10, 1), date(2024, 11, 1), date(2024, 11, 8)


@pytest.fixture
def slippage(run, frame, story):
    """slippage(snapshots, events, field=value, …) → the row of deal D1.

    A snapshot is (day, close date, stage, state); an event (day, activity). The fields are those of the opportunity.
    """

    def compute_on(snapshots=(), events=(), **fields):
        deal = {"opportunity_id": "D1", "is_closed": False, "stage_name": "Proposal", "data_freshness": TODAY}
        snapshots = [
            {
                "opportunity_id": "D1",
                "snapshot_date": day,
                "close_date": close,
                "stage_name": stage,
                "deal_state": state,
            }
            for day, close, stage, state in snapshots
        ]
        events = [
            {"opportunity_id": "D1", "sequence": position, "started_on": day, "activity": activity}
            for position, (day, activity) in enumerate(events, 1)
        ]
        return run(
            compute,
            opportunities=frame(OPPORTUNITIES, {**deal, **fields}),
            deal_snapshots=frame(DEAL_SNAPSHOTS, *snapshots),
            process_events=frame(PROCESS_EVENTS, *events),
            stage_benchmarks=story["/RevOps/Reference/stage_benchmarks"],
        ).first()

    return compute_on


def dated(*pairs):
    """Return snapshots of an open deal in Proposal from (day, close date)."""
    return [(day, close, "Proposal", "open") for day, close in pairs]


def staged(*pairs):
    """Return snapshots of an open deal from (day, stage)."""
    return [(day, date(2024, 12, 20), stage, "open") for day, stage in pairs]


def test_each_move_to_a_later_close_date_is_a_push_and_an_earlier_one_takes_nothing_back(slippage):
    # 10 days later, 5 days earlier, 3 days later
    row = slippage(
        dated(
            (OCT_1, date(2024, 12, 1)),
            (NOV_1, date(2024, 12, 11)),
            (NOV_8, date(2024, 12, 6)),
            (TODAY, date(2024, 12, 9)),
        )
    )
    assert (row.push_count, row.pushed_days, row.last_pushed_on, row.is_pushed) == (2, 13, TODAY, True)


def test_a_deal_that_kept_its_close_date_was_pushed_no_time(slippage):
    row = slippage(dated((NOV_8, date(2024, 12, 20)), (TODAY, date(2024, 12, 20))))
    assert (row.push_count, row.pushed_days, row.last_pushed_on, row.is_pushed) == (0, 0, None, False)


def test_one_snapshot_without_a_stage_history_says_nothing_about_pushes_and_regressions(slippage):
    row = slippage(dated((TODAY, date(2024, 12, 20))))
    assert (row.push_count, row.pushed_days, row.is_pushed) == (None, None, None)
    assert (row.regression_count, row.last_regressed_on, row.is_regressed) == (None, None, None)


def test_a_snapshot_without_a_close_date_is_left_out(slippage):
    row = slippage(dated((OCT_1, date(2024, 12, 1)), (NOV_8, None), (TODAY, date(2024, 12, 8))))
    assert (row.push_count, row.pushed_days) == (1, 7)


def test_the_close_date_of_a_closed_deal_is_no_expectation(slippage):
    lost = (NOV_1, date(2024, 11, 1), "Closed Lost", "lost")
    row = slippage([*dated((OCT_1, date(2024, 12, 1))), lost, *dated((TODAY, date(2024, 12, 1)))])
    assert (row.push_count, row.pushed_days) == (0, 0)


def test_the_history_of_the_crm_counts_where_it_has_more_pushes_than_the_snapshots(slippage):
    snapshots = dated((NOV_8, date(2024, 12, 1)), (TODAY, date(2024, 12, 8)))
    crm = {"close_date_pushes": 3, "close_date_pushed_days": 40, "close_date_pushed_on": OCT_1}
    row = slippage(snapshots, **crm)
    assert (row.push_count, row.pushed_days, row.last_pushed_on) == (3, 40, TODAY)


def test_a_return_to_an_earlier_stage_between_two_snapshots_is_a_regression(slippage):
    row = slippage(staged((NOV_8, "Negotiation"), (TODAY, "Discovery")), stage_name="Discovery")
    assert (row.regression_count, row.last_regressed_on, row.fell_back_from) == (1, TODAY, "Negotiation")
    assert row.is_regressed


def test_a_return_in_the_stage_history_is_a_regression_until_the_deal_has_passed_that_stage(slippage):
    steps = [(OCT_1, "Proposal"), (NOV_1, "Discovery"), (NOV_8, "Proposal")]
    again, passed = slippage(events=steps), slippage(events=[*steps, (TODAY, "Negotiation")], stage_name="Negotiation")
    assert (again.regression_count, again.last_regressed_on, again.fell_back_from) == (1, NOV_1, "Proposal")
    assert (again.is_regressed, passed.regression_count, passed.is_regressed) == (True, 1, False)


def test_two_activities_of_one_stage_are_no_regression(slippage):
    row = slippage(events=[(OCT_1, "Legal Review"), (NOV_1, "Security Review")], stage_name="Verbal Commit")
    assert (row.regression_count, row.is_regressed) == (0, False)


def test_the_source_with_more_returns_counts_once_where_both_saw_the_same(slippage):
    snapshots = staged((NOV_1, "Proposal"), (TODAY, "Discovery"))
    row = slippage(snapshots, events=[(OCT_1, "Proposal"), (NOV_8, "Discovery")], stage_name="Discovery")
    assert (row.regression_count, row.last_regressed_on) == (1, TODAY)


def test_closed_deals_are_left_out(slippage):
    assert slippage(dated((NOV_8, NOV_8), (TODAY, TODAY)), is_closed=True) is None


def test_every_stage_that_a_deal_can_fall_back_from_has_its_name(slippage):
    names = [slippage(staged((NOV_8, stage), (TODAY, "Prospecting"))).fell_back_from for stage in OPEN_STAGES[1:]]
    assert names == list(OPEN_STAGES[1:])
