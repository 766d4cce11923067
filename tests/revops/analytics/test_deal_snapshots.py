from datetime import date

import pytest

from transforms.revops.analytics.deal_snapshots import compute
from transforms.revops.analytics.pipeline_movement import compute as pipeline_movement
from transforms.revops.contracts.movement import EARLIER_DEALS
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS

BEFORE, TODAY = date(2024, 11, 8), date(2024, 11, 15)


def days(rows):
    return sorted((row.snapshot_date, row.opportunity_id, row.amount) for row in rows.collect())


@pytest.fixture(scope="module")
def second_build(run_transform, frame):
    """The snapshots of a second day's build, whose deal is worth 150 instead of 100."""

    def inputs(day, amount):
        deal = {
            "opportunity_id": "D1", "owner_id": "R1", "is_won": False, "is_closed": False, "amount": amount,
            "quarter": "Q4 2024", "close_date": date(2024, 12, 20), "data_freshness": day,
        }  # fmt: skip
        return {
            "opportunities": frame(OPPORTUNITIES, deal),
            "sales_reps": frame(SALES_REPS, {"rep_id": "R1", "segment": "SMB"}),
            "earlier_deals": frame(EARLIER_DEALS),
        }

    first = run_transform(compute, inputs(BEFORE, 100.0), checks=False).only
    return run_transform(compute, inputs(TODAY, 150.0), previous={"output": first}, checks=False).only


def test_the_second_import_is_a_second_version_of_the_deals(second_build):
    assert days(second_build) == [(BEFORE, "D1", 100.0), (TODAY, "D1", 150.0)]


def test_two_versions_give_the_moves_in_tables_that_keep_their_contracts(run_transform, second_build):
    written = run_transform(pipeline_movement, {"snapshots": second_build})
    rows = written["movements"].where("quarter = 'Q4 2024' and team_filter = 'All' and region_filter = 'All'").collect()
    amounts = {(row.opening_amount, row.increased_amount, row.closing_amount) for row in rows}
    assert amounts == {(100, 50, 150)}
    [change] = written["changes"].where("period = '1w'").collect()
    assert (change.kind, change.from_amount, change.to_amount) == ("increased", 100, 150)
