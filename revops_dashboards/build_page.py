"""The page about the build: its graph by state, and of the chosen dataset all that is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from revops_dashboards.build_state import BuildState
from revops_dashboards.filters import Choice
from revops_dashboards.render import address, render
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError
from transforms_api.store.history import read_history

if TYPE_CHECKING:  # it imports Spark, and the server need not wait for that
    from transforms_api.build.states import DatasetState

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
    from transforms_api.pictures.svg import svg_picture

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
    found: dict[str, Any] = {"columns": [], "history": [], "sample": [], "problem": None}
    try:
        version = tables.warehouse.latest(state.dataset)
        if version is not None:
            found["columns"] = json.loads(version.schema)["fields"]
            found["history"] = read_history(version, VERSIONS)
            rows = [] if version.holds_files_only else tables.query(f"FROM rows LIMIT {SAMPLE}", rows=state.dataset)
            found["sample"] = [{name: _text(value) for name, value in row.items()} for row in rows]
    except StoreError as error:
        found["problem"] = str(error)
    contract = build.contracts.get(state.dataset)
    promised = {field.name: field.metadata for field in contract.schema.fields} if contract else {}
    found["columns"] = [_column(column, promised.get(column["name"], {})) for column in found["columns"]]
    downstream = [name for name, other in build.states.items() if state.dataset in other.sources]
    return {**found, "contract": contract, "downstream": downstream}


def _column(column: Mapping[str, Any], promised: Mapping[str, Any]) -> dict[str, Any]:
    kind = column["type"]
    return {
        "name": column["name"],
        "type": kind if isinstance(kind, str) else kind["type"],
        "comment": promised.get("comment", ""),
        "values": promised.get("values", []),
        "null_reason": promised.get("null_reason"),
    }


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
