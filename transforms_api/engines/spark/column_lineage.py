"""Column lineage of a Spark DataFrame, from its analysed plan.

`PlanReader.java` runs in the session's JVM and describes a plan in one call; Spark's own JSON of a plan takes up to
40 s for plans with many joins. Columns are identified by Spark's expression ids. Sets of input columns are the bits of
integers, so that unions cost nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from pyspark.sql import DataFrame

from transforms_api.warehouse import ColumnLineage, ColumnName, Influence

_Sets: TypeAlias = dict[Influence, int]
"""Influence → set of input columns, as bits."""

_NO_INPUT = ("OneRowRelation", "Range")


@dataclass(frozen=True)
class _Origin:
    """Where a value comes from.

    Attributes:
        sets: influence → input columns.
        is_unknown: whether there may be further sources.
        fields: origins of the fields of a struct, or of an array's structs; empty: they are not known apart.
    """

    sets: _Sets = field(default_factory=dict)
    is_unknown: bool = False
    fields: tuple[_Origin, ...] = ()

    @property
    def every(self) -> int:
        """All input columns, whatever their influence."""
        return _all_bits(self.sets)

    def computed(self, kind: Influence) -> _Origin:
        """Return the origin of a value that is computed from this one."""
        sets = {one: bits for one, bits in self.sets.items() if not one.is_direct}
        aggregated = self.sets.get(Influence.AGGREGATION, 0)
        direct = self.sets.get(Influence.IDENTITY, 0) | self.sets.get(Influence.TRANSFORMATION, 0)
        if kind is Influence.AGGREGATION:
            aggregated, direct = aggregated | direct, 0
        for one, bits in ((Influence.AGGREGATION, aggregated), (Influence.TRANSFORMATION, direct)):
            if bits:
                sets[one] = bits
        return _Origin(sets, self.is_unknown, tuple(part.computed(kind) for part in self.fields))

    def deciding(self, kind: Influence) -> _Origin:
        """Return the origin of a value that this one influences indirectly."""
        return _Origin({kind: self.every} if self.every else {}, self.is_unknown)

    def affected_by(self, other: _Origin) -> _Origin:
        """Return the origin of the same value, on which another one has an effect, too."""
        if not other.sets and not other.is_unknown:
            return self
        apart = _Origin(other.sets, other.is_unknown)
        whole = _union([_Origin(self.sets, self.is_unknown), apart])
        return _Origin(whole.sets, whole.is_unknown, tuple(part.affected_by(apart) for part in self.fields))

    def field(self, number: int) -> _Origin:
        """Return the origin of a field of a struct."""
        return self.fields[number] if number < len(self.fields) else self.computed(Influence.TRANSFORMATION)


def _union(origins: Iterable[_Origin]) -> _Origin:
    sets: _Sets = {}
    is_unknown = False
    structs: list[tuple[_Origin, ...]] = []
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
        return _Origin(sets, is_unknown)
    merged = structs[0] if len(structs) == 1 else tuple(map(_union, zip(*structs, strict=True)))
    return _Origin(sets, is_unknown, merged)


def _all_bits(sets: _Sets) -> int:
    found = 0
    for bits in sets.values():
        found |= bits
    return found


_UNKNOWN = _Origin(is_unknown=True)


@dataclass(frozen=True)
class _Rows:
    """The result of a plan's node.

    Attributes:
        columns: expression id → origin of each output column.
        order: expression ids in the order of the columns; an id may occur twice.
        influences: origin of which rows there are.
    """

    columns: Mapping[int, _Origin]
    order: Sequence[int]
    influences: _Origin = field(default_factory=_Origin)

    @property
    def ordered(self) -> list[_Origin]:
        """The origins of the columns, in their order."""
        return [self.columns[key] for key in self.order]

    @property
    def whole(self) -> _Origin:
        """The union of all columns."""
        return _union(self.columns.values())


class _Node(NamedTuple):
    """A node of a plan as `PlanReader.java` describes it.

    Attributes:
        name: name of the operator.
        inputs: numbers of the nodes that it reads.
        output: expression id and name of each output column.
        expressions: its expressions; parts stand before what is computed from them.
        lists: positions in `expressions`, by the operator's own meaning. -1: a constant.
    """

    name: str
    inputs: list[int]
    output: list[tuple[int, str]]
    expressions: list[list[Any]]
    lists: list[Any]


_readers: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""py4j's gateway → the object of `PlanReader` in its JVM."""


def lineage_of_frame(frame: DataFrame, datasets: Mapping[str, str]) -> ColumnLineage:
    """Return the lineage of a frame's columns.

    Args:
        frame: the rows that are written.
        datasets: URI of a table's folder → path of its dataset.
    """
    java = getattr(frame, "_jdf", None)
    if java is None:
        return ColumnLineage(reason="the DataFrame has no plan in a JVM, as in a session of Spark Connect")
    plan = java.queryExecution().analyzed()
    nodes = [_Node(*one) for one in json.loads(_java_reader(frame, plan).read(plan))]
    reader = _PlanReader(datasets)
    rows = reader.read(nodes)
    columns: dict[str, dict[Influence, list[ColumnName]]] = {}
    unknown = []
    for (_, name), origin in zip(nodes[-1].output, rows.ordered, strict=True):
        columns[name] = reader.named(origin.sets)
        if origin.is_unknown or rows.influences.is_unknown:
            unknown.append(name)
    return ColumnLineage.of(columns, reader.named(rows.influences.sets), unknown)


def _java_reader(frame: DataFrame, plan: Any) -> Any:
    """Return the object of `PlanReader` in the frame's JVM; it is compiled once, by Spark's own compiler."""
    gateway: Any = frame.sparkSession.sparkContext._gateway
    if gateway not in _readers:  # jobs that compile it at the same time do no harm
        compiler = gateway.jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(plan.getClass().getClassLoader())
        compiler.cook(files(__package__).joinpath("PlanReader.java").read_text("utf-8"))
        _readers[gateway] = compiler.getClassLoader().loadClass("PlanReader").newInstance()
    return _readers[gateway]


class _PlanReader:
    """Computes where the columns of plans come from.

    Args:
        datasets: URI of a table's folder → path of its dataset.
    """

    def __init__(self, datasets: Mapping[str, str]) -> None:
        self._datasets = {_path(uri): dataset for uri, dataset in datasets.items()}
        self._sources: dict[ColumnName, int] = {}
        self._common: dict[int, _Rows] = {}

    def named(self, sets: _Sets) -> dict[Influence, list[ColumnName]]:
        """Return influence → input columns."""
        names = list(self._sources)
        return {kind: [name for number, name in enumerate(names) if bits >> number & 1] for kind, bits in sets.items()}

    def read(self, nodes: Iterable[Sequence[Any]], outer: Mapping[int, _Origin] | None = None) -> _Rows:
        """Return the result of a plan.

        Args:
            nodes: the plan's nodes, inputs first.
            outer: columns of the plan around a subquery.
        """
        results: list[_Rows] = []
        for node in nodes:
            read = _Node(*node)
            results.append(self._node(read, [results[number] for number in read.inputs], outer or {}))
        return results[-1]

    def _node(self, node: _Node, inputs: Sequence[_Rows], outer: Mapping[int, _Origin]) -> _Rows:
        if not inputs:
            return self._leaf(node)
        columns = inputs[0].columns
        if outer or len(inputs) > 1:
            columns = {**outer, **{key: origin for one in inputs for key, origin in one.columns.items()}}
        influences = _union(one.influences for one in inputs)
        values = self._expressions(node.expressions, columns)
        keys = [key for key, _ in node.output]

        def listed(number: int) -> list[_Origin]:
            return [values[position] if position >= 0 else _Origin() for position in node.lists[number]]

        def result(made: Mapping[int, _Origin], *deciding: _Origin) -> _Rows:
            return _Rows(made, keys, _union([influences, *deciding]) if deciding else influences)

        def keeping(*deciding: _Origin) -> _Rows:
            kept = {key: columns[key] for key in keys if key in columns}
            if len(kept) < len(set(keys)):
                made = _union(one.whole for one in inputs).computed(Influence.TRANSFORMATION)
                kept |= {key: made for key in keys if key not in kept}
            return result(kept, *deciding)

        match node.name:
            case "Project":
                return result(dict(zip(keys, listed(0), strict=True)))
            case "Aggregate":
                return result(dict(zip(keys, listed(0), strict=True)), _union(listed(1)).deciding(Influence.GROUP_BY))
            case "Window":
                made = dict(zip(keys[len(inputs[0].order) :], listed(0), strict=True))
                return result({**columns, **made})
            case "Filter":
                return keeping(_union(listed(0)).deciding(Influence.FILTER))
            case "Sort":
                return keeping(_union(listed(0)).deciding(Influence.SORT))
            case "Deduplicate":
                return keeping(_union(listed(0)).deciding(Influence.GROUP_BY))
            case "Distinct":
                return keeping(inputs[0].whole.deciding(Influence.GROUP_BY))
            case "Join" | "AsOfJoin":
                return keeping(_union(listed(0)).deciding(Influence.JOIN))
            case "LateralJoin":
                subquery = self.read(node.lists[0], columns)
                conditions = _union(listed(1)) if len(node.lists) > 1 else _Origin()
                joined = {**columns, **subquery.columns}
                return result(joined, subquery.influences, conditions.deciding(Influence.JOIN))
            case "Union" | "Intersect" | "Except":
                parts = inputs[:1] if node.name == "Except" else inputs
                stacked = [_union(part) for part in zip(*(one.ordered for one in parts), strict=True)]
                made = dict(zip(keys, stacked, strict=True))
                if node.name == "Union":
                    return result(made)
                return result(made, _union(one.whole for one in inputs).deciding(Influence.FILTER))
            case "Generate":
                [origin], kind = listed(0), node.lists[1]
                new = [key for key in keys if key not in columns]
                if kind == "Inline":
                    return result({**columns, **{key: origin.field(number) for number, key in enumerate(new)}})
                value = origin if kind == "Explode" and len(new) == 1 else _Origin(origin.sets, origin.is_unknown)
                return result({**columns, **{key: value.computed(Influence.TRANSFORMATION) for key in new}})
            case "Expand":
                rows = [listed(number) for number in range(len(node.lists))]
                return result(dict(zip(keys, map(_union, zip(*rows, strict=True)), strict=True)))
            case "WithCTE":
                return inputs[-1]
            case "CTERelationDef":
                self._common[node.lists[0]] = inputs[0]
                return inputs[0]
            case _:  # keeps its columns, as a limit does, or computes them from all, as a function of Python does
                return keeping()

    def _leaf(self, node: _Node) -> _Rows:
        keys = [key for key, _ in node.output]
        if node.name in _NO_INPUT:
            return _Rows(dict.fromkeys(keys, _Origin()), keys)
        if node.name == "CTERelationRef" and (definition := self._common.get(node.lists[0])):
            return _Rows(dict(zip(keys, definition.ordered, strict=True)), keys, definition.influences)
        path = _path(node.lists[0]) if node.name == "LogicalRelation" and node.lists else None
        dataset = self._dataset(path) if path else None
        if dataset is None:
            return _Rows(dict.fromkeys(keys, _UNKNOWN), keys, _UNKNOWN)
        names = [ColumnName(dataset, name) for _, name in node.output]
        bits = [1 << self._sources.setdefault(name, len(self._sources)) for name in names]
        return _Rows({key: _Origin({Influence.IDENTITY: bit}) for key, bit in zip(keys, bits, strict=True)}, keys)

    def _dataset(self, path: str) -> str | None:
        folder = next((one for one in self._datasets if path == one or path.startswith(f"{one}/")), None)
        return self._datasets[folder] if folder else None

    def _expressions(self, expressions: Sequence[Sequence[Any]], columns: Mapping[int, _Origin]) -> list[_Origin]:
        """Return the origin of each expression.

        Args:
            expressions: the expressions of a node.
            columns: expression id → origin of the columns that they may use.
        """
        found: list[_Origin] = []

        def at(positions: Iterable[int]) -> list[_Origin]:
            return [found[position] for position in positions if position >= 0]

        for expression in expressions:
            match expression:
                case [int(key)]:
                    origin = columns.get(key, _UNKNOWN)
                case ["=", position]:
                    origin = found[position]
                case ["A", value, *conditions]:
                    aggregated = _union(at([value])).computed(Influence.AGGREGATION)
                    origin = aggregated.affected_by(_union(at(conditions)).deciding(Influence.CONDITIONAL))
                case ["W", value, window]:
                    origin = _union(at([value])).affected_by(_union(at([window])).deciding(Influence.WINDOW))
                case ["C", conditions, values]:
                    computed = _union(at(values)).computed(Influence.TRANSFORMATION)
                    origin = computed.affected_by(_union(at(conditions)).deciding(Influence.CONDITIONAL))
                case ["P", values, conditions, others]:
                    computed = _union(at(values)).computed(Influence.TRANSFORMATION)
                    affecting = _union(at(others)).computed(Influence.TRANSFORMATION)
                    deciding = _union(at(conditions)).deciding(Influence.CONDITIONAL)
                    origin = computed.affected_by(affecting).affected_by(deciding)
                case ["M", position]:
                    value = found[position]
                    computed = value.computed(Influence.TRANSFORMATION)
                    decided = value.deciding(Influence.CONDITIONAL) if value.fields else _Origin()
                    origin = computed.affected_by(decided)
                case ["N", *positions]:
                    parts = tuple(found[position] if position >= 0 else _Origin() for position in positions)
                    whole = _union(parts).computed(Influence.TRANSFORMATION)
                    origin = _Origin(whole.sets, whole.is_unknown, parts)
                case ["G", position, number]:
                    origin = found[position].field(number)
                case ["S", nodes]:
                    rows = self.read(nodes, columns)
                    origin = _union([*rows.ordered[:1], rows.influences])
                case ["E", nodes]:
                    rows = self.read(nodes, columns)
                    origin = _union([rows.whole.deciding(Influence.CONDITIONAL), rows.influences])
                case [_, *parts]:
                    origin = _union(at(parts)).computed(Influence.TRANSFORMATION)
            found.append(origin)
        return found


def _path(uri: str) -> str:
    return unquote(re.sub(r"^file:/+", "/", uri)).rstrip("/")
