"""Charts as SVG, and as PNG of a report."""

import re
from xml.etree import ElementTree

import pytest

from revops_dashboards import charts
from revops_dashboards.charts import Bar, Bars, Line, LineChart, Mark, Picture, Point, nice_ticks

BARS = Bars("stages", "Pipeline", [Bar("Proposal", 4.0, "4 deals"), Bar("Won & <lost>", 1.0, "1 deal", more=3.0)])
LINES = LineChart(
    [
        Line("Quota", [Point(week, week * 1e6, f"${week}M") for week in range(1, 14)], "none", is_dashed=True),
        Line("Closed", [Point(1, 5e5, "$500K"), Point(2, 9e5, "$900K")], "healthy", is_area=True),
    ],
    lambda amount: f"${amount:g}",
    (1, 13),
    [Mark(1, "reconstructed", until=2), Mark(2, "today")],
    (9e5, 13e6, "gap $12.1M"),
)


@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
@pytest.mark.parametrize("draw", [BARS.picture.draw, LINES.draw], ids=["bars", "lines"])
def test_a_chart_is_valid_svg_of_the_requested_width(draw, width):
    assert ElementTree.fromstring(draw(width)).get("width") == str(width)


def test_the_longest_bar_with_its_lighter_part_is_100_percent():
    assert [BARS.share(bar.value) for bar in BARS.bars] == [100.0, 25.0]


def test_the_description_of_bars_has_their_texts():
    assert BARS.description == "Pipeline: Proposal 4 deals; Won & <lost> 1 deal"


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(13_000_000, [0, 5e6, 1e7, 1.5e7]), (100, [0, 25, 50, 75, 100]), (0.9, [0, 0.25, 0.5, 0.75, 1.0]), (1, None)],
)
def test_ticks_of_an_axis_are_round_and_reach_the_largest_value(most, ticks):
    actual = nice_ticks(most)
    assert actual[-1] >= most
    assert ticks is None or actual == pytest.approx(ticks)


def test_each_line_has_its_name_and_last_value_at_its_end():
    texts = re.findall(r'class="end[^>]*>([^<]+)<', LINES.draw(charts.WIDE))
    assert {"Quota $13M", "Closed $900K"} <= set(texts)


def test_names_at_the_ends_of_lines_do_not_overlap():
    close = [Line(name, [Point(1, 100.0 + number, "x")], "blue") for number, name in enumerate("abcd")]
    heights = [
        float(y)
        for y in re.findall(
            r'class="end blue" x="[\d.]+" y="([\d.]+)"', LineChart(close, str, (1, 13)).draw(charts.WIDE)
        )
    ]
    assert all(below - above >= 15 for above, below in zip(sorted(heights), sorted(heights)[1:], strict=False))


def test_each_week_with_values_shows_them_under_the_pointer():
    assert LINES.draw(charts.WIDE).count('class="week"') == 13
    assert "Week 2" in LINES.draw(charts.WIDE)


def test_a_picture_of_a_page_is_drawn_for_wide_and_narrow_screens_and_has_a_description():
    figure = charts.figure(Picture("trend", LINES.draw, 'Forecast "trend" <here>'))
    assert figure.count("<svg") == 2
    assert 'role="img" aria-label="Forecast &#34;trend&#34; &lt;here&gt;"' in figure


def test_a_png_is_drawn_at_two_pixels_for_one():
    png = charts.png(BARS.picture)
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * charts.WIDE


def test_names_in_a_chart_are_text_and_never_markup():
    hostile = Bars("x", "x", [Bar("<script>alert(1)</script>", 1.0, "<b>")])
    assert "<script" not in hostile.picture.draw(charts.WIDE)
