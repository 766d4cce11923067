"""Column lineage: the input columns that each column of an output comes from. Part of the provenance of a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

EDITION = 1
"""Number of the way in which lineage is read: with another one, lineage of earlier builds is not kept."""


class Influence(StrEnum):
    """How an input column affects an output column, with the subtypes of OpenLineage's column lineage facet."""

    IDENTITY = "IDENTITY"
    """The value is copied."""
    TRANSFORMATION = "TRANSFORMATION"
    """The value is computed from it, row by row."""
    AGGREGATION = "AGGREGATION"
    """The value is aggregated from it."""
    FILTER = "FILTER"
    """It decides which rows there are."""
    JOIN = "JOIN"
    """It decides which rows are joined."""
    GROUP_BY = "GROUP_BY"
    """Rows are grouped or deduplicated by it."""
    SORT = "SORT"
    """Rows are sorted by it."""
    WINDOW = "WINDOW"
    """It partitions or orders a window from which the value is computed."""
    CONDITIONAL = "CONDITIONAL"
    """It decides which of several values is taken."""

    @property
    def is_direct(self) -> bool:
        """Whether the value itself comes from the input column."""
        return self in (Influence.IDENTITY, Influence.TRANSFORMATION, Influence.AGGREGATION)


@dataclass(frozen=True, order=True)
class ColumnName:
    """A column of a dataset. Nested fields count as their top-level column.

    Attributes:
        dataset: path of the dataset.
        column: name of the column.
    """

    dataset: str
    column: str

    def __str__(self) -> str:
        return f"{self.dataset}.{self.column}"


Influences = Mapping[Influence, Iterable[ColumnName]]


class ColumnLineage(BaseModel):
    """The lineage of all columns of one written output.

    Numbers are positions in `sources`, so that a dataset's path stands in a commit once for each column that is read.

    Attributes:
        sources: dataset and name of each input column that affects the output.
        columns: output column → influence → input columns.
        rows: influence → input columns that affect every column, because they decide which rows there are.
        unknown: output columns that may have further sources, such as those of a checkpoint.
        reason: why no lineage is known; None if `columns` has every column.
        basis: digest of the code and the schemas from which the lineage follows; None: it is not kept for later builds.
    """

    model_config = ConfigDict(frozen=True)

    sources: tuple[tuple[str, str], ...] = ()
    columns: dict[str, dict[Influence, tuple[int, ...]]] = {}
    rows: dict[Influence, tuple[int, ...]] = {}
    unknown: tuple[str, ...] = ()
    reason: str | None = None
    basis: str | None = None

    @classmethod
    def of(
        cls, columns: Mapping[str, Influences], rows: Influences, unknown: Iterable[str] = (), reason: str | None = None
    ) -> ColumnLineage:
        """Return the lineage in its compact form.

        Args:
            columns: output column → influence → input columns.
            rows: influence → input columns that affect every column.
            unknown: output columns that may have further sources.
            reason: why no lineage is known; None if it is.
        """
        every = {name for part in (*columns.values(), rows) for names in part.values() for name in names}
        number = {name: position for position, name in enumerate(sorted(every))}

        def compact(part: Influences) -> dict[Influence, tuple[int, ...]]:
            return {kind: tuple(sorted({number[name] for name in names})) for kind, names in part.items() if names}

        return cls(
            sources=tuple((name.dataset, name.column) for name in number),
            columns={column: compact(part) for column, part in columns.items()},
            rows=compact(rows),
            unknown=tuple(sorted(set(unknown))),
            reason=reason,
        )

    def of_column(self, column: str) -> Iterator[tuple[ColumnName, Influence]]:
        """Yield the input columns of an output column, each with its influence; one may have several.

        Args:
            column: name of the output column.
        """
        for part in (self.columns.get(column, {}), self.rows):
            for kind, numbers in part.items():
                for number in numbers:
                    yield ColumnName(*self.sources[number]), kind

    def merged(self, other: ColumnLineage) -> ColumnLineage:
        """Return the lineage of an output whose rows were written by two writes.

        Args:
            other: lineage of the later write.
        """
        columns: dict[str, dict[Influence, set[ColumnName]]] = {}
        rows: dict[Influence, set[ColumnName]] = {}
        for one in (self, other):
            for column, part in one.columns.items():
                one._add(part, columns.setdefault(column, {}))
            one._add(one.rows, rows)
        made = ColumnLineage.of(columns, rows, (*self.unknown, *other.unknown), self.reason or other.reason)
        return made.model_copy(update={"basis": other.basis})

    def _add(self, part: Mapping[Influence, tuple[int, ...]], to: dict[Influence, set[ColumnName]]) -> None:
        for kind, numbers in part.items():
            to.setdefault(kind, set()).update(ColumnName(*self.sources[number]) for number in numbers)
