"""Widgets and pages as HTML. A widget that has nothing to show, or fails, says so where it stands; the others go on."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from revops_dashboards import charts, formats
from revops_dashboards.charts import Picture
from revops_dashboards.filters import Choice, address, filters_only
from revops_dashboards.listing import Listing
from revops_dashboards.tables import MissingDataset, Tables
from revops_dashboards.widget import Content, Missing, Widget, missing_facts
from transforms_api.errors import StoreError
from transforms_api.text import visible

if TYPE_CHECKING:  # it imports Spark, and the first page need not wait for that
    from transforms_api.builds import DatasetState

States = Mapping[str, "DatasetState"]
"""Dataset → its state; without datasets whose state is not known yet."""
DEALS, COACHING = "/deals", "/coaching"
"""Paths of the pages that other pages lead to."""


def _visible(value: Any) -> Any:
    """Return a text of data with escapes for invisible characters; a text that is HTML already is unchanged."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


# Explanations of figures: the entries of docs/metrics.md

METRIC_FIELDS = ("Name", "Definition", "Formula", "Unit", "Grain", "Shown", "Unknown", "Source")
"""The fields of an entry."""
_HEADING = re.compile(r"### `([a-z0-9_]+)`")
_FIELD = re.compile(r"- \*\*(\w+):\*\* (.*)")


@dataclass(frozen=True)
class Metric:
    """An entry of docs/metrics.md.

    Attributes:
        key: name of the entry, such as 'win_rate'.
        name: the name that pages show.
        definition: one sentence on what the figure measures.
        formula: the computation, from columns.
        unit: unit of the values.
        unknown: the value, and when the figure cannot be computed.
        source: origin of the rule.
    """

    key: str
    name: str
    definition: str
    formula: str
    unit: str
    unknown: str
    source: str


def parse_metrics(text: str) -> dict[str, Metric]:
    """Return the entries of a text in the format that docs/metrics.md describes, by key.

    Args:
        text: the content of docs/metrics.md.

    Raises:
        ValueError: an entry lacks a field.
    """
    entries: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    field = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = _HEADING.fullmatch(line.strip())
            fields = entries.setdefault(heading[1], {}) if heading else {}
            field = ""
        elif item := _FIELD.fullmatch(line):
            field = item[1]
            fields[field] = item[2].strip()
        elif field and line.startswith("  "):
            fields[field] += f" {line.strip()}"
        else:
            field = ""
    return {key: _metric(key, fields) for key, fields in entries.items()}


def _metric(key: str, fields: Mapping[str, str]) -> Metric:
    missing = [name for name in METRIC_FIELDS if not fields.get(name)]
    if missing:
        raise ValueError(f"docs/metrics.md: `{key}` has no {', '.join(missing)}.")
    plain = {name: fields[name].replace("`", "") for name in METRIC_FIELDS}
    return Metric(
        key, plain["Name"], plain["Definition"], plain["Formula"], plain["Unit"], plain["Unknown"], plain["Source"]
    )


@functools.cache
def metrics() -> Mapping[str, Metric]:
    """Return the entries of the file that is installed with this package, or of the checkout's docs/."""
    package = Path(__file__).parent
    files = (package / "metrics.md", package.parent / "docs" / "metrics.md")
    file = next((path for path in files if path.is_file()), None)
    return parse_metrics(file.read_text(encoding="utf-8")) if file else {}


def explain(key: str | None) -> Markup:
    """Return a button that opens what docs/metrics.md says about a figure; nothing without a key or an entry.

    Args:
        key: name of the figure in docs/metrics.md.
    """
    return _explanation(key or "", formats.CURRENCY_CODE.get())


@functools.cache
def _explanation(key: str, currency: str) -> Markup:
    metric = metrics().get(key)
    return render("explain", metric=metric) if metric else Markup()


_TEMPLATES = Environment(
    loader=PackageLoader("revops_dashboards"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, finalize=_visible,
)  # fmt: skip


def _code(text: str | Markup) -> Markup:
    """Return a text as HTML in which what stands between backticks is code; HTML is unchanged."""
    if isinstance(text, Markup):
        return text
    parts = visible(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


_TEMPLATES.filters.update(formats.FORMATS, code=_code)
_TEMPLATES.globals.update(figure=charts.figure, explain=explain)


@dataclass(frozen=True)
class Rendered:
    """A widget as HTML, and the pictures that are in it."""

    html: Markup
    pictures: Sequence[Picture] = ()


def render(template: str, **values: Any) -> Markup:
    """Return a template of this package, filled in.

    Args:
        template: name of the template without its ending.
    """
    return Markup(_TEMPLATES.get_template(f"{template}.html.jinja").render(**values))


@dataclass(frozen=True)
class Links:
    """The addresses that a widget leads to.

    Attributes:
        path: of the page that shows the widget; None in a report, which has no links.
    """

    path: str | None
    choice: Choice

    def here(self, **changes: str | None) -> str:
        """Return the address of this page with another choice."""
        return address(self.path or "", self.choice, **changes)

    def deals(self, **narrowing: str | None) -> str:
        """Return the address of the deal list with the filters of this page and a narrowing."""
        return address(DEALS, filters_only(replace(self.choice, rep=None)), **narrowing)

    def rep(self, rep_id: str) -> str:
        """Return the address of a rep's coaching page.

        Args:
            rep_id: id of the rep.
        """
        return address(COACHING, filters_only(self.choice), rep=rep_id)

    def view(self, listing: Listing, **changes: str | int | None) -> str:
        """Return the address of this page with a table shown in another way.

        Args:
            listing: the table.
        """
        return address(self.path or "", self.choice.with_view(listing.key, **changes))

    def csv(self, listing: Listing) -> str:
        """Return the address of a table's CSV.

        Args:
            listing: the table.
        """
        return address(f"/csv/{listing.name}", self.choice)

    @property
    def values(self) -> dict[str, Any]:
        """The links by the names that templates use."""
        return {
            "link": self.here, "deals_link": self.deals, "rep_link": self.rep, "view_link": self.view,
            "csv_link": self.csv, "is_page": self.path is not None,
        }  # fmt: skip


def render_widget(
    widget: Widget, tables: Tables, choice: Choice, states: States, path: str | None = None, suffix: str = ""
) -> Rendered:
    """Return a widget for a choice.

    Args:
        widget: the widget.
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
        states: dataset → its state.
        path: of the page that its links lead to; None in a report.
        suffix: of its id, where a report has the widget more than once.
    """
    problem: str | None = None
    content: Content | None = None
    body: str | Markup = widget.nothing
    missing: list[Missing] = []
    try:
        missing = missing_facts(widget.needs, tables)
        answer = widget.content(tables, choice)
        if isinstance(answer, str):
            body = answer
        elif answer is not None:
            content = answer
            values = {field.name: getattr(content, field.name) for field in fields(content)}
            body = render(f"widgets/{widget.name}", choice=choice, **Links(path, choice).values, **values)
    except MissingDataset as error:
        problem = f"{error} Build it: `build {error.dataset.rsplit('/', 1)[-1]}`."
    except StoreError as error:
        problem, content = str(error), None
    body = problem or body
    known = [states[name] for name in widget.datasets if name in states]
    unsound = [state for state in known if state.state.value in ("stale", "failed")]
    html = render(
        "widget", widget=widget, place=widget.name + suffix, body=body, problem=problem,
        has_content=content is not None and problem is None, unsound=unsound, missing=missing,
    )  # fmt: skip
    return Rendered(html, content.pictures if content else ())
