"""Column lineage of a Spark DataFrame, from its analysed plan.

`PlanReader.java` runs in the session's JVM and describes a plan in one call; Spark's own JSON of a plan takes up to
40 s for plans with many joins. Columns are identified by Spark's expression ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from pyspark.sql import DataFrame

from transforms_api.engines.spark.jvm import compiled_object
from transforms_api.warehouse import UNKNOWN, ColumnLineage, ColumnName, Influence, Origin, Sources, union_of

_NO_INPUT = ("OneRowRelation", "Range")


@dataclass(frozen=True)
class _Rows:
    """The result of a plan's node.

    Attributes:
        columns: expression id → origin of each output column.
        order: expression ids in the order of the columns; an id may occur twice.
        influences: origin of which rows there are.
    """

    columns: Mapping[int, Origin]
    order: Sequence[int]
    influences: Origin = field(default_factory=Origin)

    @property
    def ordered(self) -> list[Origin]:
        """The origins of the columns, in their order."""
        return [self.columns[key] for key in self.order]

    @property
    def whole(self) -> Origin:
        """The union of all columns."""
        return union_of(self.columns.values())


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
    plan_reader = compiled_object(frame.sparkSession.sparkContext, "PlanReader")
    nodes = [_Node(*fields) for fields in json.loads(plan_reader.read(plan))]
    reader = _PlanReader(datasets)
    rows = reader.read(nodes)
    columns = {name: origin for (_, name), origin in zip(nodes[-1].output, rows.ordered, strict=True)}
    return reader.sources.lineage(columns, rows.influences)


class _PlanReader:
    """Computes where the columns of plans come from.

    Args:
        datasets: URI of a table's folder → path of its dataset.
    """

    def __init__(self, datasets: Mapping[str, str]) -> None:
        self._datasets = {_path(uri): dataset for uri, dataset in datasets.items()}
        self.sources = Sources()
        self._common: dict[int, _Rows] = {}

    def read(self, nodes: Iterable[Sequence[Any]], outer: Mapping[int, Origin] | None = None) -> _Rows:
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

    def _node(self, node: _Node, inputs: Sequence[_Rows], outer: Mapping[int, Origin]) -> _Rows:
        if not inputs:
            return self._leaf(node)
        columns = inputs[0].columns
        if outer or len(inputs) > 1:
            columns = {**outer, **{key: origin for input_rows in inputs for key, origin in input_rows.columns.items()}}
        influences = union_of(input_rows.influences for input_rows in inputs)
        values = self._expressions(node.expressions, columns)
        keys = [key for key, _ in node.output]

        def listed(number: int) -> list[Origin]:
            return [values[position] if position >= 0 else Origin() for position in node.lists[number]]

        def result(made: Mapping[int, Origin], *deciding: Origin) -> _Rows:
            return _Rows(made, keys, union_of([influences, *deciding]) if deciding else influences)

        def keeping(*deciding: Origin) -> _Rows:
            kept = {key: columns[key] for key in keys if key in columns}
            if len(kept) < len(set(keys)):
                made = union_of(input_rows.whole for input_rows in inputs).computed(Influence.TRANSFORMATION)
                kept |= {key: made for key in keys if key not in kept}
            return result(kept, *deciding)

        match node.name:
            case "Project":
                return result(dict(zip(keys, listed(0), strict=True)))
            case "Aggregate":
                return result(dict(zip(keys, listed(0), strict=True)), union_of(listed(1)).deciding(Influence.GROUP_BY))
            case "Window":
                made = dict(zip(keys[len(inputs[0].order) :], listed(0), strict=True))
                return result({**columns, **made})
            case "Filter":
                return keeping(union_of(listed(0)).deciding(Influence.FILTER))
            case "Sort":
                return keeping(union_of(listed(0)).deciding(Influence.SORT))
            case "Deduplicate":
                return keeping(union_of(listed(0)).deciding(Influence.GROUP_BY))
            case "Distinct":
                return keeping(inputs[0].whole.deciding(Influence.GROUP_BY))
            case "Join" | "AsOfJoin":
                return keeping(union_of(listed(0)).deciding(Influence.JOIN))
            case "LateralJoin":
                subquery = self.read(node.lists[0], columns)
                conditions = union_of(listed(1)) if len(node.lists) > 1 else Origin()
                joined = {**columns, **subquery.columns}
                return result(joined, subquery.influences, conditions.deciding(Influence.JOIN))
            case "Union" | "Intersect" | "Except":
                parts = inputs[:1] if node.name == "Except" else inputs
                stacked = [union_of(part) for part in zip(*(input_rows.ordered for input_rows in parts), strict=True)]
                made = dict(zip(keys, stacked, strict=True))
                if node.name == "Union":
                    return result(made)
                return result(made, union_of(input_rows.whole for input_rows in inputs).deciding(Influence.FILTER))
            case "Generate":
                [origin], kind = listed(0), node.lists[1]
                new = [key for key in keys if key not in columns]
                if kind == "Inline":
                    return result({**columns, **{key: origin.field(number) for number, key in enumerate(new)}})
                value = origin if kind == "Explode" and len(new) == 1 else Origin(origin.sets, origin.is_unknown)
                return result({**columns, **{key: value.computed(Influence.TRANSFORMATION) for key in new}})
            case "Expand":
                rows = [listed(number) for number in range(len(node.lists))]
                return result(dict(zip(keys, map(union_of, zip(*rows, strict=True)), strict=True)))
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
            return _Rows(dict.fromkeys(keys, Origin()), keys)
        if node.name == "CTERelationRef" and (definition := self._common.get(node.lists[0])):
            return _Rows(dict(zip(keys, definition.ordered, strict=True)), keys, definition.influences)
        path = _path(node.lists[0]) if node.name == "LogicalRelation" and node.lists else None
        dataset = self._dataset(path) if path else None
        if dataset is None:
            return _Rows(dict.fromkeys(keys, UNKNOWN), keys, UNKNOWN)
        columns = {key: self.sources.origin_of(ColumnName(dataset, name)) for key, name in node.output}
        return _Rows(columns, keys)

    def _dataset(self, path: str) -> str | None:
        folder = next((uri for uri in self._datasets if path == uri or path.startswith(f"{uri}/")), None)
        return self._datasets[folder] if folder else None

    def _expressions(self, expressions: Sequence[Sequence[Any]], columns: Mapping[int, Origin]) -> list[Origin]:
        """Return the origin of each expression.

        Args:
            expressions: the expressions of a node.
            columns: expression id → origin of the columns that they may use.
        """
        origins: list[Origin] = []

        def at(positions: Iterable[int]) -> list[Origin]:
            return [origins[position] for position in positions if position >= 0]

        for expression in expressions:
            match expression:
                case [int(key)]:
                    origin = columns.get(key, UNKNOWN)
                case ["=", position]:
                    origin = origins[position]
                case ["A", value, *conditions]:
                    aggregated = union_of(at([value])).computed(Influence.AGGREGATION)
                    origin = aggregated.affected_by(union_of(at(conditions)).deciding(Influence.CONDITIONAL))
                case ["W", value, window]:
                    origin = union_of(at([value])).affected_by(union_of(at([window])).deciding(Influence.WINDOW))
                case ["C", conditions, values]:
                    computed = union_of(at(values)).computed(Influence.TRANSFORMATION)
                    origin = computed.affected_by(union_of(at(conditions)).deciding(Influence.CONDITIONAL))
                case ["P", values, conditions, others]:
                    computed = union_of(at(values)).computed(Influence.TRANSFORMATION)
                    affecting = union_of(at(others)).computed(Influence.TRANSFORMATION)
                    deciding = union_of(at(conditions)).deciding(Influence.CONDITIONAL)
                    origin = computed.affected_by(affecting).affected_by(deciding)
                case ["M", position]:
                    value = origins[position]
                    computed = value.computed(Influence.TRANSFORMATION)
                    decided = value.deciding(Influence.CONDITIONAL) if value.fields else Origin()
                    origin = computed.affected_by(decided)
                case ["N", *positions]:
                    parts = tuple(origins[position] if position >= 0 else Origin() for position in positions)
                    whole = union_of(parts).computed(Influence.TRANSFORMATION)
                    origin = Origin(whole.sets, whole.is_unknown, parts)
                case ["G", position, number]:
                    origin = origins[position].field(number)
                case ["S", nodes]:
                    rows = self.read(nodes, columns)
                    origin = union_of([*rows.ordered[:1], rows.influences])
                case ["E", nodes]:
                    rows = self.read(nodes, columns)
                    origin = union_of([rows.whole.deciding(Influence.CONDITIONAL), rows.influences])
                case [_, *parts]:
                    origin = union_of(at(parts)).computed(Influence.TRANSFORMATION)
            origins.append(origin)
        return origins


def _path(uri: str) -> str:
    return unquote(re.sub(r"^file:/+", "/", uri)).rstrip("/")
