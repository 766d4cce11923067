"""The recorded lineage of the pipeline's columns against a truth written by hand from the code of the transforms."""

import pytest

from transforms_api.api import Project

PERFORMANCE = "/RevOps/Analytics/rep_performance"
TRUTH = {
    "rep_id": {"rep_id"},
    "rep_name": {"rep_name"},
    "ytd_attainment": {"ytd_attainment"},
    "ytd_attainment_display": {"ytd_attainment"},
    "win_rate": {"win_rate"},
    "avg_deal_size": {"avg_deal_size"},
    "rank_display": {"overall_rank", "total_reps"},
    "rank_change_qoq": {"prior_quarter_rank", "overall_rank"},
    "team_avg_win_rate": {"team_win_rate"},
    "team_avg_cycle": {"team_avg_sales_cycle_days"},
    "win_rate_vs_team": {"win_rate", "team_win_rate"},
    "win_rate_vs_team_display": {"win_rate", "team_win_rate"},
    "cycle_vs_team": {"avg_sales_cycle_days", "team_avg_sales_cycle_days"},
    "attainment_change_qoq": {"ytd_attainment", "prior_ytd_attainment"},
    "win_rate_change_qoq": {"win_rate", "prior_quarter_win_rate"},
    "data_freshness": {"data_freshness"},
}
"""Column of rep_performance_view → columns of rep_performance that its value is computed from."""


@pytest.fixture(scope="module")
def project(built):
    return Project.open(warehouse=built[0])


def sources(project, column, is_direct):
    steps = project.lineage(f"rep_performance_view.{column}").steps
    return {step.column for step in steps if any(kind.is_direct is is_direct for kind in step.influences)}


@pytest.mark.parametrize("column", TRUTH)
def test_a_column_of_the_rep_view_comes_from_these_columns(project, column):
    found = sources(project, column, is_direct=True)
    assert {(one.dataset, one.column) for one in found} == {(PERFORMANCE, name) for name in TRUTH[column]}


def test_the_change_of_a_win_rate_depends_on_whether_any_deal_was_closed(project):
    found = {one.column for one in sources(project, "win_rate_change_qoq", is_direct=False)}
    assert {"won_count", "lost_count"} <= found
