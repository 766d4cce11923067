from datetime import date

from revops_dashboards.filters import Choice
from revops_dashboards.widgets.forecast_trend import HISTORY, content

TODAY = date(2024, 11, 15)


def week(number, ends_on, **amounts):
    return {
        "quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All",
        "week_number": number, "snapshot_date": ends_on, "data_freshness": TODAY,
        "cumulative_target": 1_000_000.0 * number, "cumulative_closed": 800_000.0 * number,
        "cumulative_commit": 5_000_000.0, "cumulative_forecast": 6_000_000.0, **amounts,
    }  # fmt: skip


WEEKS = [week(6, date(2024, 11, 11)), week(7, TODAY), week(8, date(2024, 11, 25))]


def values_of(picture, line):
    drawn = picture.draw(600).to_dict(validate=False)
    rows = [row for dataset in drawn["datasets"].values() for row in dataset] if "datasets" in drawn else []
    rows = rows or [row for layer in drawn["layer"] for row in layer.get("data", drawn.get("data", {}))["values"]]
    return sorted({(row["week"], row["amount"]) for row in rows if row.get("line") == line})


def test_weeks_to_come_have_a_target_alone(tables, write):
    write(HISTORY, WEEKS)
    trend = content(tables, Choice(quarter="Q4 2024"))["trend"]
    assert [week for week, _ in values_of(trend, "Target")] == [6, 7, 8]
    assert [week for week, _ in values_of(trend, "Closed")] == [6, 7]


def test_the_description_says_where_the_quarter_stands_today(tables, write):
    write(HISTORY, WEEKS)
    trend = content(tables, Choice(quarter="Q4 2024"))["trend"]
    assert trend.description == (
        "Forecast trend, week 7 of 13: target $7.0M, commit $5.0M, forecast $6.0M, closed $5.6M."
    )


def test_a_quarter_or_setting_without_weeks_has_nothing_to_show(tables, write):
    write(HISTORY, WEEKS)
    assert content(tables, Choice(quarter="Q1 2025")) is None
    assert content(tables, Choice(quarter="Q4 2024", team="Lee")) is None
