"""Column lineage of a DuckDB query over a transform's inputs, from its text.

sqlglot resolves each column of the query by the inputs' columns. What it cannot resolve, or what this module does not
know, makes the lineage unknown; the reason names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from transforms_api.warehouse import ColumnLineage, ColumnName, Influence, Origin, Sources, union_of

_Columns: TypeAlias = Mapping[tuple[str, str], Origin]
"""Table's name in a query and column → origin of its values. A column of the result has an empty table."""

_Node: TypeAlias = Any
"""A node of sqlglot's trees, whose base class has different names in its versions."""

_NOT_READ = (exp.Lateral, exp.Unnest, exp.Pivot, exp.Lambda, exp.Columns, exp.MatchRecognize, exp.Values)
"""What a query may have and this module does not read."""
_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile)


@dataclass(frozen=True)
class InputTable:
    """An input that a query can read.

    Attributes:
        dataset: path of its dataset.
        columns: names of its columns.
    """

    dataset: str
    columns: tuple[str, ...]


class _Unknown(Exception):
    """What of a query is not read."""


@dataclass(frozen=True)
class _Rows:
    """The result of a query or a part of it: the origins of its columns, in their order, and of which rows it has."""

    columns: Mapping[str, Origin]
    influences: Origin

    @property
    def whole(self) -> Origin:
        """The union of all columns."""
        return union_of(self.columns.values())


def lineage_of_query(sql: str, tables: Mapping[str, InputTable], result: Sequence[str]) -> ColumnLineage:
    """Return the lineage of a query's columns, with a reason if it is unknown.

    Args:
        sql: one query of DuckDB.
        tables: name in the query → the input.
        result: the columns that DuckDB says the query has.
    """
    inputs = {name.lower(): table for name, table in tables.items()}
    schema: dict[str, object] = {name: dict.fromkeys(table.columns, "varchar") for name, table in inputs.items()}
    reader = _QueryReader(inputs)
    try:
        statements = sqlglot.parse(sql, dialect="duckdb")
        statement = statements[0] if len(statements) == 1 else None
        if not isinstance(statement, exp.Query):
            raise _Unknown("it is not one query")
        if (unread := next(statement.find_all(*_NOT_READ), None)) is not None:
            raise _Unknown(f"its query has {unread.sql('duckdb')}")
        # types do not matter to names
        query = qualify(statement, schema=schema, dialect="duckdb", quote_identifiers=False)
        scope = build_scope(query)
        if scope is None:
            raise _Unknown("its statement is no query")
        rows = reader.read(scope, {})
    except (_Unknown, SqlglotError, ValueError) as error:
        text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return ColumnLineage(reason=f"the lineage of its DuckDB query is not known: {text}")
    if [name.lower() for name in rows.columns] != [name.lower() for name in result]:
        return ColumnLineage(reason="the lineage of its DuckDB query is not known: its columns are read differently")
    return reader.sources.lineage(dict(zip(result, rows.columns.values(), strict=True)), rows.influences)


class _QueryReader:
    """Computes where the columns of qualified queries come from.

    Args:
        tables: name in lower case → input.
    """

    def __init__(self, tables: Mapping[str, InputTable]) -> None:
        self._tables = tables
        self.sources = Sources()

    def read(self, scope: Scope, outer: _Columns) -> _Rows:
        """Return the result of a query.

        Args:
            scope: the query.
            outer: columns of the query around a subquery.
        """
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return self._stacked(query, scope, outer)
        if not isinstance(query, exp.Select):
            raise _Unknown(f"its query has {query.key}")
        columns, read = dict(outer), []
        for name, (_, source) in scope.selected_sources.items():
            rows = self.read(source, {}) if isinstance(source, Scope) else self._table(source)
            read.append(rows.influences)
            columns |= {(name, column): origin for column, origin in rows.columns.items()}
        selected = {select.alias_or_name: self._value(select, columns, scope) for select in query.selects}
        columns |= {("", name): origin for name, origin in selected.items()}
        return _Rows(selected, union_of([*read, *self._deciding(query, selected, columns, scope)]))

    def _deciding(
        self, query: exp.Select, selected: Mapping[str, Origin], columns: _Columns, scope: Scope
    ) -> Iterable[Origin]:
        """Yield the origins of which rows a query has."""
        clauses = {
            "where": Influence.FILTER,
            "having": Influence.FILTER,
            "qualify": Influence.FILTER,
            "group": Influence.GROUP_BY,
            "order": Influence.SORT,
        }
        for name, kind in clauses.items():
            if clause := query.args.get(name):
                yield self._value(clause, columns, scope).deciding(kind)
        for join in query.args.get("joins") or ():
            if condition := join.args.get("on"):
                yield self._value(condition, columns, scope).deciding(Influence.JOIN)
            elif join.args.get("using") or join.method:
                raise _Unknown(f"its query has {join.sql('duckdb')}")
        if distinct := query.args.get("distinct"):
            keys_of = self._value(distinct, columns, scope) if distinct.args.get("on") else union_of(selected.values())
            yield keys_of.deciding(Influence.GROUP_BY)
        if (group := query.args.get("group")) and group.args.get("all"):
            keys = [select.alias_or_name for select in query.selects if not select.find(exp.AggFunc)]
            yield union_of(selected[name] for name in keys).deciding(Influence.GROUP_BY)

    def _stacked(self, query: exp.SetOperation, scope: Scope, outer: _Columns) -> _Rows:
        """Return the result of UNION, INTERSECT or EXCEPT, whose columns correspond by position."""
        if query.args.get("by_name"):
            raise _Unknown("its query has UNION BY NAME")
        left, right = (self.read(side, outer) for side in scope.set_operation_scopes)
        influences = union_of([left.influences, right.influences])
        both = zip(left.columns.items(), right.columns.values(), strict=True)
        if isinstance(query, exp.Union):
            stacked = {name: union_of([origin, other]) for (name, origin), other in both}
            keys = union_of(stacked.values()) if query.args.get("distinct") else Origin()
            return _Rows(stacked, union_of([influences, keys.deciding(Influence.GROUP_BY)]))
        kept = union_of([left.whole, right.whole]).deciding(Influence.FILTER)
        return _Rows(left.columns, union_of([influences, kept]))

    def _table(self, table: _Node) -> _Rows:
        known = self._tables.get(table.name.lower()) if isinstance(table, exp.Table) and not table.db else None
        if known is None:
            raise _Unknown(f"{table.sql('duckdb')} is no input")
        names = {name: ColumnName(known.dataset, name) for name in known.columns}
        return _Rows({name.lower(): self.sources.origin_of(column) for name, column in names.items()}, Origin())

    def _value(self, node: _Node, columns: _Columns, scope: Scope) -> Origin:
        """Return the origin of an expression, or of a clause as if it were one."""

        def of(*nodes: Any) -> Origin:
            return union_of(
                self._value(value_node, columns, scope)
                for value_node in nodes
                if isinstance(value_node, exp.Expression)
            )

        match node:
            case exp.Column():
                origin = columns.get((node.table, node.name.lower()), columns.get(("", node.name)))
                if origin is None or (not node.table and ("", node.name) not in columns):
                    raise _Unknown(f"{node.sql('duckdb')} is a column of no input")
                return origin
            case exp.Alias() | exp.Paren():
                return of(node.this)
            case exp.Case() | exp.If():
                ifs = node.args.get("ifs") or [node]
                values = of(
                    *(branch.args.get("true") for branch in ifs), node.args.get("default"), node.args.get("false")
                )
                conditions = of(*(branch.this for branch in ifs), node.this if isinstance(node, exp.Case) else None)
                computed = values.computed(Influence.TRANSFORMATION)
                return computed.affected_by(conditions.deciding(Influence.CONDITIONAL))
            case exp.Filter():
                return of(node.this).affected_by(of(node.expression).deciding(Influence.CONDITIONAL))
            case exp.Window():
                window = of(*node.args.get("partition_by", ()), node.args.get("order"))
                value = Origin() if isinstance(node.this, _RANKS) else of(node.this)
                return value.affected_by(window.deciding(Influence.WINDOW))
            case exp.ArgMax() | exp.ArgMin():
                decided = of(node.expression).deciding(Influence.CONDITIONAL)
                return of(node.this).computed(Influence.AGGREGATION).affected_by(decided)
            case exp.AggFunc():
                return of(*node.iter_expressions()).computed(Influence.AGGREGATION)
            case exp.In() if query := node.args.get("query"):
                rows = self._subquery(query, columns, scope)
                origin = of(node.this).computed(Influence.TRANSFORMATION)
                return origin.affected_by(rows.whole.deciding(Influence.CONDITIONAL)).affected_by(rows.influences)
            case exp.Exists():
                rows = self._subquery(node.this, columns, scope)
                return rows.whole.deciding(Influence.CONDITIONAL).affected_by(rows.influences)
            case exp.Query() | exp.Subquery():
                rows = self._subquery(node, columns, scope)
                return next(iter(rows.columns.values())).affected_by(rows.influences)
            case _:
                return of(*node.iter_expressions()).computed(Influence.TRANSFORMATION)

    def _subquery(self, node: _Node, columns: _Columns, scope: Scope) -> _Rows:
        query = node.unnest()
        nested = next((subscope for subscope in scope.subquery_scopes if subscope.expression is query), None)
        if nested is None:
            raise _Unknown(f"its query has {node.sql('duckdb')}")
        return self.read(nested, columns)
