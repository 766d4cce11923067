"""How long a rep's deals stay in each stage, and where the rep loses them."""

from datetime import date

import pytest

from transforms.revops.analytics.rep_stage_pace import compute
from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS

TODAY = date(2024, 11, 15)
LOST = (("Discovery", 10), ("Proposal", 8), ("Discovery", 4), ("Proposal", 20), ("Closed Lost", 0))
OPEN = (("Discovery", 6), ("Proposal", None))


def events(deal, steps):
    return [
        {"event_id": f"{deal}-{number}", "opportunity_id": deal, "activity": activity, "sequence": number,
         "duration_days": days}
        for number, (activity, days) in enumerate(steps, start=1)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rows(run, frame, story):
    """(rep, stage) → its row, of a lost deal of R1 and an open one of R2."""
    deals = [{"opportunity_id": f"D{n}", "owner_id": f"R{n}", "data_freshness": TODAY} for n in (1, 2)]
    made = run(
        compute,
        opportunities=frame(OPPORTUNITIES, *deals),
        process_events=frame(PROCESS_EVENTS, *events("D1", LOST), *events("D2", OPEN)),
        stage_benchmarks=story["/RevOps/Reference/stage_benchmarks"],
    )
    return {(row.rep_id, row.stage_name): row for row in made.collect()}


def test_days_are_those_of_all_visits_of_the_deals_that_left_the_stage(rows):
    discovery = rows["R1", "Discovery"]
    assert (discovery.finished_count, discovery.avg_days, discovery.team_avg_days) == (1, 14.0, 10.0)


def test_a_deal_still_in_the_stage_does_not_count(rows):
    proposal = rows["R2", "Proposal"]
    assert (proposal.finished_count, proposal.avg_days, proposal.team_avg_days) == (0, None, 28.0)


def test_a_deal_is_lost_from_its_last_stage(rows):
    assert (rows["R1", "Proposal"].lost_count, rows["R1", "Proposal"].lost_share) == (1, 1.0)
    assert (rows["R1", "Discovery"].lost_count, rows["R2", "Proposal"].lost_count) == (0, 0)
    assert rows["R2", "Proposal"].team_lost_share == 1.0
