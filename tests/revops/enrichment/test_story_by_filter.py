"""Where the filters that a dataset of the contract lacks are at 'All', what is shown by filter is that dataset."""

import pytest
from chispa import assert_approx_df_equality
from pyspark.sql import functions as F

from transforms.revops.analytics import (
    deal_forecast,
    forecast_confidence,
    forecast_snapshots,
    health_distribution,
    pipeline_health_summary,
    process_bottleneck_analytics,
    stage_velocity,
    stage_win_rates,
)
from transforms.revops.dashboard import (
    compute_dashboard_kpis,
    dashboard_kpis_by_filter,
    forecast_history_by_filter,
    generate_forecast_history,
    health_distribution_by_filter,
    process_bottlenecks_by_filter,
    stage_velocity_by_filter,
)

CENT = 0.01


@pytest.fixture(scope="module")
def inputs(run, story, story_health):
    """What the transforms read, by the names that they give it."""
    datasets = {path.rpartition("/")[2]: rows for path, rows in story.items()} | {"health_scores": story_health}
    steps = {
        "history": generate_forecast_history,
        "deals": deal_forecast,
        "snapshots": forecast_snapshots,
        "forecast": forecast_confidence,
        "summary": pipeline_health_summary,
        "win_rates": stage_win_rates,
    }
    for name, module in steps.items():
        datasets[name] = run(module.compute, **datasets).localCheckpoint()
    return datasets


@pytest.mark.parametrize(
    ("narrowed", "by_filter"),
    [
        (compute_dashboard_kpis, dashboard_kpis_by_filter),
        (health_distribution, health_distribution_by_filter),
        (generate_forecast_history, forecast_history_by_filter),
        (stage_velocity, stage_velocity_by_filter),
        (process_bottleneck_analytics, process_bottlenecks_by_filter),
    ],
)
def test_all_of_the_added_filters_is_the_contracts_dataset(run, inputs, narrowed, by_filter):
    expected, rows = (run(transform.compute, **inputs).localCheckpoint() for transform in (narrowed, by_filter))
    added = [name for name in rows.columns if name.endswith("_filter") and name not in expected.columns]
    own_quarter = ["quarter != 'All'"] if "quarter" in rows.columns else []
    conditions = [f"{name} = 'All'" for name in added] + own_quarter
    of_all = rows.where(" AND ".join(conditions)).select(*expected.columns)
    assert rows.count() > of_all.count() > 0
    assert_approx_df_equality(of_all, expected, CENT, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize("column", ["cumulative_closed", "pipeline_commit", "pipeline_total"])
def test_the_teams_histories_add_up_to_the_companys(run, inputs, column):
    rows = run(forecast_history_by_filter.compute, **inputs).where("segment_filter = 'All' AND region_filter = 'All'")
    is_company = F.col("team_filter") == "All"
    sums = rows.groupBy("quarter", "week_number").agg(
        F.sum(F.when(is_company, F.col(column))).alias("company"),
        F.sum(F.when(~is_company, F.col(column))).alias("teams"),
    )
    assert sums.where("company != teams").count() == 0
