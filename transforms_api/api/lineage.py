"""Questions about column lineage: which columns a column comes from, and which ones depend on it.

The answers come from the last version of each dataset on the project's branch; nothing is imported or started.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms_api.api.dataset import resolve_name
from transforms_api.errors import StoreError, TransformsError
from transforms_api.project import did_you_mean
from transforms_api.warehouse import ColumnLineage, ColumnName, Influence

if TYPE_CHECKING:
    from transforms_api.api.project import Project
    from transforms_api.warehouse import TableVersion

_REBUILD = "Build it with `build {0} --force` to record its lineage."


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

    def columns(self) -> Iterator[ColumnName]:
        """Yield every column below this one, each once."""
        seen: dict[ColumnName, None] = {}
        waiting = list(self.steps)
        while waiting:
            step = waiting.pop(0)
            seen.setdefault(step.column)
            waiting.extend(step.steps)
        yield from seen


@dataclass(frozen=True)
class Impact:
    """What depends on a column.

    Attributes:
        column: the column.
        columns: every column that it affects, directly or indirectly, in any number of steps.
        datasets: the datasets of these columns.
        unknown: dataset → why its lineage is not known, of those that read an affected dataset and may depend on it.
    """

    column: ColumnName
    columns: tuple[ColumnName, ...]
    datasets: tuple[str, ...]
    unknown: Mapping[str, str]


class LineageReader:
    """The lineage of the datasets of a project's branch.

    Args:
        project: the project on its branch.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        own = (project.warehouse.branch, *project.warehouse.fallback_branches)
        paths = {path for branch in project.branches() if branch.name in own for path in branch.tables}
        changes = {path: project.warehouse.last_change(path) for path in sorted(paths)}
        self._made = {path: change.provenance for path, change in changes.items() if change and change.provenance}

    def column(self, name: str) -> ColumnName:
        """Return the column that `DATASET.COLUMN` names. The dataset may be the last part of its path.

        Args:
            name: as a user types it.

        Raises:
            StoreError: there is no dataset or column of this name, the text has the nearest; or it was never built.
        """
        dataset, dot, column = name.rpartition(".")
        if not dot or not dataset or not column:
            raise StoreError(f"'{name}' names no column: write DATASET.COLUMN, such as deal_health_scores.deal_id.")
        for position in [place for place, letter in enumerate(name) if letter == "." and place][:-1]:
            try:  # names of columns may have dots
                path = resolve_name(name[:position], self._project)
                if name[position + 1 :] in _columns(self._version(path)):
                    return ColumnName(path, name[position + 1 :])
            except TransformsError:
                continue
        path = resolve_name(dataset, self._project)
        columns = _columns(self._version(path))
        if column not in columns:
            raise StoreError(
                f"{path} has no column '{column}'.{did_you_mean(column, columns)} Its columns: {', '.join(columns)}."
            )
        return ColumnName(path, column)

    def tree(self, column: ColumnName, downstream: bool) -> ColumnStep:
        """Return the columns that a column comes from, or those that depend on it, as a tree.

        Args:
            column: the root.
            downstream: return those that depend on it.
        """
        edges = self._readers() if downstream else None
        return self._step(column, (), edges, set())

    def impact(self, column: ColumnName) -> Impact:
        """Return everything that depends on a column.

        Args:
            column: the column.
        """
        reached = tuple(sorted(set(self.tree(column, downstream=True).columns()) - {column}))
        datasets = tuple(dict.fromkeys(one.dataset for one in reached))
        affected = {column.dataset, *datasets}
        unknown: dict[str, str] = {}
        while found := {
            path: reason
            for path, made in self._made.items()
            if path not in unknown and affected & made.inputs.keys() and (reason := self._why_unknown(path))
        }:
            unknown |= found
            affected |= found.keys()
        return Impact(column, reached, datasets, unknown)

    def _step(
        self,
        column: ColumnName,
        influences: tuple[Influence, ...],
        edges: Mapping[ColumnName, Mapping[ColumnName, tuple[Influence, ...]]] | None,
        seen: set[ColumnName],
    ) -> ColumnStep:
        unknown = None if edges is not None else self._why_unknown(column.dataset, column.column)
        if column in seen:
            return ColumnStep(column, influences, unknown, (), is_repeated=True)
        seen.add(column)
        following = self._sources(column) if edges is None else edges.get(column, {})
        steps = tuple(self._step(other, kinds, edges, seen) for other, kinds in sorted(following.items()))
        return ColumnStep(column, influences, unknown, steps)

    def _sources(self, column: ColumnName) -> dict[ColumnName, tuple[Influence, ...]]:
        found: dict[ColumnName, set[Influence]] = {}
        lineage = self._lineage(column.dataset)
        for source, kind in lineage.of_column(column.column) if lineage else ():
            found.setdefault(source, set()).add(kind)
        return {source: tuple(sorted(kinds)) for source, kinds in found.items()}

    def _readers(self) -> dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]]:
        readers: dict[ColumnName, dict[ColumnName, tuple[Influence, ...]]] = {}
        for path in self._made:
            lineage = self._lineage(path)
            for column in lineage.columns if lineage else ():
                for source, kinds in self._sources(ColumnName(path, column)).items():
                    readers.setdefault(source, {})[ColumnName(path, column)] = kinds
        return readers

    def _lineage(self, dataset: str) -> ColumnLineage | None:
        made = self._made.get(dataset)
        return made.columns if made else None

    def _why_unknown(self, dataset: str, column: str | None = None) -> str | None:
        """Return why the lineage of a dataset, or of one of its columns, is not or not completely known."""
        made = self._made.get(dataset)
        if made is None or made.transform is None or not made.inputs:
            return None  # an import, or a transform without inputs
        lineage = made.columns
        if lineage is None:
            return f"{dataset} was built before lineage was recorded. {_REBUILD.format(dataset)}"
        if lineage.reason is not None:
            return f"{dataset}: {lineage.reason}"
        incomplete = lineage.unknown if column is None else [one for one in lineage.unknown if one == column]
        if incomplete:
            listed = ", ".join(incomplete[:5]) + (", …" if len(incomplete) > 5 else "")
            return f"{dataset}: {listed} may come from more columns, such as those of a checkpoint or of Python rows"
        return None

    def _version(self, path: str) -> TableVersion:
        found = self._project.warehouse.latest(path)
        if found is None:
            raise StoreError(
                f"{path} was never built on branch {self._project.warehouse.branch}, and lineage is recorded by a "
                f"build. Build it: `build {path}`."
            )
        return found


def _columns(version: TableVersion) -> list[str]:
    return [] if version.holds_files_only else [field["name"] for field in json.loads(version.schema)["fields"]]
