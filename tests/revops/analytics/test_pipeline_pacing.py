"""This quarter beside earlier ones on the same day, worked out by hand on six deals; today is day 46 of Q4 2024."""

from datetime import date, timedelta
from random import Random

import pytest

from transforms.revops.analytics.pipeline_pacing import compute
from transforms.revops.contracts.movement import DEAL_SNAPSHOTS
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS

TODAY = date(2024, 11, 15)
LEE = {"manager_name": "Lee", "region": "W", "segment": "SMB"}
REPS = ({**LEE, "rep_id": "R1"}, {**LEE, "rep_id": "R2", "manager_name": "Green"})


def deal(name, outcome, amount, opened, closes, owner="R1"):
    return {
        "opportunity_id": name, "owner_id": owner, "manager_name": "Lee" if owner == "R1" else "Green", "region": "W",
        "is_closed": outcome != "open", "is_won": outcome == "won", "amount": amount, "opened_on": opened,
        "close_date": closes, "quarter": f"Q{(closes.month + 2) // 3} {closes.year}", "quarter_target": 0.0,
        "data_freshness": TODAY,
    }  # fmt: skip


DEALS = (
    # day 46 of Q3 2024 is August 15: 100 of 400 were won by then
    deal("1", "won", 100.0, date(2024, 6, 1), date(2024, 8, 15)),
    deal("2", "won", 300.0, date(2024, 8, 1), date(2024, 9, 20)),
    deal("3", "lost", 50.0, date(2024, 8, 16), date(2024, 9, 1)),
    # 60 won so far; two open
    deal("4", "won", 60.0, date(2024, 9, 1), date(2024, 10, 20)),
    deal("5", "open", 500.0, date(2024, 7, 1), date(2024, 12, 20)),
    deal("6", "open", 40.0, date(2024, 11, 1), date(2025, 2, 1), "R2"),
)


@pytest.fixture
def pacing(run, frame):
    """pacing(deals, reps, snapshots) → (quarter, team) → its row, of all segments and regions."""

    def compute_on(deals=DEALS, reps=REPS, snapshots=()):
        rows = run(
            compute,
            opportunities=frame(OPPORTUNITIES, *deals),
            sales_reps=frame(SALES_REPS, *[{"quarters": [], **rep} for rep in reps]),
            deal_snapshots=frame(DEAL_SNAPSHOTS, *snapshots),
        )
        shown = rows.where("segment_filter = 'All' AND region_filter = 'All'").collect()
        return {(row.quarter, row.team_filter): row for row in shown}

    return compute_on


@pytest.fixture
def rows(pacing):
    return pacing()


def test_the_same_day_of_an_earlier_quarter_has_the_same_number(rows):
    row = rows["Q3 2024", "All"]
    assert (row.as_of, row.day_of_quarter, row.week_number) == (date(2024, 8, 15), 46, 7)
    assert rows["Q4 2024", "All"].as_of == TODAY


def test_won_by_that_day_is_compared_with_what_is_won_today(rows):
    before, now = rows["Q3 2024", "All"], rows["Q4 2024", "All"]
    assert (before.won_count, before.won_amount, before.final_amount, before.won_share) == (1, 100, 400, 0.25)
    assert before.won_change_pct == pytest.approx(-0.4)  # 60 instead of 100
    assert (now.won_amount, now.final_amount, now.won_change_pct) == (60, None, None)


def test_at_the_pace_of_the_earlier_quarters_the_current_one_ends_at_its_won_amount_by_their_share(rows):
    assert rows["Q4 2024", "All"].projected_amount == pytest.approx(240)  # 60 / 0.25
    assert rows["Q3 2024", "All"].projected_amount is None


def test_the_open_pipeline_of_a_day_is_what_had_been_opened_and_not_closed(rows):
    # on August 15: deals 2 and 5; deal 1 closed on that day, deal 3 was opened a day later
    before, now = rows["Q3 2024", "All"], rows["Q4 2024", "All"]
    assert (before.pipeline_count, before.pipeline_amount, before.pipeline_basis) == (2, 800, "reconstructed")
    assert (now.pipeline_count, now.pipeline_amount, now.pipeline_basis) == (2, 540, "recorded")
    assert before.pipeline_change_pct == pytest.approx(-0.325)


def test_a_team_without_a_deal_in_a_quarter_of_which_others_have_some_won_nothing(rows):
    row = rows["Q3 2024", "Green"]
    assert (row.won_amount, row.final_amount, row.won_share) == (0, 0, None)


def test_a_snapshot_of_that_week_counts_in_place_of_a_reconstruction(pacing):
    days = {date(2024, 8, 7): 1.0, date(2024, 8, 10): 2.0, date(2024, 8, 14): 700.0, date(2024, 8, 16): 4.0}
    snapshots = [
        {**LEE, "snapshot_date": day, "opportunity_id": "5", "deal_state": "open", "amount": amount}
        for day, amount in days.items()
    ]
    row = pacing(snapshots=snapshots)["Q3 2024", "All"]
    assert (row.pipeline_count, row.pipeline_amount, row.pipeline_basis) == (1, 700, "recorded")


def test_the_pipeline_of_an_earlier_day_is_unknown_where_a_deal_has_no_opening_day(pacing):
    rows = pacing([*DEALS, deal("7", "open", 5.0, None, date(2024, 12, 20))])
    before, now = rows["Q3 2024", "All"], rows["Q4 2024", "All"]
    assert (before.pipeline_amount, before.pipeline_basis, before.pipeline_change_pct) == (None, "unknown", None)
    assert (now.pipeline_amount, now.pipeline_basis) == (545, "recorded")


def test_a_quarter_known_from_the_reps_totals_alone_has_a_result_and_no_figures_of_the_day(pacing):
    quarters = [{"quarter": "Q2 2024", "quota": 90.0, "closed_amount": 70.0}]
    reps = [{**rep, "quarters": quarters} for rep in REPS]
    row = pacing(reps=reps)["Q2 2024", "All"]
    assert (row.final_amount, row.won_amount, row.won_share, row.won_change_pct) == (140, None, None, None)
    assert (row.pipeline_amount, row.pipeline_basis, row.quarter_target) == (None, "unknown", 180)


def test_a_first_quarter_has_nothing_to_be_compared_with(pacing):
    rows = pacing([deal for deal in DEALS if deal["quarter"] != "Q3 2024"])
    assert {quarter for quarter, _ in rows} == {"Q4 2024"}
    assert rows["Q4 2024", "All"].projected_amount is None


def test_eight_earlier_quarters_are_compared_at_most(pacing):
    old = [
        deal(f"{year}-{month}", "won", 1.0, date(year, month, 1), date(year, month, 2))
        for year in (2022, 2023, 2024)
        for month in (1, 4, 7, 10)
        if (year, month) < (2024, 10)
    ]
    quarters = {quarter for quarter, _ in pacing([*DEALS, *old])}
    assert len(quarters) == 9 and "Q4 2022" in quarters and "Q3 2022" not in quarters


def test_teams_add_up_to_all(rows):
    for quarter in ("Q3 2024", "Q4 2024"):
        for name in ("won_amount", "pipeline_amount", "won_count", "pipeline_count"):
            teams = sum(row[name] for (of, team), row in rows.items() if of == quarter and team != "All")
            assert (name, teams) == (name, rows[quarter, "All"][name])


def random_deal(rng, number):
    outcome = rng.choice(["open", "won", "won", "lost"])
    opened = date(2024, 1, 1) + timedelta(days=rng.randrange(300))
    closes = TODAY + timedelta(days=rng.randrange(90)) if outcome == "open" else min(
        opened + timedelta(days=rng.randrange(120)), TODAY
    )  # fmt: skip
    return deal(f"D{number}", outcome, round(rng.uniform(0, 1e6), 2), opened, closes, rng.choice(["R1", "R2"]))


def test_of_any_deals_the_teams_add_up_to_all_to_the_cent_and_nothing_is_won_beyond_the_result(pacing):
    rng = Random(7)
    deals = [random_deal(rng, number) for number in range(300)]
    rows = pacing(deals)
    quarters = {quarter for quarter, _ in rows}
    assert len(quarters) == 4
    for quarter in quarters:
        company = rows[quarter, "All"]
        for name in ("won_count", "won_amount", "pipeline_count", "pipeline_amount"):
            assert round(rows[quarter, "Lee"][name] + rows[quarter, "Green"][name] - company[name], 2) == 0, name
        closed = sum(deal["amount"] for deal in deals if deal["is_won"] and deal["quarter"] == quarter)
        assert company.won_amount <= closed + 0.005
        if not company.is_current:
            assert company.final_amount == pytest.approx(closed)
