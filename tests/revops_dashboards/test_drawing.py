"""No text, number or size that comes from data ends the process that serves the dashboards."""

import math

import pytest

from revops_dashboards import drawing, pictures
from revops_dashboards.charts import chart
from revops_dashboards.drawing import DrawingError, harmless, png_of, png_of_svg, svg_of
from revops_dashboards.filters import Choice
from revops_dashboards.render import render, render_widget
from revops_dashboards.widget import Picture, Widget


def bars(text, **more):
    """A specification with a text in its data, axes, title and colours."""
    return {
        "data": {"values": [{"amount": 4, "stage": text}]},
        "mark": {"type": "bar", "color": text},
        "encoding": {
            "x": {"field": "amount", "type": "quantitative", "title": text},
            "y": {"field": "stage", "type": "nominal"},
            "tooltip": {"value": text},
        },
        "title": text,
        **more,
    }


HOSTILE = ["a\x0bb", "a\x00b", "a\x1b[31mb", "a\ufffeb", "a\uffffb", "a\ud800b", "<script>&amp;\"'", "url(#x", "\u202e"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_in_any_place_of_a_chart_is_drawn(text):
    assert svg_of(bars(text)).startswith("<svg")
    assert png_of(bars(text), scale=1).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", HOSTILE[:6], ids=ascii)
def test_a_character_that_xml_does_not_have_is_shown_as_one_that_is_unknown(text):
    assert harmless({text: [text]}) == {harmless(text): [harmless(text)]}
    assert "\ufffd" in harmless(text)


def test_a_text_of_megabytes_is_cut():
    assert svg_of(bars("x" * 3_000_000)).startswith("<svg")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_none(number):
    assert harmless({"n": [number, 1.5, 2, True, None]}) == {"n": [None, 1.5, 2, True, None]}


def test_a_graph_is_drawn_whatever_its_texts_have():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">a\x0b</text></svg>'
    assert png_of_svg(svg, scale=1).startswith(b"\x89PNG")


@pytest.mark.parametrize(("kind", "what"), [("svg", {"mark": 3}), ("png_of_svg", "no picture")])
def test_a_picture_that_cannot_be_drawn_is_an_error(kind, what):
    with pytest.raises(DrawingError, match="This picture cannot be drawn: "):
        drawing._DRAWER.drawn(kind, what)
    assert svg_of(bars("text")).startswith("<svg")


@pytest.mark.parametrize("deadly", [bars("a\x0bb"), bars("a", config={"font": '"<'})], ids=["text", "font"])
def test_a_picture_of_which_the_process_dies_is_an_error_and_the_next_one_is_drawn(deadly):
    with pytest.raises(DrawingError, match="the process that draws it has died of it"):
        drawing._DRAWER.drawn("svg", deadly)  # not made harmless
    assert svg_of(bars("text")).startswith("<svg")


def test_a_process_that_was_killed_between_two_pictures_is_started_anew():
    svg_of(bars("text"))
    drawing._DRAWER._child.kill()
    drawing._DRAWER._child.wait()
    assert svg_of(bars("another")).startswith("<svg")


def test_a_picture_that_takes_too_long_is_an_error(monkeypatch):
    svg_of(bars("text"))
    monkeypatch.setattr(drawing, "_PATIENCE", 0.01)
    with pytest.raises(DrawingError, match="has died of it"):
        drawing._DRAWER.drawn("svg", bars("x" * 300_000))


def test_a_widget_whose_picture_cannot_be_drawn_says_so_in_its_place(tables, monkeypatch):
    def refuse(*_):
        raise DrawingError("This picture cannot be drawn: no luck")

    monkeypatch.setattr("revops_dashboards.pictures.svg_of", refuse)
    picture = Picture("p", lambda width: chart([{"a": width}]).mark_bar(), "a picture")
    widget = Widget("funnel", "Funnel", (), lambda tables, choice: {"picture": picture, "stages": []})
    monkeypatch.setattr("revops_dashboards.render.render", shown_by(render))
    assert (
        render_widget(widget, tables, Choice(), {}).html.striptags() == "Funnel This picture cannot be drawn: no luck"
    )


def shown_by(render):
    """Return `render` with a template of widgets that shows a picture alone."""
    return lambda template, **values: (
        pictures.figure(values["picture"]) if template.startswith("widgets/") else render(template, **values)
    )
