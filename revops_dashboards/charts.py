"""The kinds of charts that several widgets draw."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Union

import altair as alt

# Altair looks at pandas if it is among the loaded modules, even while another thread is still importing it.
with contextlib.suppress(ImportError):
    import pandas  # type: ignore[import-untyped]  # noqa: F401

from revops_dashboards import look

Chart = Union[alt.Chart, alt.LayerChart, alt.FacetChart]  # noqa: UP007  Python 3.10 cannot join Altair's types by |
Rows = Sequence[Mapping[str, Any]]


def chart(rows: Rows) -> alt.Chart:
    """Return a chart of some rows, which does not say yet how it shows them."""
    return alt.Chart(alt.Data(values=list(rows)))  # type: ignore[no-untyped-call]


def names(field: str, longest: int = 180) -> alt.Y:
    """Return the axis of names beside horizontal bars, in the order of the rows."""
    axis = alt.Axis(domain=False, ticks=False, labelColor=look.TEXT, labelLimit=longest, labelPadding=6)
    return alt.Y(f"{field}:N", sort=None, title=None, axis=axis)


def labelled_bars(rows: Rows, most: float, colour: Any, width: int, each: int) -> Chart:
    """Return a horizontal bar for each row, with a text at its end.

    Args:
        rows: with `name`, `value` and `label`.
        most: the value at the right edge; leave room for the texts.
        colour: channel of the bars' colour.
        each: height of a bar with the space around it, in pixels.
    """
    base = chart(rows).encode(y=names("name"), x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, most])))
    bars = base.mark_bar(height={"band": 0.7}).encode(color=colour, description="label:N")
    labels = base.mark_text(align="left", dx=6).encode(text="label:N")
    return alt.layer(bars, labels).properties(width=width, height=each * max(1, len(rows)))
