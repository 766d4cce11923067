"""The pipeline's figures of imported sample exports are the values of expected.json, computed in memory."""

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from transforms.revops.analytics import (
    deal_forecast,
    deal_slippage,
    deal_snapshots,
    forecast_confidence,
    forecast_snapshots,
    pipeline_pacing,
    pipeline_to_create,
)
from transforms.revops.analytics.rep_performance_analytics import compute as rep_performance
from transforms.revops.contracts.movement import DEAL_SLIPPAGE
from transforms.revops.dashboard.compute_rep_activity_metrics import compute as rep_activity_metrics
from transforms.revops.enrichment import calculate_deal_health
from transforms.revops.reference import reporting_currency, stage_benchmarks
from transforms_api.importing import read_export

REPOSITORY = Path(__file__).parents[3]
SAMPLES = REPOSITORY / "tests" / "data" / "crm_exports"
PRESETS = {"history": "generic", "salesforce": "salesforce", "dynamics": "dynamics"}


@pytest.fixture(scope="module")
def sample(spark, run, tmp_path_factory):
    """sample(folder) → (expected.json, name of a dataset → its rows, imported or computed)."""
    loaded = {}

    def load(folder):
        if folder not in loaded:
            expected = json.loads((SAMPLES / folder / "expected.json").read_text(encoding="utf-8"))
            preset = tomllib.loads((REPOSITORY / f"conf/import/{PRESETS[folder]}.toml").read_text(encoding="utf-8"))
            files = tmp_path_factory.mktemp(folder)
            rows = {}
            for output, frame in read_export(SAMPLES / folder, preset, date.fromisoformat(expected["today"])).items():
                name = output.alias.rpartition("/")[2]
                frame.collect().write_parquet(files / f"{name}.parquet")
                rows[name] = spark.read.parquet(str(files / f"{name}.parquet"))
            rows["stage_benchmarks"] = run(stage_benchmarks.compute)
            rows.setdefault("reporting_currency", run(reporting_currency.compute))
            steps = {
                "deal_snapshots": deal_snapshots,
                "slippage": deal_slippage,
                "health_scores": calculate_deal_health,
            }
            for name, module in steps.items():
                rows[name] = run(module.compute, **rows).localCheckpoint()
            loaded[folder] = expected, rows
        return loaded[folder]

    return load


@pytest.fixture
def history(sample):
    return sample("history")


def test_the_stuck_deals_of_a_full_history_are_those_that_wait_45_days_and_more(history):
    expected, rows = history
    flagged = rows["health_scores"].where("array_contains(risk_flags, 'STUCK')").collect()
    assert sorted(row.opportunity_id for row in flagged) == expected["stuck_deals"]


def test_the_deals_that_went_back_in_a_full_history_are_regressed(history):
    expected, rows = history
    slipped = rows["slippage"].where("regression_count > 0").collect()
    assert sorted(row.opportunity_id for row in slipped) == expected["stage_regressed"]
    assert {row.fell_back_from for row in slipped} == {"Proposal"}
    flagged = rows["health_scores"].where("array_contains(risk_flags, 'REGRESSED')").collect()
    assert sorted(row.opportunity_id for row in flagged) == expected["stage_regressed"]


def test_the_deals_without_contact_for_more_than_30_days_go_dark(history):
    expected, rows = history
    silent = rows["health_scores"].where("days_since_contact > 30").collect()
    assert sorted(row.opportunity_id for row in silent) == expected["gone_dark"]
    assert all("GOING_DARK" in row.risk_flags for row in silent)


def test_pushes_are_unknown_where_no_file_has_earlier_close_dates(history):
    _, rows = history
    assert rows["slippage"].where("push_count IS NOT NULL").count() == 0


def test_the_last_30_days_of_activities_are_those_expected_by_rep_and_kind(history, run):
    expected, rows = history
    wanted = expected["activities"]["last_30_days"]
    today = date.fromisoformat(expected["today"])
    assert (wanted["from"], wanted["to"]) == ((today - timedelta(days=29)).isoformat(), today.isoformat())
    names = {row.rep_id: row.rep_name for row in rows["sales_reps"].collect()}
    figures = {
        names[row.rep_id]: {
            "total": row.total_activities,
            **{kind: row[f"{kind}_count"] for kind in ("call", "demo", "email", "meeting") if row[f"{kind}_count"]},
        }
        for row in run(rep_activity_metrics, **rows).where("period = '30d'").collect()
    }
    assert figures == wanted["by_rep"]
    assert sum(rep["total"] for rep in figures.values()) == wanted["total"]


def test_the_attainment_of_the_current_quarter_is_won_over_the_reps_own_quota(history, run):
    expected, rows = history
    reps = {row.rep_name: row for row in run(rep_performance, **rows).collect()}
    for name, rep in expected["reps"].items():
        wanted = rep["attainment"]["2024-Q4"]
        assert (name, reps[name].closed_amount) == (name, wanted["won"])
        assert (name, round(reps[name].quarter_attainment, 4)) == (name, wanted["ratio"])


def test_the_mean_cycle_of_a_rep_is_that_of_the_reps_won_deals(history):
    expected, rows = history
    days = rows["opportunities"].where("is_won").selectExpr("owner_name", "datediff(close_date, opened_on) AS days")
    durations = {row.owner_name: round(row.mean, 2) for row in days.groupBy("owner_name").agg({"days": "mean"}).toDF(
        "owner_name", "mean").collect()}  # fmt: skip
    assert durations == {name: rep["mean_cycle_days"] for name, rep in expected["reps"].items()}


def test_the_prior_rank_goes_by_the_attainment_of_the_year_up_to_the_last_quarter(history):
    expected, rows = history
    quarters = ("2024-Q1", "2024-Q2", "2024-Q3")
    attainment = {
        name: sum(rep["attainment"][quarter]["won"] for quarter in quarters)
        / sum(rep["attainment"][quarter]["quota"] for quarter in quarters)
        for name, rep in expected["reps"].items()
    }
    ranked = sorted(attainment, key=lambda name: -attainment[name])
    ranks = {row.rep_name: row.prior_quarter_rank for row in rows["sales_reps"].collect()}
    assert ranks == {name: position for position, name in enumerate(ranked, 1)}


def test_the_prior_win_rate_is_that_of_the_deals_closed_in_the_last_quarter(history):
    _, rows = history
    closed = rows["opportunities"].where("is_closed AND quarter = 'Q3 2024'").collect()
    wanted = {}
    for deal in closed:
        wanted.setdefault(deal.owner_name, []).append(deal.is_won)
    win_rates = {row.rep_name: row.prior_quarter_win_rate for row in rows["sales_reps"].collect()}
    assert win_rates == {name: sum(wanted[name]) / len(wanted[name]) if name in wanted else None for name in win_rates}


def test_the_pushes_of_the_crms_history_make_the_flag(sample):
    expected, rows = sample("salesforce")
    slipped = {row.opportunity_id: row for row in rows["slippage"].where("push_count > 0").collect()}
    assert {deal: row.push_count for deal, row in slipped.items()} == expected["close_date_pushes"]
    assert {deal for deal, row in slipped.items() if row.is_pushed} >= {
        deal for deal, pushes in expected["close_date_pushes"].items() if pushes > 1
    }
    assert all(row.pushed_days >= row.push_count and row.last_pushed_on is not None for row in slipped.values())
    assert set(DEAL_SLIPPAGE.schema.fieldNames()) == set(rows["slippage"].columns)


@pytest.mark.parametrize("folder", ["dynamics", "salesforce"])
def test_the_forecast_of_open_deals_is_their_amount_times_the_probability_of_the_crm(sample, run, folder):
    expected, rows = sample(folder)
    deals = run(deal_forecast.compute, **rows).where("deal_state = 'open' AND amount IS NOT NULL")
    known = deals.join(
        rows["opportunities"].where("probability IS NOT NULL").select("opportunity_id"), "opportunity_id"
    )
    weighted = sum(row.amount * row.win_chance for row in known.collect())
    assert weighted == pytest.approx(expected["open_pipeline"]["weighted_by_probability"], abs=0.011)


@pytest.mark.parametrize("folder", ["history", "salesforce"])
def test_pacing_has_the_result_of_each_quarter_of_the_export(sample, run, folder):
    expected, rows = sample(folder)
    company = "team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All'"
    figures = {}
    for row in run(pipeline_pacing.compute, **rows).where(company).collect():
        figures[f"{row.quarter[3:]}-{row.quarter[:2]}"] = row.won_amount if row.is_current else row.final_amount
    assert {quarter: won for quarter, won in figures.items() if won} == expected["closed_won_by_quarter"]


def test_the_pipeline_to_create_starts_from_the_quotas_of_the_export(sample, run):
    expected, rows = sample("history")
    deals = run(deal_forecast.compute, **rows).localCheckpoint()
    snapshots = run(forecast_snapshots.compute, deals=deals, **rows).localCheckpoint()
    forecast = run(forecast_confidence.compute, snapshots=snapshots)
    needed = run(pipeline_to_create.compute, forecast=forecast, **rows)
    row = needed.where("quarter = 'Q4 2024' AND team_filter = 'All' AND region_filter = 'All'").first()
    assert (row.quarter_target, row.closed_won_amount) == (expected["quota_by_quarter"]["2024-Q4"], 85_500)
    open_deals = deals.where("deal_state = 'open' AND quarter = 'Q4 2024'").collect()
    expected_amount = sum(deal.expected_amount for deal in open_deals)
    assert row.expected_amount == pytest.approx(expected_amount)
    assert expected_amount > 435_000 - 85_500  # so that nothing is missing
    assert (row.missing_amount, row.pipeline_to_create, row.deals_to_create) == (0, 0, 0)
