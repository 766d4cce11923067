"""Each figure explains itself from docs/metrics.md."""

import re
from pathlib import Path

import pytest

import revops_dashboards
from revops_dashboards.pages import LISTINGS, PIPELINE_HEALTH, REP_COACHING, TEAM
from revops_dashboards.render import explain, metrics, parse_metrics

ENTRY = """
### `win_rate`

- **Name:** Win rate
- **Definition:** Fraction of the deals
  that were `won`.
- **Formula:** won / closed
- **Unit:** fraction
- **Grain:** rep
- **Shown:** everywhere
- **Unknown:** 0
- **Source:** contract

Text between entries.

## Another chapter
"""
TEMPLATES = Path(revops_dashboards.__file__).with_name("templates")


def test_an_entry_has_its_fields_and_lines_that_go_on_belong_to_them():
    metric = parse_metrics(ENTRY)["win_rate"]
    assert (metric.name, metric.definition, metric.source) == (
        "Win rate",
        "Fraction of the deals that were won.",
        "contract",
    )


def test_an_entry_without_a_field_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="`win_rate` has no Formula"):
        parse_metrics(ENTRY.replace("- **Formula:** won / closed\n", ""))


def test_every_metric_that_a_page_explains_is_in_the_file():
    used = {key for file in TEMPLATES.rglob("*.jinja") for key in re.findall(r"explain\('(\w+)'\)", file.read_text())}
    used |= {
        widget.metric for page in (PIPELINE_HEALTH, REP_COACHING, TEAM) for widget in page.widgets if widget.metric
    }
    used |= {column.metric for listing in LISTINGS.values() for column in listing.columns if column.metric}
    assert used - set(metrics()) == set()


def test_an_explanation_opens_by_keyboard_and_says_what_the_figure_is():
    html = explain("coverage_ratio")
    assert html.startswith('<details class="explain"><summary aria-label="What is Pipeline coverage?">')
    assert "open_pipeline_amount / (quarter_target - closed_won_amount)" in html


def test_a_figure_without_an_entry_has_no_explanation():
    assert explain("no_such_metric") == ""
