"""Questions about a column: where it comes from, what depends on it, and what breaks if it is dropped.

The answers come from the last version of each dataset on the project's branch.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from transforms_api.api.dataset import resolve_name
from transforms_api.catalog import ColumnGraph, Reach
from transforms_api.errors import DiscoveryError, StoreError, TransformsError
from transforms_api.expectations import Expectation, ForeignKey, HasColumns
from transforms_api.porting import contracts_by_dataset
from transforms_api.project import CodeFingerprint, SqlTransform, did_you_mean, file_of_module
from transforms_api.warehouse import ColumnName, Influence, Warehouse, types_of

if TYPE_CHECKING:
    from transforms_api.api.project import Project
    from transforms_api.declare import BoundInput, BoundOutput, Transform
    from transforms_api.expectations import Check
    from transforms_api.warehouse import TableVersion


@dataclass(frozen=True)
class PageReads:
    """The columns that a part of an application's page reads.

    Attributes:
        page: title of the page.
        part: title of the widget, table or filter on it.
        columns: the columns without which its queries fail.
        location: 'file:line' of its code; None if it is not known.
    """

    page: str
    part: str
    columns: frozenset[ColumnName]
    location: str | None = None


PagesFunction: TypeAlias = Callable[[Warehouse], Iterable[PageReads]]
"""Type of the function that `pages` in conf/run.toml names: the warehouse on its branch → what pages read."""


@dataclass(frozen=True)
class TransformUse:
    """A transform that reads a column, or that computes a column which depends on it.

    Attributes:
        reference: module and name of its function, or the path of its SQL file.
        location: 'file:line'.
        datasets: the datasets that it writes.
        reads_it: whether it reads the column itself, by its lineage or by its code.
        lines: 'file:line' of each line of its module that names the column; empty if it does not read the column.
    """

    reference: str
    location: str
    datasets: tuple[str, ...]
    reads_it: bool
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckUse:
    """A check, or a contract, that names a column.

    Attributes:
        column: the column.
        name: name of the check or of the contract.
        kind: 'check' or 'contract'.
        stops: whether a failure stops the job; a contract's do.
        demanded_by: the transform that demands it of its input; None for the one that writes the dataset.
    """

    column: ColumnName
    name: str
    kind: str
    stops: bool = True
    demanded_by: str | None = None


@dataclass(frozen=True)
class PageUse:
    """A part of a page that shows a column or some that depend on it.

    Attributes:
        page: title of the page.
        part: title of the part.
        columns: the column itself, and those that depend on it, that the part reads.
        location: 'file:line' of its code; None if it is not known.
    """

    page: str
    part: str
    columns: tuple[ColumnName, ...]
    location: str | None = None


@dataclass(frozen=True)
class Impact:
    """What depends on a column.

    Attributes:
        column: the column.
        reach: the columns that depend on it.
        writer: 'file:line' of the transform that writes it; None without one.
        transforms: those that read it, and those that write what depends on it, in build order.
        checks: checks and contracts that name it or a column that depends on it.
        pages: parts of pages that read it or a column that depends on it.
        stale: dataset → why its recorded lineage may not be that of the code as it is now.
        notes: why something is not known, such as modules that cannot be imported.
    """

    column: ColumnName
    reach: Reach
    writer: str | None = None
    transforms: tuple[TransformUse, ...] = ()
    checks: tuple[CheckUse, ...] = ()
    pages: tuple[PageUse, ...] = ()
    stale: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class ImpactReader:
    """Finds what depends on columns of a project.

    Args:
        project: the project on its branch.
        graph: the recorded lineage.
        tables: the warehouse whose columns pages read; None: the project's.
    """

    def __init__(self, project: Project, graph: ColumnGraph, tables: Warehouse | None = None) -> None:
        self._project, self._graph, self._tables = project, graph, tables or project.warehouse

    def impact(self, column: ColumnName) -> Impact:
        """Return everything that depends on a column.

        Args:
            column: the column.
        """
        reach, notes = self._graph.reach(column), []
        affected = {column.dataset, *reach.datasets, *reach.unknown}
        impact = Impact(column, reach)
        try:
            writer = self._project.graph.writers.get(column.dataset)
            impact = Impact(
                column,
                reach,
                self._location(writer.location) if writer else None,
                tuple(self._transforms(column, reach)),
                tuple(self._checks({column, *reach.columns})),
                stale=self.stale(affected, readers=True),
            )
        except TransformsError as error:
            notes.append(f"Transforms, checks and contracts are not known: {error}")
        try:
            pages = self.pages_of({column, *reach.columns})
        except TransformsError as error:
            pages = ()
            notes.append(f"Pages are not known: {error}")
        return Impact(**{**vars(impact), "pages": pages, "notes": tuple(notes)})

    def stale(self, datasets: Collection[str], readers: bool = False) -> dict[str, str]:
        """Return dataset → why its recorded lineage may be outdated: its transform is new or has changed.

        Args:
            datasets: the datasets to examine.
            readers: examine what reads them, too.
        """
        reasons: dict[str, str] = {}
        for transform in self._project.graph.order:
            reads = {bound.dataset for bound in transform.bound_inputs}
            for dataset in transform.writes:
                if dataset in datasets or (readers and reads & set(datasets)):
                    reason = self._why_stale(transform, dataset)
                    reasons |= {dataset: reason} if reason else {}
        return reasons

    def pages_of(self, columns: Collection[ColumnName]) -> tuple[PageUse, ...]:
        """Return the parts of pages that read some of these columns.

        Args:
            columns: the columns.

        Raises:
            DiscoveryError: `pages` in conf/run.toml names no function, or the function fails.
        """
        uses = ((part, tuple(sorted(part.columns.intersection(columns)))) for part in self.pages)
        return tuple(
            PageUse(part.page, part.part, read, self._location(part.location) if part.location else None)
            for part, read in uses
            if read
        )

    @cached_property
    def pages(self) -> tuple[PageReads, ...]:
        """What the pages of the project's application read; empty if conf/run.toml names no function for it.

        Raises:
            DiscoveryError: `pages` in conf/run.toml names no function, or the function fails.
        """
        name = self._project.settings.file.pages
        if name is None:
            return ()
        _ = self._project.discovery  # puts the folders of the project on Python's path
        module, _, function = name.partition(":")
        try:
            read: PagesFunction = getattr(importlib.import_module(module), function)
            return tuple(read(self._tables))
        except Exception as error:
            raise DiscoveryError(
                f"conf/run.toml: pages = '{name}' must name a function, as module:function, that returns what pages "
                f"read. {type(error).__name__}: {error}"
            ) from error

    def _why_stale(self, transform: Transform[Any, Any], dataset: str) -> str | None:
        provenance = self._graph.made.get(dataset)
        if provenance is None:
            return "it has not been built"
        if provenance.transform is None:
            return None  # an import: it depends on no code
        if provenance.transform != transform.reference:
            return f"{provenance.transform} wrote it, now {transform.reference} does"
        now = CodeFingerprint(self._project.fingerprints.of(transform).modules)
        return now.difference(CodeFingerprint(CodeFingerprint.from_json(provenance.logic).modules))

    def _transforms(self, column: ColumnName, reach: Reach) -> Iterator[TransformUse]:
        following = {reader.dataset for reader in self._graph.readers(column)}
        affected = {*reach.datasets, *reach.unknown}
        for transform in self._project.graph.order:
            reads = any(bound.dataset == column.dataset for bound in transform.bound_inputs)
            lines = tuple(map(self._location, self._lines(transform, column.column))) if reads else ()
            written = set(transform.writes)
            reads_it = reads and bool(lines or following & written or written & reach.unknown.keys())
            if reads_it or affected & written:
                location = self._location(transform.location)
                yield TransformUse(transform.reference, location, tuple(transform.writes), reads_it, lines)

    def _lines(self, transform: Transform[Any, Any], column: str) -> list[str]:
        module = transform.compute_function.__module__
        beside = {other.compute_function for other in self._project.graph.order} - {transform.compute_function}
        return lines_naming(transform, column, {other.__name__ for other in beside if other.__module__ == module})

    def _checks(self, columns: Collection[ColumnName]) -> Iterator[CheckUse]:
        graph = self._project.graph
        for dataset, contract in contracts_by_dataset(self._project.contracts, graph.order).items():
            names = [ColumnName(dataset, contract_field.name) for contract_field in contract.schema.fields]
            yield from (CheckUse(used, contract.name, "contract") for used in names if used in columns)
        for transform in graph.order:
            datasets = {bound.parameter: bound.dataset for bound in transform.bound_inputs}
            bounds: list[BoundInput | BoundOutput] = [*transform.bound_outputs, *transform.bound_inputs]
            for bound in bounds:
                reader = transform.reference if bound in transform.bound_inputs else None
                for check in bound.checks:
                    for used in sorted(set(_columns_of(check, bound.dataset, datasets)).intersection(columns)):
                        yield CheckUse(used, check.name, "check", check.on_error == "FAIL", reader)

    def _location(self, location: str) -> str:
        """Return 'file:line' relative to the project's folder if the file is in it."""
        file, _, line = location.rpartition(":")
        path, root = Path(file).resolve(), self._project.settings.folder.resolve()
        return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"


def _columns_of(check: Check, dataset: str, inputs: Mapping[str, str]) -> Iterator[ColumnName]:
    """Yield the columns that a check reads; those of a foreign key belong to two datasets."""
    expectation: Expectation = check.expectation
    for leaf in expectation.leaves():
        names = [name for name, _ in leaf.types] if isinstance(leaf, HasColumns) else leaf.columns
        yield from (ColumnName(dataset, name) for name in names)
        if isinstance(leaf, ForeignKey) and leaf.dataset in inputs:
            yield ColumnName(inputs[leaf.dataset], leaf.other)


def lines_naming(transform: Transform[Any, Any], column: str, others: Collection[str] = ()) -> list[str]:
    """Return 'file:line' of each line of a transform's module, or SQL statement, that names a column.

    In Python a column is named by a text that has it as a word, by an attribute or by a keyword; docstrings and
    comments do not count.

    Args:
        transform: the transform.
        column: name of the column.
        others: functions of other transforms in its module, whose lines do not count.
    """
    word = re.compile(rf"(?<!\w){re.escape(column)}(?!\w)")
    if isinstance(transform, SqlTransform):
        first = transform.statement.line
        lines = enumerate(transform.statement.source.splitlines(), first)
        return [f"{transform.file}:{number}" for number, text in lines if word.search(text.partition("--")[0])]
    file = file_of_module(transform.compute_function.__module__)
    if file is None or file.suffix != ".py":
        return []
    tree = ast.parse(file.read_bytes())
    own = [part for part in tree.body if not (isinstance(part, ast.FunctionDef) and part.name in others)]
    return [
        f"{file}:{number}" for number in sorted({line for part in own for line in _lines_naming(part, word, column)})
    ]


def _lines_naming(tree: ast.AST, word: re.Pattern[str], column: str) -> Iterator[int]:
    docstrings = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            before = [node.value[: match.start()].count("\n") for match in word.finditer(node.value)]
            is_multiline = node.end_lineno != node.lineno
            yield from (node.lineno + (lines if is_multiline else 0) for lines in before)
        elif isinstance(node, ast.Attribute) and node.attr == column:
            yield node.end_lineno or node.lineno
        elif isinstance(node, ast.keyword) and node.arg == column:
            yield node.lineno


# Where a column comes from, as a tree


@dataclass(frozen=True)
class ColumnStep:
    """A column on the way from or to the column in question.

    Attributes:
        column: the column.
        influences: how the earlier column of the two affects the later one, sorted by name; empty at the root.
        unknown: why the column may have more sources than `steps`; None if it cannot.
        steps: the next columns; empty for a column whose steps are listed above in the same tree.
        is_repeated: whether its steps are listed above.
    """

    column: ColumnName
    influences: tuple[Influence, ...]
    unknown: str | None
    steps: tuple[ColumnStep, ...]
    is_repeated: bool = False


class LineageReader:
    """The lineage of the datasets of a project's branch.

    Args:
        project: the project on its branch.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def graph(self) -> ColumnGraph:
        """The lineage of the last versions."""
        return ColumnGraph.of_warehouse(self._project.warehouse)

    def column(self, name: str) -> ColumnName:
        """Return the column that `DATASET.COLUMN` names. The dataset may be the last part of its path.

        Args:
            name: as a user types it; names of datasets and columns may have dots.

        Raises:
            UnknownTargetError: there is no such dataset; the text has the nearest.
            StoreError: the dataset has no such column, the text has the nearest; or it was never built.
        """
        dataset, dot, column = name.rpartition(".")
        if not dot or not dataset or not column:
            raise StoreError(f"'{name}' names no column: write DATASET.COLUMN, such as {self._example(name)}.")
        for position in [index for index, letter in enumerate(name) if letter == "." and index][:-1]:
            try:
                path = resolve_name(name[:position], self._project)
                if name[position + 1 :] in _columns(self._version(path)):
                    return ColumnName(path, name[position + 1 :])
            except TransformsError:
                continue
        path = resolve_name(dataset, self._project)
        version = self._version(path)
        columns = _columns(version)
        if column not in columns:
            listed = f"Its columns: {', '.join(columns)}." if columns else "It has files and no columns."
            raise StoreError(
                f"{path} has no column '{column}' in version {version.version}.{did_you_mean(column, columns)} {listed}"
            )
        return ColumnName(path, column)

    def tree(self, column: ColumnName, downstream: bool = False, only_direct: bool = False) -> ColumnStep:
        """Return the columns that a column comes from, or those that depend on it, as a tree.

        Args:
            column: the root.
            downstream: return those that depend on it.
            only_direct: leave out steps that only decide which rows there are, or which value is taken.
        """
        seen = set[ColumnName]()

        def step(column: ColumnName, influences: tuple[Influence, ...]) -> ColumnStep:
            unknown = None if downstream else self.graph.why_unknown(column.dataset, column.column)
            if column in seen:
                return ColumnStep(column, influences, unknown, (), is_repeated=True)
            seen.add(column)
            following = self.graph.readers(column) if downstream else self.graph.sources(column)
            steps = (
                step(other, kinds)
                for other, kinds in following.items()
                if not only_direct or any(kind.is_direct for kind in kinds)
            )
            return ColumnStep(column, influences, unknown, tuple(steps))

        return step(column, ())

    def _example(self, name: str) -> str:
        """Return a column of the dataset of this name, or of any dataset, as a user types it."""
        for path in (name, *self.graph.made):
            try:
                dataset = resolve_name(path, self._project)
                if columns := _columns(self._version(dataset)):
                    return f"{dataset.rpartition('/')[2]}.{columns[0]}"
            except TransformsError:
                continue
        return "deals.amount"

    def _version(self, path: str) -> TableVersion:
        version = self._project.warehouse.latest(path)
        if version is None:
            raise StoreError(
                f"{path} was never built on branch {self._project.warehouse.branch}, and lineage is recorded by a "
                f"build. Build it: `build {path}`."
            )
        return version


def _columns(version: TableVersion) -> list[str]:
    return [] if version.holds_files_only else list(types_of(version.schema))
