"""What counts as which change, on two snapshots a week apart; and that opening and changes add up to closing."""

import csv
import json
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random

import pytest

from transforms.revops.common.movement import MOVEMENT_KINDS, changes, compared, movement
from transforms.revops.contracts.movement import DEAL_SNAPSHOTS

BEFORE, TODAY = date(2024, 11, 8), date(2024, 11, 15)
Q4, Q1 = date(2024, 12, 16), date(2025, 1, 20)
CLOSED = {"Closed Won": "won", "Closed Lost": "lost"}
SAMPLES = Path(__file__).parents[2] / "data" / "crm_exports" / "two_snapshots"


def quarter_of(day):
    return "Unknown" if day is None else f"Q{(day.month + 2) // 3} {day.year}"


def deal(day, name, state="open", amount=100.0, close_date=Q4, stage="Proposal", team="Lee", owner="R1"):
    return {
        "snapshot_date": day, "opportunity_id": name, "opportunity_name": name, "account_name": "A", "owner_id": owner,
        "owner_name": owner, "manager_name": team, "segment": "SMB", "region": "West", "deal_state": state,
        "amount": amount, "stage_name": {"won": "Closed Won", "lost": "Closed Lost"}.get(state, stage),
        "close_date": close_date, "quarter": quarter_of(close_date), "data_freshness": TODAY,
    }  # fmt: skip


CASES = {
    # name: (a week ago, today, kinds with their effects on the open pipeline of all quarters)
    "the same": ({}, {}, {}),
    "new": (None, {}, {"created": 100}),
    "new and won at once": (None, {"state": "won", "close_date": date(2024, 11, 12)}, {"created": 100, "won": -100}),
    "closed long before the export had it": (None, {"state": "won", "close_date": date(2024, 10, 2)}, {}),
    "vanished": ({}, None, {"removed": -100}),
    "vanished after it was lost": ({"state": "lost", "close_date": date(2024, 10, 2)}, None, {}),
    "pushed out": ({}, {"close_date": Q1}, {"pushed_out": 0}),
    "pulled in": ({"close_date": Q1}, {}, {"pulled_in": 0}),
    "lost its close date": ({}, {"close_date": None}, {"pushed_out": 0}),
    "got a close date": ({"close_date": None}, {}, {"pulled_in": 0}),
    "later in its quarter": ({}, {"close_date": date(2024, 12, 30)}, {"close_date_moved": 0}),
    "increased": ({}, {"amount": 150.55}, {"increased": 50.55}),
    "priced at last": ({"amount": None}, {"amount": 70.0}, {"increased": 70}),
    "no longer priced": ({}, {"amount": None}, {"decreased": -100}),
    "pushed out and increased": ({}, {"close_date": Q1, "amount": 130.0}, {"pushed_out": 0, "increased": 30}),
    "won for less": ({}, {"state": "won", "amount": 80.0}, {"decreased": -20, "won": -80}),
    "won earlier than expected": ({"close_date": Q1}, {"state": "won", "close_date": TODAY}, {"won": -100}),
    "lost, its amount cleared": ({}, {"state": "lost", "amount": None}, {"lost": -100}),
    "reopened": ({"state": "lost", "close_date": date(2024, 10, 2)}, {}, {"reopened": 100}),
    "back to an earlier stage": ({}, {"stage": "Discovery"}, {"stage_regressed": 0}),
    "on to a later stage": ({}, {"stage": "Negotiation"}, {"stage_advanced": 0}),
    "another rep's": ({}, {"owner": "R2", "team": "Green"}, {"owner_changed": 0}),
}


def snapshots_of(cases):
    return [
        deal(day, name, **fields)
        for name, (before, after, *_) in cases.items()
        for day, fields in ((BEFORE, before), (TODAY, after))
        if fields is not None
    ]


@pytest.fixture(scope="module")
def deals(frame):
    return compared(frame(DEAL_SNAPSHOTS, *snapshots_of(CASES))).where("period = '1w'").localCheckpoint()


@pytest.fixture(scope="module")
def changes_of_deals(deals):
    """Name of a case → its kinds of change with their effects."""
    kinds = {}
    for row in changes(deals).collect():
        kinds.setdefault(row.opportunity_id, {})[row.kind] = row.amount_effect
    return kinds


@pytest.fixture(scope="module")
def moved(deals):
    """(quarter, team) → the movement of all segments and regions."""
    rows = movement(deals).where("segment_filter = 'All' and region_filter = 'All'").collect()
    return {(row.quarter, row.team_filter): row for row in rows}


@pytest.mark.parametrize("case", CASES)
def test_a_deal_has_the_kinds_of_change_and_effects_of_its_definition(changes_of_deals, case):
    expected = {kind: Decimal(str(effect)) for kind, effect in CASES[case][2].items()}
    assert changes_of_deals.get(case, {}) == expected


def test_a_pushed_deal_leaves_its_quarter_and_enters_the_later_one(moved):
    # three deals are pushed out of Q4, one of them for 30 more; one goes to no quarter at all
    assert (moved["Q4 2024", "All"].pushed_out_amount, moved["Q4 2024", "All"].pushed_out_count) == (-300, 3)
    assert (moved["Q1 2025", "All"].pushed_out_amount, moved["Q1 2025", "All"].increased_amount) == (200, 30)
    assert (moved["All", "All"].pushed_out_amount, moved["All", "All"].pushed_out_count) == (0, 3)


def test_a_deal_of_another_team_now_is_that_teams_on_both_days(moved):
    assert (moved["Q4 2024", "Green"].opening_count, moved["Q4 2024", "Green"].closing_count) == (1, 1)


def test_a_deal_won_in_an_earlier_quarter_than_expected_leaves_the_pipeline_of_the_quarter_it_was_in(moved):
    assert moved["Q1 2025", "All"].won_amount == -100


def balance(row):
    return row.opening_amount + sum(row[f"{kind}_amount"] for kind in MOVEMENT_KINDS)


def random_side(rng):
    if rng.random() < 0.15:
        return None
    close_date = rng.choice([None, date(2024, 11, 12), date(2024, 9, 3), Q4, Q1, date(2025, 4, 2)])
    return {
        "state": rng.choice(["open", "open", "open", "won", "lost"]),
        "amount": rng.choice([None, 0.0, 0.1, 0.2, 1e9 + 0.01, round(rng.uniform(0, 1e6), 2)]),
        "close_date": close_date,
        "stage": rng.choice(["Discovery", "Proposal", "Negotiation"]),
        "team": rng.choice(["Lee", "Green"]),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_opening_and_all_changes_add_up_to_closing_to_the_cent(frame, seed):
    rng = Random(seed)
    cases = {f"D{number}": (random_side(rng), random_side(rng)) for number in range(400)}
    rows = movement(compared(frame(DEAL_SNAPSHOTS, *snapshots_of(cases)))).collect()
    assert len({row.quarter for row in rows}) == 6
    assert [row for row in rows if balance(row) != row.closing_amount] == []
    for row, kind in product(rows, ("opening", "closing")):
        assert row[f"{kind}_count"] or not row[f"{kind}_amount"]


def test_without_an_earlier_snapshot_nothing_moved(frame):
    assert movement(compared(frame(DEAL_SNAPSHOTS, deal(TODAY, "D1")))).count() == 0


def test_a_snapshot_of_this_week_starts_the_period_last_only(frame):
    rows = [deal(BEFORE, "D1"), deal(date(2024, 11, 13), "D1"), deal(TODAY, "D1")]
    periods = {(row.period, row.from_date) for row in compared(frame(DEAL_SNAPSHOTS, *rows)).collect()}
    assert periods == {("last", date(2024, 11, 13)), ("1w", BEFORE)}


def exported(day, accepted):
    rows = list(csv.DictReader((SAMPLES / day.isoformat() / "deals.csv").open()))
    for row in rows:
        if row["id"] in accepted:
            accepted.discard(row["id"])
            yield deal(
                day, row["id"], CLOSED.get(row["stage"], "open"), float(row["amount"]),
                date.fromisoformat(row["close_date"]), row["stage"],
            )  # fmt: skip


def test_the_moves_of_two_exports_are_those_expected(frame):
    expected = json.loads((SAMPLES / "expected.json").read_text())
    rows = []
    for day in (BEFORE, TODAY):
        of_day = list(csv.DictReader((SAMPLES / day.isoformat() / "deals.csv").open()))
        rejected = {reject["id"] for reject in expected["snapshots"][day.isoformat()]["rejected"]} - {"S-3040"}
        rows += exported(day, {row["id"] for row in of_day} - rejected)
    deals = compared(frame(DEAL_SNAPSHOTS, *rows)).where("period = '1w'").localCheckpoint()
    names = {"created": "new"}
    ids = {}
    for row in changes(deals).where("kind not in ('close_date_moved', 'stage_advanced')").collect():
        ids.setdefault(names.get(row.kind, row.kind), set()).add(row.opportunity_id)
    assert ids == {kind: {deal["id"] for deal in deals} for kind, deals in expected["moves"]["deals"].items()}
    for quarter, name in (("Q4 2024", "2024-Q4"), ("All", "all")):
        [row] = movement(deals).where(f"quarter = '{quarter}' and team_filter = 'All'").where(
            "segment_filter = 'All' and region_filter = 'All'"
        ).collect()  # fmt: skip
        amounts = {names.get(kind, kind): float(row[f"{kind}_amount"]) for kind in MOVEMENT_KINDS}
        amounts |= {"start": float(row.opening_amount), "end": float(row.closing_amount)}
        assert amounts == expected["moves"]["waterfall"][name]
