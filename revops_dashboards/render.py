"""Widgets and pages as HTML. A widget that has nothing to show, or cannot, says so in its place; the others go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from revops_dashboards import formats, pictures
from revops_dashboards.drawing import DrawingError
from revops_dashboards.filters import Choice
from revops_dashboards.tables import MissingDataset, Tables
from revops_dashboards.widget import Picture, Widget
from transforms_api.errors import StoreError
from transforms_api.text import visible

if TYPE_CHECKING:  # it imports Spark, and the first page need not wait for that
    from transforms_api.builds import DatasetState

States = Mapping[str, "DatasetState"]
"""Dataset → how it is; a dataset of which that is not known yet is not in it."""


def _visible(value: Any) -> Any:
    """Return a text of data with escapes for invisible characters; a text that is HTML already stays as it is."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES = Environment(
    loader=PackageLoader("revops_dashboards"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, finalize=_visible,
)  # fmt: skip
_TEMPLATES.filters.update(formats.FORMATS)
_TEMPLATES.globals.update(figure=pictures.figure)


@dataclass(frozen=True)
class Rendered:
    """A widget as HTML, and the pictures that are in it."""

    html: Markup
    pictures: tuple[Picture, ...] = ()


def render(template: str, **values: Any) -> Markup:
    """Return a template of this package, filled in."""
    return Markup(_TEMPLATES.get_template(f"{template}.html.jinja").render(**values))


def address(path: str, choice: Choice, **changes: str | None) -> str:
    """Return the address of a page with a choice, some of it changed."""
    chosen = {name: value for name, value in {**choice.values, **changes}.items() if value is not None}
    return f"{path}?{urlencode(chosen)}"


def render_widget(
    widget: Widget, tables: Tables, choice: Choice, states: States, path: str | None = None, suffix: str = ""
) -> Rendered:
    """Return a widget for a choice.

    Args:
        path: of the page that its links lead to; None in a report, where nothing can be chosen.
        suffix: of its place's name, where a report has the widget more than once.
    """
    problem, found = None, None

    def link(**changes: str | None) -> str:
        return address(path or "", choice, **changes)

    body: str | Markup = widget.nothing
    try:
        found = widget.content(tables, choice)
        if found is not None:
            body = render(f"widgets/{widget.name}", choice=choice, link=link, is_page=path is not None, **found)
    except MissingDataset as error:
        problem = f"{error} Build it: `build {error.dataset.rsplit('/', 1)[-1]}`."
    except (StoreError, DrawingError) as error:
        problem, found = str(error), None
    body = problem or body
    known = [states[name] for name in widget.datasets if name in states]
    unsound = [state for state in known if state.state.value in ("stale", "failed")]
    html = render(
        "widget", widget=widget, place=widget.name + suffix, body=body, problem=problem,
        has_content=found is not None, unsound=unsound,
    )  # fmt: skip
    return Rendered(html, tuple(value for value in (found or {}).values() if isinstance(value, Picture)))
