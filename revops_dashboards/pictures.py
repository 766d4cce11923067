"""Charts as SVG and PNG, without a browser."""

from __future__ import annotations

import functools
import itertools
import json
import re

from markupsafe import Markup, escape

from revops_dashboards import look
from revops_dashboards.drawing import png_of, svg_of
from revops_dashboards.widget import Picture

WIDTHS = {"wide": 560, "narrow": 250}
"""Class of a page's picture → width in pixels of what it plots; the page shows the one that fits its own width."""


_NUMBERS = itertools.count()
_NAMED = re.compile(r'(\bid="|url\(#)(?=clip)')
"""Where Vega names a part of a picture, or means it."""


def svg(picture: Picture, width: int) -> str:
    """Return a picture as SVG that grows and shrinks with its place.

    Its parts have names that no other picture has: in a page the first part of a name would be taken for all.

    Raises:
        DrawingError: it cannot be drawn.
    """
    drawn = _svg(json.dumps(_specification(picture, width), default=str))
    return _NAMED.sub(rf"\g<1>picture{next(_NUMBERS)}-", drawn)


def png(picture: Picture, width: int = WIDTHS["wide"]) -> bytes:
    """Return a picture as PNG, twice as many pixels as `width` says, for sharp screens.

    Raises:
        DrawingError: it cannot be drawn.
    """
    return png_of(_specification(picture, width), scale=2)


def figure(picture: Picture, wide: int = WIDTHS["wide"]) -> Markup:
    """Return a picture for a page: an image with its description, drawn for wide and for narrow screens.

    Raises:
        DrawingError: it cannot be drawn.
    """
    drawn = Markup("").join(
        Markup('<div class="{}">{}</div>').format(kind, Markup(svg(picture, width)))
        for kind, width in {**WIDTHS, "wide": wide}.items()
    )
    return Markup('<figure role="img" aria-label="{}">{}</figure>').format(escape(picture.description), drawn)


def _specification(picture: Picture, width: int) -> dict[str, object]:
    chart = picture.draw(width).configure(**look.VEGA)
    return dict(chart.properties(padding=4, autosize={"type": "pad", "contains": "content"}).to_dict(validate=False))


@functools.lru_cache(maxsize=512)
def _svg(specification: str) -> str:
    return svg_of(json.loads(specification))
