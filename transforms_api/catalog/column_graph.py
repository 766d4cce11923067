"""The recorded lineage as a graph: which columns a column comes from, and which ones depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from transforms_api.warehouse import ColumnLineage, ColumnName, Influence, Provenance, Warehouse, list_branches

Edges: TypeAlias = Mapping[ColumnName, tuple[Influence, ...]]
"""Column → how it affects, or is affected by, the column at the other end."""

_REBUILD = "Build it with `build {0} --force` to record its lineage."
_LISTED = 5
"""Columns that a reason lists."""


@dataclass(frozen=True)
class Reach:
    """The columns that depend on one or more columns, in any number of steps.

    Attributes:
        direct: those whose values come from it: copied, computed or aggregated in each step.
        indirect: the others: it decides which rows there are, or which of several values is taken.
        unknown: dataset → why its lineage is not known, of those that read an affected dataset and may depend on it.
    """

    direct: tuple[ColumnName, ...]
    indirect: tuple[ColumnName, ...]
    unknown: Mapping[str, str]

    @property
    def columns(self) -> tuple[ColumnName, ...]:
        """All of them, sorted."""
        return tuple(sorted((*self.direct, *self.indirect)))

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of the columns, sorted."""
        return tuple(sorted({column.dataset for column in (*self.direct, *self.indirect)}))


@dataclass(frozen=True)
class Link:
    """A column one step away, as the data dictionary shows it.

    Attributes:
        column: the column.
        kinds: how one affects the other, such as 'aggregation'.
    """

    column: ColumnName
    kinds: str


@dataclass(frozen=True)
class ColumnLinks:
    """Where a column comes from and what it feeds, in one step; each part by dataset.

    Attributes:
        sources: the columns from which its value is copied, computed or aggregated.
        deciders: the columns that affect it otherwise.
        feeds: the columns that are copied, computed or aggregated from it.
        affects: the columns that it affects otherwise.
        unknown: why it may have more sources; None if it cannot.
        pages: the parts of pages that read it, such as 'Deals: Filters'.
    """

    sources: Mapping[str, tuple[Link, ...]]
    deciders: Mapping[str, tuple[Link, ...]]
    feeds: Mapping[str, tuple[Link, ...]]
    affects: Mapping[str, tuple[Link, ...]]
    unknown: str | None = None
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnGraph:
    """The lineage of the columns of several datasets, from the provenance of one version of each.

    Attributes:
        made: dataset → provenance of its version.
    """

    made: Mapping[str, Provenance]

    @classmethod
    def of_warehouse(cls, warehouse: Warehouse) -> ColumnGraph:
        """Return the graph of the last versions on the warehouse's branch, and on those that it falls back to.

        Args:
            warehouse: the warehouse on its branch.
        """
        own = (warehouse.branch, *warehouse.fallback_branches)
        paths = {path for branch in list_branches(warehouse.root) if branch.name in own for path in branch.tables}
        changes = {path: warehouse.last_change(path) for path in sorted(paths)}
        return cls({path: change.provenance for path, change in changes.items() if change and change.provenance})

    def lineage(self, dataset: str) -> ColumnLineage | None:
        """Return the recorded lineage of a dataset; None if there is none."""
        made = self.made.get(dataset)
        return made.columns if made else None

    def sources(self, column: ColumnName) -> Edges:
        """Return the input columns that a column comes from, in one step.

        Args:
            column: the column.
        """
        return self._sources.get(column, {})

    def readers(self, column: ColumnName) -> Edges:
        """Return the columns that depend on a column, in one step.

        Args:
            column: the column.
        """
        return self._readers.get(column, {})

    def links(self, column: ColumnName, pages: Sequence[str] = ()) -> ColumnLinks | None:
        """Return where a column comes from and what it feeds; None if nothing is recorded about it.

        Args:
            column: the column.
            pages: the parts of pages that read it.
        """
        sources, readers = self.sources(column), self.readers(column)
        unknown = self.why_unknown(column.dataset, column.column)
        if not (sources or readers or unknown or pages):
            return None
        return ColumnLinks(
            _by_dataset(sources, is_direct=True),
            _by_dataset(sources, is_direct=False),
            _by_dataset(readers, is_direct=True),
            _by_dataset(readers, is_direct=False),
            unknown,
            tuple(pages),
        )

    def reach(self, *columns: ColumnName) -> Reach:
        """Return everything that depends on some columns.

        Args:
            columns: the columns; they are not part of the result.
        """
        every = self._beyond(columns, only_direct=False)
        direct = self._beyond(columns, only_direct=True)
        affected = {column.dataset for column in (*columns, *every)}
        unknown: dict[str, str] = {}
        while incomplete := {
            path: reason
            for path, made in self.made.items()
            if path not in unknown and affected & made.inputs.keys() and (reason := self.why_unknown(path))
        }:
            unknown |= incomplete
            affected |= incomplete.keys()
        return Reach(tuple(sorted(direct)), tuple(sorted(every - direct)), unknown)

    def why_unknown(self, dataset: str, column: str | None = None) -> str | None:
        """Return why the lineage of a dataset, or of one of its columns, is not completely known; None if it is.

        Args:
            dataset: path of the dataset.
            column: one of its columns; None: any.
        """
        made = self.made.get(dataset)
        if made is None or made.transform is None or not made.inputs:
            return None  # an import, or a transform without inputs
        lineage = made.columns
        if lineage is None:
            return f"{dataset} was built before lineage was recorded. {_REBUILD.format(dataset)}"
        if lineage.reason is not None:
            return f"{dataset}: {lineage.reason}"
        incomplete = lineage.unknown if column is None else [name for name in lineage.unknown if name == column]
        if incomplete:
            listed = ", ".join(incomplete[:_LISTED]) + (", …" if len(incomplete) > _LISTED else "")
            return f"{dataset}: {listed} may come from more columns, such as those of a checkpoint or of Python rows"
        return None

    def _beyond(self, columns: Iterable[ColumnName], only_direct: bool) -> set[ColumnName]:
        waiting = list(columns)
        seen = set(waiting)
        while waiting:
            for column, kinds in self.readers(waiting.pop()).items():
                if column not in seen and (not only_direct or any(kind.is_direct for kind in kinds)):
                    seen.add(column)
                    waiting.append(column)
        return seen.difference(columns)

    @cached_property
    def _sources(self) -> dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]]:
        sources: dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]] = {}
        for dataset in self.made:
            lineage = self.lineage(dataset)
            for name in lineage.columns if lineage else ():
                kinds: dict[ColumnName, set[Influence]] = {}
                for source, kind in lineage.of_column(name) if lineage else ():
                    kinds.setdefault(source, set()).add(kind)
                column = ColumnName(dataset, name)
                sources[column] = {source: tuple(sorted(kinds[source])) for source in sorted(kinds)}
        return sources

    @cached_property
    def _readers(self) -> dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]]:
        readers: dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]] = {}
        for column, sources in self._sources.items():
            for source, kinds in sources.items():
                readers.setdefault(source, {})[column] = kinds
        return {source: dict(sorted(edges.items())) for source, edges in readers.items()}


def _by_dataset(edges: Edges, is_direct: bool) -> dict[str, tuple[Link, ...]]:
    """Return dataset → links to its columns, of the direct or of the other edges."""
    links: dict[str, tuple[Link, ...]] = {}
    for column, kinds in edges.items():
        if any(kind.is_direct for kind in kinds) is is_direct:
            names = ", ".join(kind.value.lower().replace("_", " ") for kind in kinds if kind.is_direct is is_direct)
            links[column.dataset] = (*links.get(column.dataset, ()), Link(column, names))
    return links
