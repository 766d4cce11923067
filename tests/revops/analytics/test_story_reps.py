"""The demo scenario's story of the reps, read off what the transforms make of it."""

import pytest

from transforms.revops.analytics import rep_performance_analytics, rep_performance_view

ATTAINMENTS = {
    "Jessica Taylor": "142%",
    "Emily Rodriguez": "115%",
    "David Kim": "108%",
    "Daniel Martinez": "95%",
    "Sarah Chen": "92%",
    "Robert Johnson": "88%",
    "James Wilson": "78%",
    "Amanda Foster": "72%",
    "Lisa Wang": "65%",
    "Kevin Brown": "55%",
}


@pytest.fixture(scope="module")
def performance(run, story):
    inputs = {name: story[f"/RevOps/Scenario/{name}"] for name in ("opportunities", "sales_reps")}
    return run(rep_performance_analytics.compute, **inputs).localCheckpoint()


@pytest.fixture(scope="module")
def by_name(performance):
    return {row.rep_name: row for row in performance.collect()}


def test_attainments_are_the_storys_to_the_whole_percent(run, performance):
    view = run(rep_performance_view.compute, performance=performance)
    assert {row.rep_name: row.ytd_attainment_display for row in view.collect()} == ATTAINMENTS


def test_reps_rank_by_attainment(by_name):
    assert sorted(by_name, key=lambda name: by_name[name].overall_rank) == list(ATTAINMENTS)


def test_jessica_wins_38_percent(by_name):
    assert by_name["Jessica Taylor"].win_rate == pytest.approx(0.38, abs=0.005)


def test_the_team_wins_89_of_319(by_name):
    assert by_name["Lisa Wang"].team_win_rate == pytest.approx(89 / 319)


def test_stakeholders_differ_between_jessica_kevin_and_the_team(by_name):
    jessica, kevin = by_name["Jessica Taylor"], by_name["Kevin Brown"]
    means = (jessica.avg_stakeholders, kevin.avg_stakeholders, jessica.team_avg_stakeholders)
    assert means == (pytest.approx(4.2, abs=0.05), pytest.approx(1.3, abs=0.05), pytest.approx(2.1, abs=0.2))
