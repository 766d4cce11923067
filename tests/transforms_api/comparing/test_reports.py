"""The reports of a change, of results that the tests state."""

from dataclasses import replace

import pytest

from transforms_api.comparing import (
    ColumnReach,
    DatasetDiff,
    Difference,
    ProjectDiff,
    RowExample,
    Status,
    as_html,
    as_markdown,
)
from transforms_api.comparing.reports import change_text, number_text, value_texts
from transforms_api.warehouse.column_lineage import ColumnName


def report_of(row, count=1):
    difference = Difference(rows={"added": 1, "removed": 0, "changed": 0}, examples=[RowExample("added", None, row)])
    datasets = [
        DatasetDiff(f"/Shop/deals{number}", Status.CHANGED, "shop.deals has changed", difference=difference)
        for number in range(count)
    ]
    return ProjectDiff("main (abc)", "feature (def)", tuple(datasets), untouched=3)


def test_the_summary_comes_first():
    lines = as_markdown(report_of({"n": 1})).splitlines()
    assert lines[0] == "<!-- transforms-anywhere diff -->"
    assert "**1 changed, 3 not touched.**" in lines[:6]


def test_a_report_that_is_too_long_for_a_comment_says_how_many_sections_it_lacks():
    text = as_markdown(report_of({"text": "x" * 500}, count=900))
    assert len(text) <= 65_536
    assert "of 900 sections are left out: a comment has 65,536 characters at most." in text


def test_a_summary_that_is_too_long_for_a_comment_is_cut():
    assert len(as_markdown(report_of({"n": 1}, count=9_000))) <= 65_536


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "```", "@everyone", "a | b", "[x](http://example.com)"])
def test_no_value_of_a_row_is_markup_of_the_comment(text):
    section = as_markdown(report_of({"text": text}))
    [fence] = {line.rstrip("dif") for line in section.splitlines() if line.startswith("```") and "`" in line}
    assert len(fence) > text.count("`")
    assert f"+ text={text}" in section


def test_no_value_of_a_row_is_markup_of_the_page():
    page = as_html(report_of({"text": "<script>alert(1)</script>"}))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_loads_nothing():
    page = as_html(report_of({"n": 1}))
    assert "src=" not in page
    assert "http" not in page
    assert "color-scheme: light dark" in page


def test_of_long_values_the_part_that_differs_is_shown():
    old, new = value_texts("a" * 100 + "Zurich", "a" * 100 + "Geneva")
    assert (old, new) == ("…" + "a" * 25 + "Zurich", "…" + "a" * 25 + "Geneva")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "·"), (1234567.0, "1,234,567"), (0.25, "0.25"), (1234.567, "1,234.57"), (float("nan"), "nan")],
)
def test_statistics_are_readable(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(10, 11, "+10.0%"), (-10, -11, "-10.0%"), (0, 5, "+5"), (None, 1, ""), (1, 1, "")],
)
def test_changes_of_statistics_are_relative_unless_there_was_nothing(before, after, text):
    assert change_text(before, after) == text


@pytest.fixture
def reaching():
    """A report of a removed column that two columns and a page depend on."""
    reach = ColumnReach(
        "amount",
        "removed",
        (ColumnName("/Shop/report", "total"), ColumnName("/Shop/report", "mean|median")),
        (ColumnName("/Shop/report", "rank"),),
        {"Sales": ("Total", "Trend")},
        ("/Shop/pandas",),
    )
    difference = Difference(rows={}, columns_removed={"amount": "double"})
    dataset = DatasetDiff("/Shop/deals", Status.CHANGED, "it has changed", difference=difference, reaches=(reach,))
    return ProjectDiff("main", "feature", (dataset,))


def test_a_section_has_a_row_for_each_column_with_what_it_reaches(reaching):
    [row] = [line for line in as_markdown(reaching).splitlines() if line.startswith("| `amount`")]
    assert [cell.strip() for cell in row.strip("|").split(" | ")] == [
        "`amount`",
        "removed",
        "report: total, mean\\|median",
        "report: rank<br>pandas: unknown",
        "Sales: Total, Trend",
    ]


def test_the_page_has_what_a_column_reaches(reaching):
    assert "<div>report: total, mean|median</div>" in as_html(reaching)
    assert "<div>Sales: Total, Trend</div>" in as_html(reaching)


def test_many_columns_are_folded(reaching):
    [dataset] = reaching.datasets
    many = replace(dataset, reaches=dataset.reaches * 13)
    assert "<summary>What the 13 removed and changed columns reach</summary>" in as_markdown(
        replace(reaching, datasets=(many,))
    )
