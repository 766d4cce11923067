import pytest

from revops_dashboards.filters import Choice
from revops_dashboards.widgets.win_rate_drivers import DRIVERS, content, value_text


@pytest.mark.parametrize(
    ("name", "kind", "value", "text"),
    [
        ("win_rate", "percent", 0.38, "38%"),
        ("avg_sales_cycle_days", "days", 45.2, "45d"),
        ("avg_deal_size", "decimal", 431_000.0, "$431K"),
        ("avg_stakeholders", "decimal", 4.2, "4.2"),
        ("avg_stakeholders", "decimal", None, "–"),
    ],
)
def test_a_value_is_written_in_its_format(name, kind, value, text):
    assert value_text({"metric_name": name, "format_type": kind, "rep_value": value}, "rep_value") == text


def test_the_widest_gap_stands_first_and_the_rep_beside_the_top_performer(tables, write):
    driver = {
        "rep_id": "R1", "format_type": "percent", "rep_value": 0.25, "top_performer_value": 0.38,
        "team_avg_value": 0.28, "rep_bar_pct": 66.0, "top_bar_pct": 100.0,
    }  # fmt: skip
    write(DRIVERS, [
        {**driver, "metric_name": "win_rate", "metric_label": "Win Rate", "gap_pct": -0.34},
        {**driver, "metric_name": "economic_buyer_rate", "metric_label": "Economic Buyer", "gap_pct": -0.54},
        {**driver, "metric_name": "win_rate", "metric_label": "Another's", "gap_pct": 0.9, "rep_id": "R2"},
    ])  # fmt: skip
    found = content(tables, Choice(rep="R1"))
    assert [one["metric_label"] for one in found["drivers"]] == ["Economic Buyer", "Win Rate"]
    assert found["bars"].description == (
        "Economic Buyer: rep 25%, top performer 38%; Win Rate: rep 25%, top performer 38%"
    )
