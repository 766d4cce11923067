"""Column lineage: the input columns that each column of an output comes from. Part of the provenance of a version.

`ColumnLineage` is what a commit stores. The readers of Spark's plans and of DuckDB's queries compute it with `Origin`s,
whose sets of input columns are the bits of integers, so that unions cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

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
        for lineage in (self, other):
            for column, part in lineage.columns.items():
                lineage._add(part, columns.setdefault(column, {}))
            lineage._add(lineage.rows, rows)
        merged_lineage = ColumnLineage.of(columns, rows, (*self.unknown, *other.unknown), self.reason or other.reason)
        return merged_lineage.model_copy(update={"basis": other.basis})

    def _add(self, part: Mapping[Influence, tuple[int, ...]], to: dict[Influence, set[ColumnName]]) -> None:
        for kind, numbers in part.items():
            to.setdefault(kind, set()).update(ColumnName(*self.sources[number]) for number in numbers)


# Where values come from

Sets: TypeAlias = dict[Influence, int]
"""Influence → set of input columns, as bits."""


@dataclass(frozen=True)
class Origin:
    """Where a value comes from.

    Attributes:
        sets: influence → input columns.
        is_unknown: whether there may be further sources.
        fields: origins of the fields of a struct, or of an array's structs; empty: they are not known apart.
    """

    sets: Sets = field(default_factory=dict)
    is_unknown: bool = False
    fields: tuple[Origin, ...] = ()

    @property
    def every(self) -> int:
        """All input columns, whatever their influence."""
        return _all_bits(self.sets)

    def computed(self, kind: Influence) -> Origin:
        """Return the origin of a value that is computed from this one.

        Args:
            kind: TRANSFORMATION or AGGREGATION.
        """
        sets = {influence: bits for influence, bits in self.sets.items() if not influence.is_direct}
        aggregated = self.sets.get(Influence.AGGREGATION, 0)
        direct = self.sets.get(Influence.IDENTITY, 0) | self.sets.get(Influence.TRANSFORMATION, 0)
        if kind is Influence.AGGREGATION:
            aggregated, direct = aggregated | direct, 0
        for influence, bits in ((Influence.AGGREGATION, aggregated), (Influence.TRANSFORMATION, direct)):
            if bits:
                sets[influence] = bits
        return Origin(sets, self.is_unknown, tuple(part.computed(kind) for part in self.fields))

    def deciding(self, kind: Influence) -> Origin:
        """Return the origin of a value that this one influences indirectly.

        Args:
            kind: how it does.
        """
        return Origin({kind: self.every} if self.every else {}, self.is_unknown)

    def affected_by(self, other: Origin) -> Origin:
        """Return the origin of the same value, on which another one has an effect, too.

        Args:
            other: origin of the effect.
        """
        if not other.sets and not other.is_unknown:
            return self
        effect = Origin(other.sets, other.is_unknown)
        union = union_of([Origin(self.sets, self.is_unknown), effect])
        return Origin(union.sets, union.is_unknown, tuple(part.affected_by(effect) for part in self.fields))

    def field(self, number: int) -> Origin:
        """Return the origin of a field of a struct.

        Args:
            number: position of the field.
        """
        return self.fields[number] if number < len(self.fields) else self.computed(Influence.TRANSFORMATION)


def union_of(origins: Iterable[Origin]) -> Origin:
    """Return the origin of a value that comes from all of some values.

    Args:
        origins: their origins.
    """
    sets: Sets = {}
    is_unknown = False
    structs: list[tuple[Origin, ...]] = []
    is_struct = True
    for origin in origins:
        is_unknown |= origin.is_unknown
        for kind, bits in origin.sets.items():
            sets[kind] = sets.get(kind, 0) | bits
        if origin.fields:
            structs.append(origin.fields)
        elif origin.sets or origin.is_unknown:  # a constant, such as null, keeps the fields of the others apart
            is_struct = False
    if not is_struct or not structs or len({len(fields) for fields in structs}) > 1:
        return Origin(sets, is_unknown)
    merged = structs[0] if len(structs) == 1 else tuple(map(union_of, zip(*structs, strict=True)))
    return Origin(sets, is_unknown, merged)


def _all_bits(sets: Sets) -> int:
    every = 0
    for bits in sets.values():
        every |= bits
    return every


UNKNOWN = Origin(is_unknown=True)
"""The origin of a value of which nothing is known."""


class Sources:
    """The input columns of one output, numbered."""

    def __init__(self) -> None:
        self._numbers: dict[ColumnName, int] = {}

    def origin_of(self, column: ColumnName) -> Origin:
        """Return the origin of a copy of an input column.

        Args:
            column: the input column.
        """
        return Origin({Influence.IDENTITY: 1 << self._numbers.setdefault(column, len(self._numbers))})

    def lineage(self, columns: Mapping[str, Origin], rows: Origin) -> ColumnLineage:
        """Return the lineage of an output.

        Args:
            columns: output column → its origin.
            rows: origin of which rows there are.
        """
        unknown = [name for name, origin in columns.items() if origin.is_unknown or rows.is_unknown]
        named = {name: self._named(origin.sets) for name, origin in columns.items()}
        return ColumnLineage.of(named, self._named(rows.sets), unknown)

    def _named(self, sets: Sets) -> dict[Influence, list[ColumnName]]:
        names = list(self._numbers)
        return {kind: [name for number, name in enumerate(names) if bits >> number & 1] for kind, bits in sets.items()}
