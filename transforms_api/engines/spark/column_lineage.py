"""Column lineage of a Spark DataFrame, from its analysed plan.

One call returns the plan as JSON: a list of nodes in pre-order, whose expressions are lists of the same kind. Columns
are identified by Spark's expression ids. Sets of input columns are the bits of integers, so that unions cost nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

from pyspark.sql import DataFrame

from transforms_api.warehouse import ColumnLineage, ColumnName, Influence

_Json: TypeAlias = Mapping[str, Any]
_Sets: TypeAlias = dict[Influence, int]
"""Influence → set of input columns, as bits."""

_LONGEST_PLAN = 150_000
"""Characters of the plan's text, at which reading it takes about half a second."""
_TOO_LONG = "the plan is too large to be read quickly"
_NO_INPUT = ("OneRowRelation", "OneRowRelation$", "Range")


@dataclass(frozen=True)
class _Origin:
    """Where a value comes from.

    Attributes:
        sets: influence → input columns.
        is_unknown: whether there may be further sources.
    """

    sets: _Sets = field(default_factory=dict)
    is_unknown: bool = False

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
        return _Origin(sets, self.is_unknown)

    def deciding(self, kind: Influence) -> _Origin:
        """Return the origin of a value that this one influences indirectly."""
        return _Origin({kind: self.every} if self.every else {}, self.is_unknown)


def _union(origins: Iterable[_Origin]) -> _Origin:
    sets: _Sets = {}
    is_unknown = False
    for origin in origins:
        is_unknown |= origin.is_unknown
        for kind, bits in origin.sets.items():
            sets[kind] = sets.get(kind, 0) | bits
    return _Origin(sets, is_unknown)


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

    columns: dict[int, _Origin]
    order: list[int]
    influences: _Origin = field(default_factory=_Origin)

    def influenced(self, *origins: _Origin) -> _Rows:
        """Return the same columns in rows that further input columns decide."""
        return _Rows(self.columns, self.order, _union([self.influences, *origins]))

    @property
    def whole(self) -> _Origin:
        """The union of all columns."""
        return _union(self.columns.values())


def lineage_of_frame(frame: DataFrame, datasets: Mapping[str, str]) -> ColumnLineage:
    """Return the lineage of a frame's columns.

    Args:
        frame: the rows that are written.
        datasets: URI of a table's folder → path of its dataset.
    """
    java = getattr(frame, "_jdf", None)
    if java is None:
        return ColumnLineage(reason="the DataFrame has no plan in a JVM")
    plan = java.queryExecution().analyzed()
    if len(plan.treeString(False, False, 200, False)) > _LONGEST_PLAN:
        return ColumnLineage(reason=_TOO_LONG)
    reader = _PlanReader(_leaf_datasets(plan, datasets))
    rows = reader.read(json.loads(plan.toJSON()))
    names = frame.columns
    columns = {name: reader.named(rows.columns[key].sets) for name, key in zip(names, rows.order, strict=True)}
    unknown = [
        name
        for name, key in zip(names, rows.order, strict=True)
        if rows.columns[key].is_unknown or rows.influences.is_unknown
    ]
    return ColumnLineage.of(columns, reader.named(rows.influences.sets), unknown)


def _leaf_datasets(plan: Any, datasets: Mapping[str, str]) -> dict[int, str]:
    """Return id of a leaf's first column → dataset, for the leaves, also of subqueries, that read a dataset.

    Args:
        plan: the analysed plan.
        datasets: URI of a table's folder → path of its dataset.
    """
    known = {_path(uri): dataset for uri, dataset in datasets.items()}
    found: dict[int, str] = {}
    for part in (plan, *_items(plan.subqueriesAll())):
        for leaf in _items(part.collectLeaves()):
            if leaf.nodeName() != "LogicalRelation" or not leaf.output().size():
                continue
            relation = leaf.relation()
            if relation.getClass().getSimpleName() != "HadoopFsRelation":
                continue
            paths = relation.location().rootPaths()
            path = _path(paths.apply(0).toString()) if paths.size() else ""
            folder = next((one for one in known if path == one or path.startswith(f"{one}/")), None)
            if folder is not None:
                found[leaf.output().apply(0).exprId().id()] = known[folder]
    return found


def _items(sequence: Any) -> list[Any]:
    return [sequence.apply(number) for number in range(sequence.size())]


def _path(uri: str) -> str:
    return unquote(re.sub(r"^file:/+", "/", uri)).rstrip("/")


@dataclass(frozen=True)
class _Node:
    """A node of a plan or an expression: its class without the package, its own fields, and its children."""

    name: str
    fields: _Json
    children: list[_Node]


def _tree(nodes: Sequence[_Json]) -> _Node:
    """Return the tree of a list of nodes in pre-order. Plans are deep, so nothing recurses over their depth."""
    stack: list[_Node] = []
    for fields in reversed(nodes):
        children = [stack.pop() for _ in range(fields["num-children"])]
        stack.append(_Node(fields["class"].rpartition(".")[2], fields, children))
    return stack.pop()


def _post_order(root: _Node) -> list[_Node]:
    """Return the nodes of a tree, children from left to right before their parent."""
    waiting, found = [root], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    return found[::-1]


class _PlanReader:
    """Reads analysed plans.

    Args:
        leaves: id of a leaf's first column → dataset that it reads.
    """

    def __init__(self, leaves: Mapping[int, str]) -> None:
        self._leaves = leaves
        self._sources: dict[ColumnName, int] = {}
        self._common: dict[int, _Rows] = {}

    def named(self, sets: _Sets) -> dict[Influence, list[ColumnName]]:
        """Return influence → input columns."""
        names = list(self._sources)
        return {kind: [name for number, name in enumerate(names) if bits >> number & 1] for kind, bits in sets.items()}

    def read(self, nodes: Sequence[_Json], outer: Mapping[int, _Origin] | None = None) -> _Rows:
        """Return the result of a plan.

        Args:
            nodes: the plan's nodes in pre-order.
            outer: columns of the plan around a subquery.
        """
        results: list[_Rows] = []
        for node in _post_order(_tree(nodes)):
            count = len(node.children)
            inputs = results[len(results) - count :]
            del results[len(results) - count :]
            results.append(self._node(node, inputs, outer or {}))
        return results.pop()

    def _node(self, node: _Node, inputs: list[_Rows], outer: Mapping[int, _Origin]) -> _Rows:
        fields = node.fields
        columns = {**outer, **{key: origin for one in inputs for key, origin in one.columns.items()}}
        influences = _union(one.influences for one in inputs)

        def values(name: str) -> list[_Origin]:
            return [self._value(one, columns) for one in fields.get(name) or ()]

        def decided(name: str, kind: Influence) -> _Origin:
            return _union(values(name)).deciding(kind)

        match node.name:
            case "Project":
                return self._computed(fields["projectList"], columns, influences)
            case "Aggregate":
                keys = decided("groupingExpressions", Influence.GROUP_BY)
                return self._computed(fields["aggregateExpressions"], columns, influences).influenced(keys)
            case "Window":
                computed = self._computed(fields["windowExpressions"], columns, influences)
                return _joined([*inputs, computed], influences)
            case "Filter":
                return inputs[0].influenced(self._value(fields["condition"], columns).deciding(Influence.FILTER))
            case "Sort":
                return inputs[0].influenced(decided("order", Influence.SORT))
            case "Deduplicate":
                return inputs[0].influenced(decided("keys", Influence.GROUP_BY))
            case "Distinct":
                return inputs[0].influenced(inputs[0].whole.deciding(Influence.GROUP_BY))
            case "Join":
                return self._join(fields, inputs, columns, influences)
            case "LateralJoin":
                subquery = self.read(fields["right"][0]["plan"], columns)
                return _joined([*inputs, subquery], _union([influences, subquery.influences]))
            case "Union":
                return _stacked(inputs, influences)
            case "Intersect" | "Except":
                kept = _union(one.whole for one in inputs).deciding(Influence.FILTER)
                stacked = _stacked(inputs, influences) if node.name == "Intersect" else inputs[0]
                return _Rows(stacked.columns, stacked.order, _union([influences, kept]))
            case "Generate":
                made = self._value(fields["generator"], columns).computed(Influence.TRANSFORMATION)
                keys_made = [_key(one[0]) for one in fields["generatorOutput"]]
                dropped = {inputs[0].order[number] for number in fields.get("unrequiredChildIndex") or ()}
                kept_keys = [key for key in inputs[0].order if key not in dropped]
                every = {**inputs[0].columns, **dict.fromkeys(keys_made, made)}
                return _Rows(every, [*kept_keys, *keys_made], influences)
            case "Expand":
                keys_made = [_key(one[0]) for one in fields["output"]]
                sets = [[self._value(one, columns) for one in part] for part in fields["projections"]]
                made_columns = [_union(part) for part in zip(*sets, strict=True)]
                return _Rows(dict(zip(keys_made, made_columns, strict=True)), keys_made, influences)
            case "WithCTE":
                return inputs[-1]
            case "CTERelationDef":
                self._common[fields["id"]] = inputs[0]
                return inputs[0]
            case "CTERelationRef":
                return self._reference(fields)
            case _:
                return self._other(node, inputs, influences)

    def _computed(self, named: Sequence[list[_Json]], columns: Mapping[int, _Origin], influences: _Origin) -> _Rows:
        keys = [_key(one[0]) for one in named]
        made = {key: self._value(one, columns) for key, one in zip(keys, named, strict=True)}
        return _Rows(made, keys, influences)

    def _join(self, fields: _Json, inputs: list[_Rows], columns: Mapping[int, _Origin], influences: _Origin) -> _Rows:
        condition = self._value(fields["condition"], columns) if fields.get("condition") else _Origin()
        every = _union([influences, condition.deciding(Influence.JOIN)])
        kind = str(fields.get("joinType"))
        return _joined(inputs[:1] if "LeftSemi" in kind or "LeftAnti" in kind else inputs, every)

    def _reference(self, fields: _Json) -> _Rows:
        keys, definition = [_key(one[0]) for one in fields["output"]], self._common.get(fields["cteId"])
        if definition is None or len(definition.order) != len(keys):
            return _Rows(dict.fromkeys(keys, _UNKNOWN), keys)
        origins = [definition.columns[key] for key in definition.order]
        return _Rows(dict(zip(keys, origins, strict=True)), keys, definition.influences)

    def _other(self, node: _Node, inputs: list[_Rows], influences: _Origin) -> _Rows:
        """Return the result of a leaf, of an operator that computes columns in Python, or of one that keeps them."""
        listed = next((node.fields[name] for name in ("output", "serializer") if node.fields.get(name)), None)
        keys = [_key(one[0]) for one in listed or ()]
        if inputs and not keys:
            return _joined(inputs, influences)
        if inputs:
            made = _union(one.whole for one in inputs).computed(Influence.TRANSFORMATION)
            return _Rows(dict.fromkeys(keys, made), keys, influences)
        dataset = self._leaves.get(keys[0]) if keys else None
        if node.name in _NO_INPUT:
            return _Rows(dict.fromkeys(keys, _Origin()), keys)
        if dataset is None:
            return _Rows(dict.fromkeys(keys, _UNKNOWN), keys)
        names = [ColumnName(dataset, one[0]["name"]) for one in listed or ()]
        bits = [1 << self._sources.setdefault(name, len(self._sources)) for name in names]
        return _Rows({key: _Origin({Influence.IDENTITY: bit}) for key, bit in zip(keys, bits, strict=True)}, keys)

    def _value(self, nodes: Sequence[_Json], columns: Mapping[int, _Origin]) -> _Origin:
        """Return the origin of an expression.

        Args:
            nodes: the expression's nodes in pre-order.
            columns: expression id → origin of the columns that it may use.
        """
        results: list[_Origin] = []
        for node in _post_order(_tree(nodes)):
            count = len(node.children)
            parts = results[len(results) - count :]
            del results[len(results) - count :]
            results.append(self._expression(node, parts, columns))
        return results.pop()

    def _expression(self, node: _Node, parts: list[_Origin], columns: Mapping[int, _Origin]) -> _Origin:
        match node.name:
            case "AttributeReference":
                return columns.get(_key(node.fields), _UNKNOWN)
            case "OuterReference":
                return self._value(node.fields["e"], columns)
            case "Alias":
                return parts[0]
            case "AggregateExpression":
                condition = _union(parts[1:]).deciding(Influence.CONDITIONAL)
                return _union([parts[0].computed(Influence.AGGREGATION), condition])
            case "WindowExpression":
                return _union([parts[0], parts[1].deciding(Influence.WINDOW)])
            case "CaseWhen" | "If":
                conditions = parts[:1] if node.name == "If" else parts[: len(parts) - len(parts) % 2 : 2]
                values = parts[1:] if node.name == "If" else [*parts[1::2], *parts[len(parts) - len(parts) % 2 :]]
                computed = _union(values).computed(Influence.TRANSFORMATION)
                return _union([computed, _union(conditions).deciding(Influence.CONDITIONAL)])
            case "ScalarSubquery" | "Exists" | "ListQuery":
                rows = self.read(node.fields["plan"], columns)
                value = rows.columns[rows.order[0]]
                if node.name != "ScalarSubquery":
                    value = rows.whole.deciding(Influence.CONDITIONAL)
                return _union([value, rows.influences])
            case _:
                return _union(parts).computed(Influence.TRANSFORMATION)


def _key(fields: _Json) -> int:
    """Return the expression id of a named expression."""
    return int(fields["exprId"]["id"])


def _joined(inputs: Sequence[_Rows], influences: _Origin) -> _Rows:
    columns = {key: origin for one in inputs for key, origin in one.columns.items()}
    return _Rows(columns, [key for one in inputs for key in one.order], influences)


def _stacked(inputs: Sequence[_Rows], influences: _Origin) -> _Rows:
    """Return rows of several inputs below each other; their columns have the ids of the first input."""
    found = [_union(one.columns[one.order[number]] for one in inputs) for number in range(len(inputs[0].order))]
    return _Rows(dict(zip(inputs[0].order, found, strict=True)), inputs[0].order, influences)
