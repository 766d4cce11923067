"""Where values come from: what the readers of Spark's plans and of DuckDB's queries compute lineage with.

Sets of input columns are the bits of integers, so that unions cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence

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
        sets = {one: bits for one, bits in self.sets.items() if not one.is_direct}
        aggregated = self.sets.get(Influence.AGGREGATION, 0)
        direct = self.sets.get(Influence.IDENTITY, 0) | self.sets.get(Influence.TRANSFORMATION, 0)
        if kind is Influence.AGGREGATION:
            aggregated, direct = aggregated | direct, 0
        for one, bits in ((Influence.AGGREGATION, aggregated), (Influence.TRANSFORMATION, direct)):
            if bits:
                sets[one] = bits
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
        apart = Origin(other.sets, other.is_unknown)
        whole = union_of([Origin(self.sets, self.is_unknown), apart])
        return Origin(whole.sets, whole.is_unknown, tuple(part.affected_by(apart) for part in self.fields))

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
    if not is_struct or not structs or len({len(one) for one in structs}) > 1:
        return Origin(sets, is_unknown)
    merged = structs[0] if len(structs) == 1 else tuple(map(union_of, zip(*structs, strict=True)))
    return Origin(sets, is_unknown, merged)


def _all_bits(sets: Sets) -> int:
    found = 0
    for bits in sets.values():
        found |= bits
    return found


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
