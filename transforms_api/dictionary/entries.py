"""What the dictionary says of each dataset, gathered from the graph, the contracts and the warehouse."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import types as T

from transforms_api.build.states import DatasetState
from transforms_api.checks.check import Check
from transforms_api.contracts.contract import Contract, contracts_by_dataset
from transforms_api.declare.transform import Transform
from transforms_api.dictionary.columns import Column, key_of, of_checks, of_contract, of_table
from transforms_api.errors import StoreError
from transforms_api.graph.build_graph import BuildGraph
from transforms_api.store.warehouse import Warehouse


@dataclass(frozen=True)
class CheckLine:
    """A check that a dataset is held to.

    Attributes:
        stops: it stops the job; otherwise it is only recorded.
        demanded_by: the transform that demands it of what it reads; None for the one that writes the dataset.
        outcome: 'holds', what is wrong in the last version, or empty where it has not been evaluated.
    """

    name: str
    description: str
    stops: bool
    demanded_by: str | None
    outcome: str


@dataclass(frozen=True)
class Entry:
    """A dataset in the dictionary.

    Attributes:
        about: what it is, in paragraphs.
        place: 'file:line' of its transform, in the project's folder where it is there.
        columns_from: where the columns are known from.
        used_by: datasets that are made from it.
        beside: further datasets of the same transform.
        before: datasets that its sources are made from, directly or not, without these.
        after: the same of those that use it.
    """

    state: DatasetState
    about: tuple[str, ...]
    place: str | None
    contract: str | None
    grain: str | None
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    columns_from: str
    checks: tuple[CheckLine, ...]
    used_by: tuple[str, ...]
    beside: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def collect_entries(
    graph: BuildGraph,
    states: Mapping[str, DatasetState],
    contracts: Sequence[Contract],
    warehouse: Warehouse,
    folder: Path,
) -> dict[str, Entry]:
    """Return the entry of every dataset, in the order of `states`.

    Args:
        states: what `dataset_states` returns.
        folder: the project's, which places are told from.
    """
    of_dataset = contracts_by_dataset(contracts, graph.order)
    sources = {dataset: state.sources for dataset, state in states.items()}
    readers = _turned(sources)
    demands = _demands(graph)
    return {
        dataset: _entry(
            state,
            graph.writers.get(dataset),
            of_dataset.get(dataset),
            demands.get(dataset, ()),
            _schema(state, warehouse),
            (sources, readers),
            folder,
        )
        for dataset, state in states.items()
    }


def _entry(
    state: DatasetState,
    writer: Transform[Any, Any] | None,
    contract: Contract | None,
    demands: Sequence[tuple[Check, str]],
    schema: T.StructType | None,
    edges: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]],
    folder: Path,
) -> Entry:
    dataset, (sources, readers) = state.dataset, edges
    outputs = [spec for spec in (writer.written_specs if writer else ()) if spec.alias == dataset]
    promised = [check for spec in outputs for check in spec.checks]
    columns, columns_from = _columns(contract, schema, [*promised, *(check for check, _ in demands)])
    descriptions = [spec.description for spec in outputs if spec.description]
    return Entry(
        state=state,
        about=tuple([*descriptions, *_docstrings(writer)]),
        place=_place(state.location, folder),
        contract=contract.name if contract else None,
        grain=contract.grain if contract else None,
        key=tuple(contract.primary_key) if contract else key_of(promised),
        columns=columns,
        columns_from=columns_from,
        checks=_check_lines(promised, demands, state),
        used_by=tuple(readers[dataset]),
        beside=tuple(other for other in (writer.writes if writer else ()) if other != dataset),
        before=_beyond(dataset, sources),
        after=_beyond(dataset, readers),
    )


def _columns(
    contract: Contract | None, schema: T.StructType | None, checks: Sequence[Check]
) -> tuple[tuple[Column, ...], str]:
    if contract is not None:
        return of_contract(contract.schema), "its contract"
    if schema is not None:
        return of_table(schema, checks), "its table"
    return of_checks(checks), "its declared checks"


def _schema(state: DatasetState, warehouse: Warehouse) -> T.StructType | None:
    """Return the schema of a dataset's last version; None where it has none, or files in place of rows."""
    if state.rows is None:
        return None
    try:
        latest = warehouse.latest(state.dataset, state.branch)
        return T.StructType.fromJson(json.loads(latest.schema)) if latest else None
    except StoreError:
        return None


def _docstrings(writer: Transform[Any, Any] | None) -> list[str]:
    """Return the paragraphs of the docstrings of a transform's module and of its function."""
    if writer is None:
        return []
    function = writer.compute_function
    texts = [getattr(function, "__globals__", {}).get("__doc__"), function.__doc__]
    return [paragraph for text in texts if isinstance(text, str) for paragraph in _paragraphs(text)]


def _paragraphs(text: str) -> list[str]:
    return [paragraph.strip("\n") for paragraph in inspect.cleandoc(text).split("\n\n") if paragraph.strip()]


def _place(location: str | None, folder: Path) -> str | None:
    if location is None:
        return None
    file, _, line = location.rpartition(":")
    path, root = Path(file).resolve(), folder.resolve()
    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"


def _check_lines(
    promised: Iterable[Check], demands: Iterable[tuple[Check, str]], state: DatasetState
) -> tuple[CheckLine, ...]:
    outcomes = {result.name: result.problem or "holds" for result in state.checks}
    own = [
        CheckLine(one.name, one.description or "", one.on_error == "FAIL", None, outcomes.get(one.name, ""))
        for one in promised
    ]
    others = [CheckLine(one.name, one.description or "", one.on_error == "FAIL", reader, "") for one, reader in demands]
    return (*own, *others)


def _demands(graph: BuildGraph) -> dict[str, list[tuple[Check, str]]]:
    """Return the checks that transforms demand of the datasets which they read."""
    found: dict[str, list[tuple[Check, str]]] = {}
    for transform in graph.order:
        for spec in transform.read_specs:
            found.setdefault(str(spec.alias), []).extend((check, transform.reference) for check in spec.checks)
    return found


def _turned(sources: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {dataset: [] for dataset in sources}
    for dataset, found in sources.items():
        for source in dict.fromkeys(found):
            readers.setdefault(source, []).append(dataset)
    return readers


def _beyond(dataset: str, edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return what is reached from a dataset by two or more edges and not by one, in the order of `edges`."""
    near = {dataset, *edges[dataset]}
    seen, waiting = set(near), list(edges[dataset])
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return tuple(other for other in edges if other in seen - near)
