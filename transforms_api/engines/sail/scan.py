"""Scan a transform's code for what Sail lacks or computes differently from Spark.

The deny list is conformance.json, which scripts/check-engines writes: the status of each probe, and the public names of
PySpark without a probe. A scan reads source code; it imports nothing and starts no engine. When the code does not show
whether a call is one of PySpark's, the scan reports it: a false alarm costs time, a wrong number costs trust.
"""

from __future__ import annotations

import ast
import functools
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transforms_api.declare import Transform
from transforms_api.project import CodeFingerprints, SqlTransform, file_of_module

_TABLE = Path(__file__).with_name("conformance.json")
_FUNCTIONS = "pyspark.sql.functions"
_CLASSES = ("Column", "DataFrame", "GroupedData", "DataFrameNaFunctions", "DataFrameStatFunctions", "SparkSession")
_SQL_METHODS = {"expr", "selectExpr", "sql"}


@dataclass(frozen=True)
class Unsupported:
    """A name in a transform's code that keeps the transform from Sail.

    Attributes:
        name: name of the probe, such as `functions.percentile`; with its case in brackets, if only that case fails.
        status: `differs`, `missing` or `unprobed`.
        file: path of the source file.
        line: line in it, from 1.
    """

    name: str
    status: str
    file: str
    line: int


@dataclass(frozen=True)
class _Rule:
    """A probe that is not equal, and the calls that it concerns."""

    name: str
    status: str
    when: re.Pattern[str] | None


@dataclass(frozen=True)
class _Table:
    """The conformance table by name.

    Attributes:
        known: names with at least one probe.
        rules: name → its probes that are not equal.
        unprobed: public names of PySpark without a probe.
        version: version of pysail that was probed.
    """

    known: frozenset[str]
    rules: dict[str, tuple[_Rule, ...]]
    unprobed: frozenset[str]
    version: str

    def failing(self, name: str, arguments: str | None) -> Iterator[_Rule]:
        """Yield what fails of a name.

        Args:
            name: such as `functions.upper`.
            arguments: text of the call's arguments. None: unknown, so that every case counts.
        """
        if name not in self.known:
            yield _Rule(name, "unprobed", None)
        for rule in self.rules.get(name, ()):
            if arguments is None or rule.when is None or rule.when.search(arguments):
                yield rule


@functools.cache
def conformance() -> _Table:
    """Return the checked-in conformance table."""
    content = json.loads(_TABLE.read_text(encoding="utf-8"))
    rules: dict[str, tuple[_Rule, ...]] = {}
    for probe in content["probes"]:
        name, case = probe["name"], probe.get("case")
        if probe["status"] == "equal" or probe.get("edge"):
            continue
        when = re.compile(probe["when"], re.DOTALL) if probe.get("when") else None
        rule = _Rule(f"{name} [{case}]" if case else name, probe["status"], when)
        rules[name] = (*rules.get(name, ()), rule)
    return _Table(
        frozenset(probe["name"] for probe in content["probes"]),
        rules,
        frozenset(content["unprobed"]),
        content["pysail"],
    )


def probed_version() -> str:
    """Return the version of pysail that the probes have compared with Spark."""
    return conformance().version


def unsupported_on_sail(transform: Transform[Any, Any], fingerprints: CodeFingerprints) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in a transform's code; empty if the transform can run on Sail.

    Args:
        transform: a transform of the project.
        fingerprints: the project's code fingerprints, which know the modules that the transform imports.
    """
    if isinstance(transform, SqlTransform):
        return scan_sql(transform.statement.query, str(transform.file))
    modules = {transform.__module__, transform.compute_function.__module__, *fingerprints.of(transform).modules}
    return tuple(found for module in sorted(modules) for found in _scan_module(module))


def _scan_module(name: str) -> tuple[Unsupported, ...]:
    """Return the findings of a module; one that has no readable source is itself a finding."""
    file = file_of_module(name)
    if file is None:
        return (Unsupported(f"module {name} without source", "unprobed", name, 1),)
    return _scan_file(file, file.stat().st_mtime_ns)


@functools.cache
def _scan_file(file: Path, modified: int) -> tuple[Unsupported, ...]:
    """Return the findings of a file at a time of modification."""
    try:
        return scan_source(file.read_text(encoding="utf-8"), str(file))
    except (SyntaxError, ValueError):
        return (Unsupported(f"module {file.stem} without source", "unprobed", str(file), 1),)


def scan_source(source: str, file: str) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in the code of a Python module.

    Args:
        source: the module's text.
        file: its path, for the results.

    Raises:
        SyntaxError: the text is not Python.
    """
    return tuple(dict.fromkeys(_Module(ast.parse(source, file), file).unsupported()))


def scan_sql(statement: str, file: str, first_line: int = 1) -> tuple[Unsupported, ...]:
    """Return the functions in SQL text that Sail cannot compute.

    Args:
        statement: a statement or an expression.
        file: path of the source file, for the results.
        first_line: line of the file at which the text begins.
    """
    from sqlglot import TokenType  # slow, and most transforms have no SQL
    from sqlglot.errors import SqlglotError

    from transforms_api.project import tokens_of

    try:
        tokens = tokens_of(statement)
    except SqlglotError:
        return (Unsupported("SQL that cannot be read", "unprobed", file, first_line),)
    table, found = conformance(), list[Unsupported]()
    for token, following in itertools.pairwise(tokens):
        if following.token_type is not TokenType.L_PAREN or not token.text.isidentifier():
            continue
        name = f"functions.{token.text.lower()}"
        if name not in table.known and token.token_type is not TokenType.VAR and name not in table.unprobed:
            continue  # a keyword before a parenthesis, such as IN or OVER
        rules = table.failing(name, statement[following.start :])
        found += (Unsupported(rule.name, rule.status, file, first_line + token.line - 1) for rule in rules)
    return tuple(dict.fromkeys(found))


class _Module:
    """One module's syntax tree, with the names that its imports and constants define."""

    def __init__(self, tree: ast.Module, file: str) -> None:
        self._file = file
        self._table = conformance()
        self._aliases = {"pyspark.sql.functions"}
        self._functions: dict[str, str] = {}
        self._foreign: set[str] = set()
        self._constants: dict[str, str] = {}
        self._nodes = list(ast.walk(tree))
        for node in self._nodes:
            if isinstance(node, ast.Import):
                self._read_import(node)
            elif isinstance(node, ast.ImportFrom):
                self._read_import_from(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._constants[target.id] = ast.unparse(node.value)

    def unsupported(self) -> Iterator[Unsupported]:
        """Yield the findings in the order of the tree."""
        calls = {_position(node.func): node for node in self._nodes if isinstance(node, ast.Call)}
        for node in self._nodes:
            if isinstance(node, ast.ImportFrom) and node.module == _FUNCTIONS and node.names[0].name == "*":
                yield Unsupported("from pyspark.sql.functions import *", "unprobed", self._file, node.lineno)
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            call = calls.get(_position(node))
            for rule in self._failing(node, call):
                yield Unsupported(rule.name, rule.status, self._file, node.lineno)
            if call is not None:
                yield from self._in_sql(node, call)

    def _failing(self, node: ast.Name | ast.Attribute, call: ast.Call | None) -> Iterator[_Rule]:
        arguments = self._text_of_arguments(call) if call is not None else None
        if (function := self._function_of(node)) is not None:
            yield from self._table.failing(f"functions.{function}", arguments)
        elif isinstance(node, ast.Attribute) and not self._is_foreign(node.value):
            for name in (f"{owner}.{node.attr}" for owner in _CLASSES):
                if name in self._table.unprobed or name in self._table.rules:
                    yield from self._table.failing(name, arguments)

    def _function_of(self, node: ast.Name | ast.Attribute) -> str | None:
        """Return the name in pyspark.sql.functions that a node means, None for anything else."""
        if isinstance(node, ast.Name):
            return self._functions.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node.attr if ast.unparse(node.value) in self._aliases else None

    def _is_foreign(self, receiver: ast.expr) -> bool:
        """Return whether an expression is certainly none of PySpark's objects: a literal, or a module of others."""
        if isinstance(receiver, (ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Tuple, ast.Set, ast.ListComp)):
            return True
        return isinstance(receiver, ast.Name) and (receiver.id in self._foreign or receiver.id in self._constants)

    def _text_of_arguments(self, call: ast.Call) -> str | None:
        """Return the text of a call's arguments with constants of the module filled in, None if names stay open."""
        parts = []
        for argument in [*call.args, *call.keywords]:
            value = argument.value if isinstance(argument, ast.keyword) else argument
            text = self._constants.get(value.id) if isinstance(value, ast.Name) else ast.unparse(value)
            if text is None and isinstance(value, ast.Name):
                return None
            parts.append(f"{argument.arg}={text}" if isinstance(argument, ast.keyword) else str(text))
        return ", ".join(parts)

    def _in_sql(self, node: ast.Name | ast.Attribute, call: ast.Call) -> Iterator[Unsupported]:
        """Yield the findings in the texts of SQL that a call passes to PySpark."""
        name = self._function_of(node) or (node.attr if isinstance(node, ast.Attribute) else "")
        if name in _SQL_METHODS:
            for argument in call.args:
                text = argument
                if isinstance(text, ast.Name) and text.id in self._constants:
                    text = ast.parse(self._constants[text.id], mode="eval").body
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield from scan_sql(text.value, self._file, call.lineno)
                elif name != "sql" or not self._is_foreign(getattr(node, "value", text)):
                    yield Unsupported("SQL that the code computes", "unprobed", self._file, call.lineno)
        elif name == "call_function" and call.args and isinstance(call.args[0], ast.Constant):
            for rule in self._table.failing(f"functions.{call.args[0].value!s}", self._text_of_arguments(call)):
                yield Unsupported(rule.name, rule.status, self._file, call.lineno)

    def _read_import(self, node: ast.Import) -> None:
        for name in node.names:
            if name.name == _FUNCTIONS and name.asname:
                self._aliases.add(name.asname)
            elif not name.name.startswith("pyspark"):
                self._foreign.add(name.asname or name.name.partition(".")[0])

    def _read_import_from(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            own = name.asname or name.name
            if node.module == "pyspark.sql" and name.name == "functions":
                self._aliases.add(own)
            elif node.module == _FUNCTIONS:
                self._functions[own] = name.name


def _position(node: ast.expr) -> tuple[int, int, int | None, int | None, type[ast.expr]]:
    """Return the position of an expression, which identifies it in its module."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, type(node)
