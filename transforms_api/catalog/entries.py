"""What the dictionary says of each dataset, gathered from the graph, the contracts and the warehouse.

The columns of a dataset: from its contract, or else from its table, or else from its declared checks.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pyspark.sql import types as T

from transforms_api.builds import DatasetState
from transforms_api.catalog.column_graph import ColumnGraph, ColumnLinks
from transforms_api.declare import Transform
from transforms_api.errors import StoreError
from transforms_api.expectations import AllOf, Check, Expectation, HasColumns, IsIn, NonNull, PrimaryKey
from transforms_api.porting import (
    Contract,
    comment_of,
    contracts_by_dataset,
    most_of,
    null_reason_of,
    parts_of,
    values_of,
)
from transforms_api.project import BuildGraph, SqlTransform
from transforms_api.warehouse import ColumnName, Warehouse

NEVER = "never"
"""When a column that has a value in every row is null."""


@dataclass(frozen=True)
class Column:
    """One column, or a part of one.

    Attributes:
        path: its name; of a part of a struct after the column's, with dots.
        depth: 0 for a column, 1 for a part of it, and so on.
        type: Spark's name; empty where nothing says it.
        comment: what it is, with its unit.
        values: its enumeration; empty where any value is one.
        most: how many elements an array has at most, None where that is open.
        null: when it is null: 'never', the reason, or empty where nothing says it.
    """

    path: str
    depth: int
    type: str
    comment: str = ""
    values: tuple[str, ...] = ()
    most: int | None = None
    null: str = ""


def of_contract(schema: T.StructType) -> tuple[Column, ...]:
    """Return the columns of a contract.

    Args:
        schema: schema of the contract.
    """
    return tuple(column for field in schema.fields for column in _of_field(field, "", 0, is_promised=True))


def of_table(schema: T.StructType, checks: Iterable[Check]) -> tuple[Column, ...]:
    """Return the columns of a table.

    Args:
        schema: schema of the table.
        checks: FAIL checks, which add what they guarantee of a column.
    """
    columns = [column for field in schema.fields for column in _of_field(field, "", 0, is_promised=False)]
    return _with_promises(columns, checks)


def of_checks(checks: Iterable[Check]) -> tuple[Column, ...]:
    """Return the columns that checks name, those of schema checks first.

    Args:
        checks: FAIL checks.
    """
    expectations = list(_expectations_of(checks))
    types: dict[str, str] = {}
    for expected in expectations:
        if isinstance(expected, HasColumns):
            types |= {name: data_type or types.get(name, "") for name, data_type in expected.types}
    named = [*types, *(name for expected in expectations for name in expected.columns)]
    columns = [Column(name, 0, types.get(name, "")) for name in dict.fromkeys(named)]
    return _with_promises(columns, checks)


def key_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the primary key that a check requires; empty without such a check.

    Args:
        checks: FAIL checks.
    """
    return next((expected.by for expected in _expectations_of(checks) if isinstance(expected, PrimaryKey)), ())


def _of_field(field: T.StructField, outer: str, depth: int, is_promised: bool) -> Iterator[Column]:
    path = f"{outer}{field.name}"
    null = (null_reason_of(field) or NEVER) if is_promised else ""
    values = tuple(map(str, values_of(field)))
    yield Column(path, depth, _type_name(field.dataType), comment_of(field), values, most_of(field), null)
    for part in parts_of(field.dataType):
        yield from _of_field(part, f"{path}.", depth + 1, is_promised)


def _type_name(data_type: T.DataType) -> str:
    """Return Spark's name of a type, without the parts of a struct, which are columns of their own."""
    if isinstance(data_type, T.ArrayType):
        return f"array<{_type_name(data_type.elementType)}>"
    return "struct" if isinstance(data_type, T.StructType) else data_type.simpleString()


def _with_promises(columns: Iterable[Column], checks: Iterable[Check]) -> tuple[Column, ...]:
    expectations = list(_expectations_of(check for check in checks if check.on_error == "FAIL"))
    never = {expected.column for expected in expectations if isinstance(expected, NonNull)}
    never |= {name for expected in expectations if isinstance(expected, PrimaryKey) for name in expected.by}
    values = {expected.column: expected.values for expected in expectations if isinstance(expected, IsIn)}
    return tuple(
        replace(
            column,
            null=NEVER if column.path in never else column.null,
            values=tuple(str(value) for value in values.get(column.path, column.values) if value is not None),
        )
        for column in columns
    )


def _expectations_of(checks: Iterable[Check]) -> Iterator[Expectation]:
    """Yield the expectations of checks, and the parts of those that require all of their parts."""
    waiting = [check.expectation for check in checks]
    while waiting:
        expectation = waiting.pop(0)
        if isinstance(expectation, AllOf):
            waiting[:0] = expectation.parts
        else:
            yield expectation


@dataclass(frozen=True)
class CheckLine:
    """A check that a dataset is held to.

    Attributes:
        stops: it stops the job; otherwise it is only recorded.
        required_by: the transform that reads the dataset and requires it; None if the writer of the dataset does.
        outcome: 'holds', what is wrong in the last version, or empty if it has not been evaluated.
    """

    name: str
    description: str
    stops: bool
    required_by: str | None
    outcome: str


@dataclass(frozen=True)
class Entry:
    """A dataset in the dictionary.

    Attributes:
        about: what it is, in paragraphs.
        location: 'file:line' of its transform, relative to the project's folder if it lies there.
        columns_from: where the columns are known from.
        used_by: datasets that are made from it.
        beside: further datasets of the same transform.
        before: datasets that its sources are made from, directly or not, without these.
        after: the same of those that use it.
        sql: the statement of the SQL file that makes it; None where Python does.
        links: column → where it comes from and what it feeds, of the columns about which anything is known.
    """

    state: DatasetState
    about: tuple[str, ...]
    location: str | None
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
    sql: str | None = None
    links: Mapping[str, ColumnLinks] = field(default_factory=dict)


def collect_entries(
    graph: BuildGraph,
    states: Mapping[str, DatasetState],
    contracts: Sequence[Contract],
    warehouse: Warehouse,
    folder: Path,
    lineage: ColumnGraph | None = None,
    pages: Mapping[ColumnName, Sequence[str]] | None = None,
) -> dict[str, Entry]:
    """Return one entry per dataset, in the order of `states`.

    Args:
        graph: graph of the project.
        states: result of `dataset_states`.
        contracts: dataset path → contract.
        warehouse: warehouse of the project.
        folder: folder of the project; source locations are relative to it.
        lineage: the recorded lineage of the columns; None: the dictionary has none.
        pages: column → the parts of pages that read it.
    """
    of_dataset = contracts_by_dataset(contracts, graph.order)
    sources = {dataset: state.sources for dataset, state in states.items()}
    readers = _turned(sources)
    reader_checks = _reader_checks(graph)
    entries = {
        dataset: _entry(
            state,
            graph.writers.get(dataset),
            of_dataset.get(dataset),
            reader_checks.get(dataset, ()),
            _schema(state, warehouse),
            (sources, readers),
            folder,
        )
        for dataset, state in states.items()
    }
    if lineage is None:
        return entries
    return {dataset: replace(entry, links=_links(entry, lineage, pages or {})) for dataset, entry in entries.items()}


def _links(entry: Entry, lineage: ColumnGraph, pages: Mapping[ColumnName, Sequence[str]]) -> dict[str, ColumnLinks]:
    names = [ColumnName(entry.state.dataset, column.path) for column in entry.columns if column.depth == 0]
    links = {name.column: lineage.links(name, pages.get(name, ())) for name in names}
    return {column: link for column, link in links.items() if link is not None}


def _entry(
    state: DatasetState,
    writer: Transform[Any, Any] | None,
    contract: Contract | None,
    reader_checks: Sequence[tuple[Check, str]],
    schema: T.StructType | None,
    edges: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]],
    folder: Path,
) -> Entry:
    dataset, (sources, readers) = state.dataset, edges
    outputs = [bound for bound in (writer.bound_outputs if writer else ()) if bound.dataset == dataset]
    promised = [check for spec in outputs for check in spec.checks]
    columns, columns_from = _columns(contract, schema, [*promised, *(check for check, _ in reader_checks)])
    descriptions = [spec.description for spec in outputs if spec.description]
    return Entry(
        state=state,
        about=tuple([*descriptions, *_docstrings(writer)]),
        location=_relative_location(state.location, folder),
        contract=contract.name if contract else None,
        grain=contract.grain if contract else None,
        key=tuple(contract.primary_key) if contract else key_of(promised),
        columns=columns,
        columns_from=columns_from,
        checks=_check_lines(promised, reader_checks, state),
        used_by=tuple(readers[dataset]),
        beside=tuple(other for other in (writer.writes if writer else ()) if other != dataset),
        before=_beyond(dataset, sources),
        after=_beyond(dataset, readers),
        sql=writer.statement.source if isinstance(writer, SqlTransform) else None,
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
    """Return the schema of a dataset's last version; None if it has no version, or files instead of rows."""
    if state.rows is None:
        return None
    try:
        latest = warehouse.latest(state.dataset, state.branch)
        return T.StructType.fromJson(json.loads(latest.schema)) if latest else None
    except StoreError:
        return None


def _docstrings(writer: Transform[Any, Any] | None) -> list[str]:
    """Return the paragraphs of the docstrings of a transform's module and of its function."""
    if writer is None or isinstance(writer, SqlTransform):  # its comment is its output's description
        return []
    function = writer.compute_function
    texts = [getattr(function, "__globals__", {}).get("__doc__"), function.__doc__]
    return [paragraph for text in texts if isinstance(text, str) for paragraph in _paragraphs(text)]


def _paragraphs(text: str) -> list[str]:
    return [paragraph.strip("\n") for paragraph in inspect.cleandoc(text).split("\n\n") if paragraph.strip()]


def _relative_location(location: str | None, folder: Path) -> str | None:
    if location is None:
        return None
    file, _, line = location.rpartition(":")
    path, root = Path(file).resolve(), folder.resolve()
    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"


def _check_lines(
    promised: Iterable[Check], reader_checks: Iterable[tuple[Check, str]], state: DatasetState
) -> tuple[CheckLine, ...]:
    outcomes = {result.name: result.problem or "holds" for result in state.checks}
    own = [_check_line(check, None, outcomes.get(check.name, "")) for check in promised]
    return (*own, *(_check_line(check, reader, "") for check, reader in reader_checks))


def _check_line(check: Check, reader: str | None, outcome: str) -> CheckLine:
    return CheckLine(check.name, check.description or "", check.on_error == "FAIL", reader, outcome)


def _reader_checks(graph: BuildGraph) -> dict[str, list[tuple[Check, str]]]:
    """Return dataset → the checks that its readers require, each with the reader."""
    checks: dict[str, list[tuple[Check, str]]] = {}
    for transform in graph.order:
        for bound in transform.bound_inputs:
            checks.setdefault(bound.dataset, []).extend((check, transform.reference) for check in bound.checks)
    return checks


def _turned(sources: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {dataset: [] for dataset in sources}
    for dataset, inputs in sources.items():
        for source in dict.fromkeys(inputs):
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
