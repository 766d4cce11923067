"""The deals behind each figure of the movement, on two snapshots of a week apart."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics.pipeline_movement_deals import compute, deals_of_parts
from transforms.revops.common.movement import compared, movement
from transforms.revops.contracts.movement import DEAL_SNAPSHOTS, MOVEMENT_PARTS

BEFORE, TODAY = date(2024, 11, 8), date(2024, 11, 15)
Q4, Q1 = date(2024, 12, 16), date(2025, 1, 20)


def deal(day, name, state="open", amount=100.0, close_date=Q4, team="Lee"):
    quarter = {None: "Unknown", Q1: "Q1 2025"}.get(close_date, "Q4 2024")
    stage = {"won": "Closed Won", "lost": "Closed Lost"}.get(state, "Proposal")
    return {
        "snapshot_date": day, "opportunity_id": name, "opportunity_name": name, "account_name": "A", "owner_id": "R1",
        "owner_name": "Ann", "manager_name": team, "segment": "SMB", "region": "West", "deal_state": state,
        "amount": amount, "stage_name": stage, "close_date": close_date, "quarter": quarter, "data_freshness": TODAY,
    }  # fmt: skip


SNAPSHOTS = [
    deal(BEFORE, "pushed", amount=40.1), deal(TODAY, "pushed", amount=50.35, close_date=Q1),
    deal(BEFORE, "pulled", close_date=None, team="Green"), deal(TODAY, "pulled", team="Green"),
    deal(BEFORE, "won"), deal(TODAY, "won", "won", 90.0, TODAY),
    deal(BEFORE, "lost"), deal(TODAY, "lost", "lost", None, TODAY),
    deal(BEFORE, "reopened", "lost", close_date=date(2024, 10, 2)), deal(TODAY, "reopened"),
    deal(BEFORE, "removed", close_date=Q1),
    deal(TODAY, "new", amount=None),
]  # fmt: skip


@pytest.fixture(scope="module")
def pairs(frame):
    return compared(frame(DEAL_SNAPSHOTS, *SNAPSHOTS)).localCheckpoint()


@pytest.fixture(scope="module")
def listed(pairs):
    """(quarter, part) → name of each deal with what it adds, in the week."""
    deals = {}
    for row in deals_of_parts(pairs).where("period = '1w'").collect():
        deals.setdefault((row.quarter, row.part), {})[row.opportunity_id] = float(row.part_amount)
    return deals


def test_a_pushed_deal_leaves_one_quarter_enters_the_next_and_changes_nothing_for_all(listed):
    parts = [listed[quarter, "pushed_out"] for quarter in ("Q4 2024", "Q1 2025", "All")]
    assert parts == [{"pushed": -40.1}, {"pushed": 40.1}, {"pushed": 0.0}]
    assert listed["Q1 2025", "increased"] == {"pushed": 10.25}


def test_a_deal_won_for_less_lessens_the_pipeline_twice(listed):
    assert (listed["Q4 2024", "decreased"], listed["Q4 2024", "won"]) == ({"won": -10.0}, {"won": -90.0})


def test_a_reopened_deal_is_created_and_a_new_one_without_an_amount_is_listed_with_0(listed):
    assert listed["Q4 2024", "created"] == {"reopened": 100.0, "new": 0.0}


def test_a_removed_deal_is_listed_as_it_was(pairs):
    [row] = deals_of_parts(pairs).where("period = '1w' and part = 'removed' and quarter = 'All'").collect()
    assert (row.from_amount, row.to_amount, row.from_close_date, row.to_close_date) == (100.0, None, Q1, None)


def test_the_deals_of_a_part_add_up_to_its_figure_in_every_quarter_and_team(pairs):
    parts = deals_of_parts(pairs)
    for figures in movement(pairs).where("segment_filter = 'All' and region_filter = 'All'").collect():
        is_shown = (F.col("period") == figures.period) & (F.col("quarter") == figures.quarter)
        if figures.team_filter != "All":
            is_shown &= F.col("manager_name") == figures.team_filter
        sums = {row.part: (row.deals, row.total) for row in parts.where(is_shown).groupBy("part").agg(
            F.count("*").alias("deals"), F.sum("part_amount").alias("total")).collect()}  # fmt: skip
        shown = {part: (figures[f"{part}_count"], figures[f"{part}_amount"]) for part in MOVEMENT_PARTS}
        assert {part: values for part, values in shown.items() if values[0]} == sums


def test_the_written_rows_keep_their_contract(run_transform, frame):
    written = run_transform(compute, {"snapshots": frame(DEAL_SNAPSHOTS, *SNAPSHOTS)}).only
    assert written.where("period = '1w' and quarter = 'All' and part = 'closing'").count() == 4
