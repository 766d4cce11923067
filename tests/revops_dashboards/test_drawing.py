"""No text that comes from data ends the process that serves the dashboards."""

import pytest

from revops_dashboards import drawing
from revops_dashboards.charts import Bar, Bars, png
from revops_dashboards.drawing import DrawingError, png_of_svg

HOSTILE = ["a\x0bb", "a\x00b", "a\x1b[31mb", "a\ufffeb", "a\uffffb", "a\ud800b", "<script>&amp;\"'", "url(#x", "\u202e"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_chart_with_any_text_is_drawn(text):
    assert png(Bars("name", text, [Bar(text, 1.0, text)]).picture).startswith(b"\x89PNG")


def test_a_graph_is_drawn_whatever_its_texts_have():
    assert png_of_svg(SVG.format("a\x0b"), scale=1).startswith(b"\x89PNG")


def test_an_invalid_picture_is_an_error_and_the_next_one_is_drawn():
    with pytest.raises(DrawingError, match="This picture cannot be drawn: "):
        drawing._DRAWER.drawn("no picture")
    assert png_of_svg(SVG.format("text"), scale=1).startswith(b"\x89PNG")


def test_a_drawing_process_that_was_killed_between_two_pictures_is_started_again():
    png_of_svg(SVG.format("text"), scale=1)
    drawing._DRAWER._child.kill()
    drawing._DRAWER._child.wait()
    assert png_of_svg(SVG.format("another"), scale=1).startswith(b"\x89PNG")


def test_a_picture_that_takes_too_long_is_an_error(monkeypatch):
    png_of_svg(SVG.format("text"), scale=1)
    monkeypatch.setattr(drawing, "_PATIENCE", 0.001)
    many = "".join(f'<rect width="{number}" height="9" fill-opacity="0.1"/>' for number in range(50_000))
    with pytest.raises(DrawingError, match="has died of it"):
        png_of_svg(f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900">{many}</svg>', scale=2)
