"""Which facts a widget names that the imported export does not record."""

import pytest

from revops_dashboards.filters import Choice
from revops_dashboards.pages import DASHBOARDS
from revops_dashboards.widget import IMPORT_SIGNALS, Widget, missing_facts
from transforms.revops.contracts.crm import SIGNALS

ADVICE = {
    "activities": "Add a file of activities: `import FOLDER --crm`.",
    "contacts": "Add a file of contacts.",
    "quotas": "Add a file of quotas.",
}


@pytest.fixture
def recorded(write):
    """recorded(signal, …): an import recorded these, and none of the others."""

    def write_signals(*names):
        write(IMPORT_SIGNALS, [
            {"signal": name, "is_recorded": name in names, "lack": f"No {name}.", "advice": advice}
            for name, advice in ADVICE.items()
        ])  # fmt: skip

    return write_signals


def widget(content, needs=("contacts", "activities")):
    return Widget("health_distribution", "Health", (), content, "No open deals match these filters.", needs=needs)


def test_an_empty_widget_names_the_files_that_would_fill_it_in_the_order_of_its_needs(recorded, text_of):
    recorded("quotas")
    text = text_of(widget(lambda tables, choice: None), Choice())
    assert text == (
        "Health No open deals match these filters. No contacts. Add a file of contacts. "
        "No activities. Add a file of activities: import FOLDER --crm ."
    )


def test_a_recorded_fact_is_not_named(recorded, tables):
    recorded("contacts")
    assert [fact.signal for fact in missing_facts(("contacts", "activities"), tables)] == ["activities"]


def test_a_widget_that_needs_nothing_names_nothing(recorded, tables):
    recorded()
    assert missing_facts((), tables) == []


def test_a_warehouse_without_an_import_names_nothing(tables):
    assert missing_facts(("contacts", "activities"), tables) == []


def test_signals_that_cannot_be_read_leave_the_widget_as_it_is(write, text_of):
    write(IMPORT_SIGNALS, [{"other": 1}])
    assert text_of(widget(lambda tables, choice: None), Choice()) == "Health No open deals match these filters."


def test_every_need_of_a_widget_is_a_signal_of_an_import():
    needs = {need for page in DASHBOARDS for widget in page.widgets for need in widget.needs}
    assert needs - set(SIGNALS) == set()
    assert set(SIGNALS) - needs == set()
