"""Questions about the lineage of a column: the columns that it comes from, or those that depend on it, as a tree.

The answers come from the last version of each dataset on the project's branch; nothing is imported or started.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from transforms_api.api.dataset import resolve_name
from transforms_api.catalog import ColumnGraph
from transforms_api.errors import StoreError, TransformsError
from transforms_api.project import did_you_mean
from transforms_api.warehouse import ColumnName, Influence

if TYPE_CHECKING:
    from transforms_api.api.project import Project
    from transforms_api.warehouse import TableVersion


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
        for position in [place for place, letter in enumerate(name) if letter == "." and place][:-1]:
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
                found = resolve_name(path, self._project)
                if columns := _columns(self._version(found)):
                    return f"{found.rpartition('/')[2]}.{columns[0]}"
            except TransformsError:
                continue
        return "deals.amount"

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
