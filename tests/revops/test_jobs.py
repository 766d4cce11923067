"""Rules of the pipeline that only the job of a build can break: what tables store, and what checks stop.

All other rules are tested in memory (fixture `run`). A job here evaluates its checks, as in a build.
"""

import pytest

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES, DEALS_STUCK_IN_PROCESS, STUCK_DEALS_VIEW
from transforms.revops.contracts.scenario import ACTIVITIES
from transforms.revops.dashboard.compute_rep_activity_metrics import compute as rep_activity_metrics
from transforms.revops.dashboard.generate_forecast_history import compute as forecast_history
from transforms.revops.dashboard.prepare_stuck_deals_view import compute as stuck_deals_view
from transforms.revops.scenario.generate_scenario_opportunities import compute as scenario_opportunities
from transforms_api.errors import ChecksFailedError
from transforms_api.testing import assert_df_equality

DEAL = {"opportunity_id": "D1", "risk_flags": ["NO_EB", "GOING_DARK"], "amount": None, "health_score": None}
WAIT = {"opportunity_id": "D1", "waits_in": "Proposal", "days_waiting": 45}


@pytest.fixture
def view_of(run_transform, frame):
    """view_of([deal, …], [wait, …]) → what the job of stuck_deals_view writes."""

    def run_on(deals, waits):
        inputs = {
            "stuck_deals": frame(DEALS_STUCK_IN_PROCESS, *waits),
            "health_scores": frame(DEAL_HEALTH_SCORES, *deals),
        }
        return run_transform(stuck_deals_view, inputs).only

    return run_on


def test_arrays_and_nulls_are_read_back_from_the_stored_table(view_of):
    [row] = view_of([DEAL], [WAIT]).collect()
    assert (row.risk_flags, row.amount, row.health_score) == (["NO_EB", "GOING_DARK"], None, None)


def test_a_dataset_without_rows_is_stored_with_the_fields_of_its_contract(view_of):
    written = view_of([], [])
    assert written.count() == 0
    assert [(field.name, field.dataType) for field in written.schema] == [
        (field.name, field.dataType) for field in STUCK_DEALS_VIEW.schema
    ]


def test_a_stored_table_describes_each_column_as_its_contract_does(view_of):
    comments = {field.name: field.metadata.get("comment") for field in view_of([DEAL], [WAIT]).schema}
    assert comments == {field.name: field.metadata["comment"] for field in STUCK_DEALS_VIEW.schema}


def test_a_repeated_key_stops_the_job(view_of):
    with pytest.raises(ChecksFailedError, match="opportunity_id is its key"):
        view_of([DEAL], [WAIT, {**WAIT, "waits_in": "Legal Review"}])


def test_a_null_in_a_field_without_a_reason_for_nulls_stops_the_job(run_transform, frame):
    with pytest.raises(ChecksFailedError, match=r"RepActivityMetrics\.rep_id is known"):
        run_transform(rep_activity_metrics, {"activities": frame(ACTIVITIES, {"rep_id": None})})


def test_a_job_reads_stored_opportunities_as_it_reads_those_in_memory(run, run_transform):
    stored = run_transform(scenario_opportunities, scale=50).only
    in_memory = run(scenario_opportunities, scale=50)
    history = run_transform(forecast_history, {"opportunities": stored}).only
    assert_df_equality(history, run(forecast_history, opportunities=in_memory))
