"""What notebooks use: `foundry.transforms.Dataset` on the local warehouse, and tables as HTML."""

import pytest
from foundry.transforms import Dataset

from transforms_api.errors import NotSupportedLocallyError, StoreError, TransformTypeError, UnknownTargetError
from transforms_api.text import html_table


@pytest.fixture
def orders(project, folder, monkeypatch):
    """`Dataset.get("orders")` in the folder of the project, which has been built."""
    project.build().raise_for_failures()
    monkeypatch.chdir(folder)
    return Dataset.get("orders")


@pytest.mark.parametrize(
    "form, amounts",
    [
        ("arrow", lambda rows: rows["amount"].to_pylist()),
        ("pandas", lambda rows: list(rows["amount"])),
        ("polars", lambda rows: rows["amount"].to_list()),
        ("lazy-polars", lambda rows: rows.collect()["amount"].to_list()),
    ],
)
def test_the_rows_are_a_table_of_the_library_that_the_format_names(orders, form, amounts):
    assert amounts(orders.read_table(format=form)) == [10, 20, 30]


def test_columns_and_rows_can_be_chosen_before_reading_and_when_reading(orders):
    assert orders.select("amount").limit(1).read_table().to_pydict() == {"amount": [10]}
    assert orders.read_table(columns=["country"], row_limit=2, format="polars").to_dict(as_series=False) == {
        "country": ["CH", "US"]
    }


def test_an_alias_that_is_no_dataset_is_an_error_with_the_nearest(orders):
    with pytest.raises(UnknownTargetError, match="order_s"):
        Dataset.get("order_s").read_table()


def test_a_dataset_that_has_not_been_built_is_an_error(project, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(StoreError):
        Dataset.get("totals").read_table()


def test_an_unknown_format_is_an_error_with_those_there_are(orders):
    with pytest.raises(TransformTypeError, match="arrow, pandas, polars, lazy-polars, spark, not 'csv'"):
        orders.read_table(format="csv")


@pytest.mark.parametrize("use", [lambda output: output.write_table([]), lambda output: output.read_table(mode="added")])
def test_what_needs_foundry_is_refused(orders, use):
    with pytest.raises(NotSupportedLocallyError):
        use(orders)


def test_a_project_is_shown_with_its_datasets_and_their_states(project):
    project.build("orders")
    shown = project._repr_html_()
    assert "<td>/Shop/orders</td><td>fresh</td><td>3</td>" in shown
    assert "<td>/Shop/totals</td><td>missing</td>" in shown


def test_a_plan_is_shown_with_its_jobs_and_their_reasons(project):
    shown = project.plan("orders")._repr_html_()
    assert "1 to run, 0 stopped, 0 fresh" in shown
    assert "<td>/Shop/orders</td><td>/Shop/orders has not been built yet</td>" in shown


def test_a_dataset_is_shown_with_its_version_and_first_rows(project):
    project.build()
    shown = project.dataset("totals")._repr_html_()
    assert "/Shop/totals: version 0 of branch master, 2 rows" in shown
    assert "<tr><td>CH</td><td>10</td></tr><tr><td>US</td><td>50</td></tr>" in shown


def test_a_dataset_that_has_not_been_built_is_shown_with_what_is_wrong(project):
    assert "/Shop/totals" in project.dataset("totals")._repr_html_()


def test_texts_in_a_table_are_escaped_and_long_ones_cut():
    shown = html_table("a <b>", ["x"], [["<script>"], ["y" * 100], [None]])
    assert "<p>a &lt;b&gt;</p>" in shown
    assert "<td>&lt;script&gt;</td>" in shown
    assert f"<td>{'y' * 79}…</td>" in shown
    assert "<td></td>" in shown
