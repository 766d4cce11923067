from datetime import date

import pytest

from revops_dashboards.filters import Choice
from revops_dashboards.widget import IMPORT_SIGNALS
from revops_dashboards.widgets.forecast_trend import HISTORY, Week, _chart, content

CHOICE = Choice(quarter="Q4 2024")
SETTING = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}
TODAY = date(2024, 11, 15)


def week(number, is_recorded, **amounts):
    return Week(**{
        "week_number": number, "snapshot_date": TODAY, "data_freshness": TODAY, "quarter_target": 13e6,
        "cumulative_target": 1e6 * number, "cumulative_closed": 8e5 * number, "cumulative_commit": 5e6,
        "cumulative_forecast": 6e6, "is_recorded": is_recorded, "forecast_accuracy": None, **amounts,
    })  # fmt: skip


WEEKS = [week(5, False), week(6, False), week(7, True)]


def line(weeks, name):
    lines = [line for line in _chart(weeks, None).lines if line.name == name]
    return [point.x for point in lines[0].points] if lines else []


@pytest.fixture
def trend(tables, write_as):
    write_as(HISTORY, [Week], [vars(week) for week in WEEKS], **SETTING)
    return content(tables, CHOICE)


def test_the_quota_is_drawn_to_the_quarters_end_and_other_lines_to_today():
    assert line(WEEKS, "Quota") == list(range(1, 14))
    assert line(WEEKS, "Closed") == [5, 6, 7]


def test_reconstructed_forecasts_are_a_line_of_their_own_that_leads_to_the_first_recorded_one():
    assert line(WEEKS, "Reconstructed") == [5, 6, 7]
    assert line(WEEKS, "Forecast") == [7]


def test_commit_is_drawn_for_recorded_weeks_alone():
    assert line(WEEKS, "Commit") == [7]
    assert line(WEEKS[:2], "Commit") == []


def test_without_recorded_commitments_commit_is_neither_drawn_nor_described(trend, tables, write):
    write(IMPORT_SIGNALS, [{"signal": "forecast_categories", "is_recorded": False, "lack": "", "advice": ""}])
    panel = content(tables, Choice(quarter="Q4 2024"))
    assert (panel.has_commit, "commit" in panel.trend.description) == (False, False)
    assert [line for line in _chart(WEEKS, None, has_commit=False).lines if line.name == "Commit"] == []


def test_without_a_quota_there_is_no_line_of_it_and_no_gap():
    weeks = [week(7, True, quarter_target=0.0)]
    assert line(weeks, "Quota") == []
    assert _chart(weeks, None).gap is None


def test_the_gap_is_drawn_at_the_quarters_end():
    assert _chart(WEEKS, None).gap == (6e6, 13e6, "gap $7.0M")


def test_a_quarter_that_is_over_has_neither_a_gap_nor_a_mark_of_today():
    chart = _chart([week(13, False)], (13, 13))
    assert (chart.gap, [mark.text for mark in chart.marks]) == (None, ["reconstructed"])


def test_the_description_has_the_numbers_and_names_the_reconstructed_weeks(trend):
    assert trend.trend.description == (
        "Forecast trend, week 7 of 13: quota $13.0M, commit $5.0M, forecast $6.0M, closed $5.6M. "
        "Weeks 5 to 6 are reconstructed."
    )


@pytest.mark.parametrize("choice", [Choice(quarter="Q1 2025"), Choice(quarter="Q4 2024", team="Lee")])
def test_another_quarter_or_setting_has_no_trend(trend, tables, choice):
    assert content(tables, choice) is None
