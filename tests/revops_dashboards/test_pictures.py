import re

import altair as alt
import pytest

from revops_dashboards import pictures
from revops_dashboards.widget import Picture


def drawn(width):
    rows = alt.Data(values=[{"stage": "Proposal", "amount": 4}])
    return alt.Chart(rows).mark_bar().encode(x="amount:Q", y="stage:N").properties(width=width, height=40)


PICTURE = Picture("amounts", drawn, 'Proposal: 4 "deals" <here>')


def test_a_picture_is_drawn_for_wide_and_for_narrow_screens():
    wide, narrow = (pictures.svg(PICTURE, width) for width in pictures.WIDTHS.values())
    assert wide != narrow
    assert pictures.figure(PICTURE).count("<svg") == 2


def test_two_pictures_share_no_name_of_a_part():
    first, second = (set(re.findall(r'id="([^"]+)"', pictures.svg(PICTURE, 300))) for _ in range(2))
    assert first
    assert not first & second


def test_each_name_that_is_meant_is_there():
    drawn = pictures.svg(PICTURE, 300)
    assert set(re.findall(r"url\(#([^)]+)\)", drawn)) <= set(re.findall(r'id="([^"]+)"', drawn))


def test_the_description_of_a_picture_is_its_name_for_those_who_cannot_see_it():
    assert 'role="img" aria-label="Proposal: 4 &#34;deals&#34; &lt;here&gt;"' in pictures.figure(PICTURE)


def test_a_picture_asked_for_as_png_is_a_png():
    assert pictures.png(PICTURE).startswith(b"\x89PNG")


def test_names_in_a_picture_are_text_and_never_markup():
    rows = alt.Data(values=[{"stage": "<script>alert(1)</script>", "amount": 4}])
    hostile = Picture("x", lambda width: alt.Chart(rows).mark_bar().encode(x="amount:Q", y="stage:N"), "x")
    assert "<script" not in pictures.svg(hostile, 300)


@pytest.mark.parametrize("width", pictures.WIDTHS.values())
def test_a_picture_is_as_wide_as_it_is_asked_to_be(width):
    view = pictures.svg(PICTURE, width).split('viewBox="0 0 ')[1].split(" ")[0]
    assert width < float(view) < width + 120
