"""The table of docs/your-crm.md that says which panels the sample exports fill: scripts/panels-of-samples writes it."""

import importlib.machinery
import importlib.util

import pytest

from revops_dashboards.filters import KPIS
from revops_dashboards.widget import IMPORT_SIGNALS, Content, Widget
from transforms_api.project.settings import PROJECT


@pytest.fixture(scope="module")
def script():
    path = str(PROJECT / "scripts" / "panels-of-samples")
    loader = importlib.machinery.SourceFileLoader("panels_of_samples", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("panels_of_samples", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def state(script, tables, write):
    """state(content) → the state of a panel that needs activities, which the import does not record."""
    setting = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}
    write(KPIS, [{**setting, "open_count": 1, "data_freshness": None}])
    write(IMPORT_SIGNALS, [{"signal": "activities", "is_recorded": False, "lack": "", "advice": ""}])
    page = script.PIPELINE_HEALTH

    def of(content, needs=("activities",)):
        widget = Widget("funnel", "Panel", (), lambda tables, choice: content, needs=needs)
        return script.state(widget, page, tables)

    return of


def test_a_panel_without_figures_is_empty_whether_it_says_why_or_not(state):
    assert (state(None), state("No stage history is recorded.")) == ("–", "–")


def test_a_panel_with_figures_that_lacks_a_fact_is_filled_in_part(state):
    assert (state(Content()), state(Content(), needs=())) == ("◐", "●")


def test_the_table_has_a_row_for_each_panel_and_a_column_for_each_sample(script):
    assert script.table({"HubSpot": {"Funnel": "●", "Losses": "–"}, "Zoho": {"Funnel": "◐", "Losses": "●"}}) == (
        "| panel | HubSpot | Zoho |\n|---|---|---|\n| Funnel | ● | ◐ |\n| Losses | – | ● |"
    )


def test_the_document_has_each_panel_of_the_dashboards_for_samples_that_there_are(script):
    text = (PROJECT / "docs" / "your-crm.md").read_text(encoding="utf-8")
    heading, _, *rows = text.partition(script.BEGIN)[2].partition(script.END)[0].strip().splitlines()
    assert [row.split("|")[1].strip() for row in rows] == [widget.title for _, widget in script.panels()]
    named = [name.strip() for name in heading.split("|")[2:-1]]
    assert set(named) <= {sample.name for sample in script.samples()} | {"Maven"}
    assert len(named) >= 3
