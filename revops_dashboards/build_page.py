"""The page of the build: the graph with the state of every dataset, and the details of the chosen dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from revops_dashboards.build_state import BuildState
from revops_dashboards.filters import Choice, address
from revops_dashboards.render import render
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError
from transforms_api.warehouse import HistoryEntry, read_history, type_word, types_of

if TYPE_CHECKING:  # they import Spark, and the server need not wait for that
    from transforms_api.builds import DatasetState
    from transforms_api.porting import Contract

PATH = "/build"
SAMPLE, VERSIONS = 10, 10
"""Rows and versions of a dataset that are shown."""
LONGEST = 120
"""Characters of a value that are shown."""


def build_page(tables: Tables, choice: Choice, build: BuildState) -> Markup:
    """Return the page's body; it has no graph until the state of the project has been read.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
        build: the state of the project's datasets.
    """
    states = build.states
    if not states:
        return render("build", build=build, choice=choice, graph=None, detail=None, path=PATH)
    from transforms_api.catalog import svg_picture

    def link(dataset: str) -> str:
        return f"{address(PATH, choice, dataset=dataset)}#detail"

    graph = Markup(svg_picture(states, link))
    chosen = states.get(choice.dataset or "")
    detail = chosen and render("dataset", state=chosen, link=link, **vars(read_details(tables, chosen, build)))
    return render("build", build=build, choice=choice, graph=graph, detail=detail, path=PATH)


@dataclass(frozen=True)
class ColumnDetails:
    """A column of a dataset; comment, values and null_reason are those of its contract.

    Attributes:
        name: name of the column.
        type: its type in a word.
        comment: description of the column; '' without one.
        values: the allowed values; empty if all are allowed.
        null_reason: meaning of a null; None if the contract states none.
    """

    name: str
    type: str
    comment: str = ""
    values: Sequence[Any] = ()
    null_reason: str | None = None


@dataclass(frozen=True)
class DatasetDetails:
    """Content of the page about a dataset, beside its state.

    Attributes:
        columns: the columns of the last version.
        contract: its contract; None without one.
        downstream: the datasets that are made from it.
        history: its last versions, the newest first.
        sample: some rows, with their values as texts.
        problem: why the dataset cannot be read; None if it can.
    """

    columns: Sequence[ColumnDetails]
    contract: Contract | None
    downstream: Sequence[str]
    history: Sequence[HistoryEntry] = ()
    sample: Sequence[Mapping[str, str]] = ()
    problem: str | None = None


def read_details(tables: Tables, state: DatasetState, build: BuildState) -> DatasetDetails:
    """Return the details of a dataset; if it cannot be read, with the problem and what is known without its rows.

    Args:
        tables: the datasets of the branch.
        state: the state of the dataset.
        build: the state of the project.
    """
    types: dict[str, Any] = {}
    history: Sequence[HistoryEntry] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    problem = None
    try:
        version = tables.warehouse.latest(state.dataset)
        if version is not None:
            types = types_of(version.schema)
            history = read_history(version, VERSIONS)
            rows = [] if version.holds_files_only else tables.query(f"FROM rows LIMIT {SAMPLE}", rows=state.dataset)
    except StoreError as error:
        problem = str(error)
    contract = build.contracts.get(state.dataset)
    fields = {field.name: field for field in contract.schema.fields} if contract else {}
    return DatasetDetails(
        [_column(name, data_type, fields.get(name)) for name, data_type in types.items()],
        contract,
        [name for name, other in build.states.items() if state.dataset in other.sources],
        history,
        [{name: _text(value) for name, value in row.items()} for row in rows],
        problem,
    )


def _column(name: str, data_type: Any, field: Any) -> ColumnDetails:
    """Return the details of a column; `field` is the StructField of its contract, None without one."""
    from transforms_api.porting import comment_of, null_reason_of, values_of

    if field is None:
        return ColumnDetails(name, type_word(data_type))
    return ColumnDetails(name, type_word(data_type), comment_of(field), values_of(field), null_reason_of(field))


def _text(value: Any) -> str:
    if isinstance(value, float):
        text = f"{round(value, 2):,}" if abs(value) >= 1_000 else f"{value:.6g}"
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
