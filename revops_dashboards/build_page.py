"""The page about the build: its graph by state, and of the chosen dataset all that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from revops_dashboards.build_state import BuildState
from revops_dashboards.filters import Choice, address
from revops_dashboards.render import render
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError
from transforms_api.warehouse import read_history, type_word, types_of

if TYPE_CHECKING:  # it imports Spark, and the server need not wait for that
    from transforms_api.builds import DatasetState

PATH = "/build"
SAMPLE, VERSIONS = 10, 10
"""Rows and versions of a dataset that are shown."""
LONGEST = 120
"""Characters of a value that are shown."""


def build_page(tables: Tables, choice: Choice, build: BuildState) -> Markup:
    """Return the page's body; the graph is drawn as soon as someone has looked at the project."""
    states = build.states
    if not states:
        return render("build", build=build, choice=choice, graph=None, detail=None, path=PATH)
    from transforms_api.catalog import svg_picture

    def link(dataset: str) -> str:
        return f"{address(PATH, choice, dataset=dataset)}#detail"

    graph = Markup(svg_picture(states, link))
    chosen = states.get(choice.dataset or "")
    detail = chosen and render("dataset", state=chosen, link=link, **details(tables, chosen, build))
    return render("build", build=build, choice=choice, graph=graph, detail=detail, path=PATH)


def details(tables: Tables, state: DatasetState, build: BuildState) -> dict[str, Any]:
    """Return what a dataset's part of the page says beside its state.

    Returns:
        columns: name, type and, of a contract's fields, comment, values and null_reason.
        contract: with grain and primary_key; None where it has none.
        downstream: the datasets that are made from it.
        history: its last versions, as `read_history`; sample: rows as texts; problem: why they could not be read.
    """
    found: dict[str, Any] = {"history": [], "sample": [], "problem": None}
    types: dict[str, Any] = {}
    try:
        version = tables.warehouse.latest(state.dataset)
        if version is not None:
            types = types_of(version.schema)
            found["history"] = read_history(version, VERSIONS)
            rows = [] if version.holds_files_only else tables.query(f"FROM rows LIMIT {SAMPLE}", rows=state.dataset)
            found["sample"] = [{name: _text(value) for name, value in row.items()} for row in rows]
    except StoreError as error:
        found["problem"] = str(error)
    contract = build.contracts.get(state.dataset)
    promised = {field.name: field for field in contract.schema.fields} if contract else {}
    columns = [_column(name, data_type, promised.get(name)) for name, data_type in types.items()]
    downstream = [name for name, other in build.states.items() if state.dataset in other.sources]
    return {**found, "columns": columns, "contract": contract, "downstream": downstream}


def _column(name: str, data_type: Any, promised: Any) -> dict[str, Any]:
    """Return what the page says of a column; `promised` is the field of the dataset's contract, None without one."""
    from transforms_api.porting import comment_of, null_reason_of, values_of

    return {
        "name": name,
        "type": type_word(data_type),
        "comment": comment_of(promised) if promised else "",
        "values": values_of(promised) if promised else [],
        "null_reason": null_reason_of(promised) if promised else None,
    }


def _text(value: Any) -> str:
    if isinstance(value, float):
        text = f"{round(value, 2):,}" if abs(value) >= 1_000 else f"{value:.6g}"
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
