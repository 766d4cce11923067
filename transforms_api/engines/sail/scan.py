"""Scan a transform's code for what Sail lacks or computes differently from Spark.

The deny list is conformance.json, which scripts/check-engines writes: the status of each probe, and the public names of
PySpark without a probe. A scan reads source code; it imports nothing and starts no engine. When the code does not show
whether a call is one of PySpark's, the scan reports it: a false alarm costs time, a wrong number costs trust.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import importlib.util
import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transforms_api.declare import Transform
from transforms_api.engines.sail.reachable import Unit, units_of, unused_units
from transforms_api.project import CodeFingerprints, SqlTransform, file_of_module
from transforms_api.syntax import parse_python

_TABLE = Path(__file__).with_name("conformance.json")
_FUNCTIONS = "pyspark.sql.functions"
_CLASSES = ("Column", "DataFrame", "GroupedData", "DataFrameNaFunctions", "DataFrameStatFunctions", "SparkSession")
_SQL_METHODS = {"expr", "selectExpr", "sql"}
_OPERATORS: dict[type[ast.operator], str] = {ast.Mult: "Column.*", ast.Div: "Column./", ast.Mod: "Column.%"}
_SQL_OPERATORS = ("/", "%")
_DECIMALS = re.compile(r"\bdecimal\b\s*(\(|$)", re.IGNORECASE)
_SUBMODULES = ("", "sql", "errors", "storagelevel", "version")
"""Modules of PySpark that a transform may import and that the probes know by their names."""
_LIBRARIES = ("pyspark", "transforms", "transforms_api", "pandas", "numpy", "pyarrow", "polars", "duckdb")
"""Libraries that mention PySpark and need no look: scanned by name, our own, or without effect on Spark's frames."""


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
    """A probe that is not equal, and the calls that it concerns.

    Attributes:
        name: name of the probe, with its case in brackets.
        status: `differs`, `missing` or `unprobed`.
        when: pattern of the arguments of the calls that it concerns; None: it concerns all.
        of_decimals: whether it concerns calls with decimals only.
    """

    name: str
    status: str
    when: re.Pattern[str] | None
    of_decimals: bool = False


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

    def name_in_sql(self, function: str) -> str:
        """Return the name of the probe of a function in SQL text, which the client does not correct.

        Args:
            function: name of the function.
        """
        own = f"sql.{function.lower()}()"
        return own if own in self.known else f"functions.{function.lower()}"

    def failing(self, name: str, arguments: str | None, has_decimals: bool = True) -> Iterator[_Rule]:
        """Yield what fails of a name.

        Args:
            name: such as `functions.upper`.
            arguments: text of the call's arguments. None: unknown, so that every case counts.
            has_decimals: whether an argument may be a decimal.
        """
        if name not in self.known:
            yield _Rule(name, "unprobed", None)
        for rule in self.rules.get(name, ()):
            is_meant = arguments is None or rule.when is None or rule.when.search(arguments)
            if is_meant and (has_decimals or not rule.of_decimals):
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
        rule = _Rule(f"{name} [{case}]" if case else name, probe["status"], when, case == "decimals")
        rules[name] = (*rules.get(name, ()), rule)
    return _Table(
        frozenset(probe["name"] for probe in content["probes"]),
        rules,
        _names_of_this_pyspark(content["unprobed"]),
        content["pysail"],
    )


def _names_of_this_pyspark(by_version: dict[str, list[str]]) -> frozenset[str]:
    """Return the names without a probe that the installed PySpark has; those of all versions if it was not probed."""
    line = ".".join(importlib.metadata.version("pyspark").split(".")[:2])
    return frozenset(by_version.get(line) or itertools.chain.from_iterable(by_version.values()))


def probed_version() -> str:
    """Return the version of pysail that the probes have compared with Spark."""
    return conformance().version


def unsupported_on_sail(
    transform: Transform[Any, Any], fingerprints: CodeFingerprints, reads_decimals: bool = False
) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in a transform's code; empty if the transform can run on Sail.

    Args:
        transform: a transform of the project.
        fingerprints: the project's code fingerprints, which know the modules that the transform imports.
        reads_decimals: whether an input has a column of decimals.
    """
    if isinstance(transform, SqlTransform):
        return scan_sql(transform.statement.query, str(transform.file), has_decimals=reads_decimals)
    own, code = transform.compute_function, fingerprints.of(transform)
    parsed = {name: _parse(name) for name in sorted({transform.__module__, own.__module__, *code.modules})}
    known = {name: one for name, one in parsed.items() if one is not None}
    unused = unused_units({name: one.units for name, one in known.items()}, own.__module__, _outermost_name(own))
    makers = frozenset(name for one in known.values() for name in one.makers_of_decimals)
    found = [Unsupported(f"module {name} without source", "unprobed", name, 1) for name in parsed.keys() - known.keys()]
    for name, module in known.items():
        found += module.unsupported(unused[name], makers, reads_decimals)
    found += [
        Unsupported(f"the library {name}, which uses PySpark", "unprobed", transform.location.rpartition(":")[0], 1)
        for name in code.libraries
        if uses_pyspark(name)
    ]
    return tuple(dict.fromkeys(found))


def _outermost_name(function: Any) -> str:
    """Return the name at the top level of the module that contains the definition of a function."""
    return str(getattr(function, "__qualname__", "")).partition(".")[0]


def _parse(name: str) -> _Module | None:
    """Return a module of the project; None if it has no readable source."""
    file = file_of_module(name)
    try:
        return None if file is None else _parse_file(file, file.stat().st_mtime_ns)
    except (SyntaxError, ValueError, OSError):
        return None


@functools.cache
def _parse_file(file: Path, modified: int) -> _Module:
    source = file.read_text(encoding="utf-8")
    return _Module(source, str(file))


def scan_source(source: str, file: str) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in the code of a Python module.

    Args:
        source: the module's text.
        file: its path, for the results.

    Raises:
        SyntaxError: the text is not Python.
    """
    module = _Module(source, file)
    return tuple(dict.fromkeys(module.unsupported((), module.makers_of_decimals, False)))


def scan_sql(statement: str, file: str, first_line: int = 1, has_decimals: bool = False) -> tuple[Unsupported, ...]:
    """Return the functions in SQL text that Sail cannot compute.

    Args:
        statement: a statement or an expression.
        file: path of the source file, for the results.
        first_line: line of the file at which the text begins.
        has_decimals: whether the statement may read decimals.
    """
    from sqlglot import TokenType  # slow, and most transforms have no SQL
    from sqlglot.errors import SqlglotError

    from transforms_api.project import tokens_of

    try:
        tokens = tokens_of(statement)
    except SqlglotError:
        return (Unsupported("SQL that cannot be read", "unprobed", file, first_line),)
    table, found = conformance(), list[Unsupported]()
    has_decimals = has_decimals or _DECIMALS.search(statement) is not None
    for token, following in itertools.pairwise(tokens):
        if token.text in _SQL_OPERATORS:
            rules = table.failing(f"Column.{token.text}", following.text, has_decimals)
            found += (Unsupported(rule.name, rule.status, file, first_line + token.line - 1) for rule in rules)
    for token, following in itertools.pairwise(tokens):
        if following.token_type is not TokenType.L_PAREN or not token.text.isidentifier():
            continue
        name = f"functions.{token.text.lower()}"
        if name not in table.known and token.token_type is not TokenType.VAR and name not in table.unprobed:
            continue  # a keyword before a parenthesis, such as IN or OVER
        if f"sql.{token.text.upper()}" in table.known and name not in table.known:
            continue  # a construct with a probe, such as CAST
        rules = table.failing(table.name_in_sql(token.text), statement[following.start :], has_decimals)
        found += (Unsupported(rule.name, rule.status, file, first_line + token.line - 1) for rule in rules)
    return tuple(dict.fromkeys(found))


class _Module:
    """One module's syntax tree, with the names that its imports and constants define.

    Args:
        source: text of the module.
        file: path of its file, for the results.

    Attributes:
        units: its functions and classes.
        makers_of_decimals: names of its functions, classes and constants whose code makes decimals.

    Raises:
        SyntaxError: the text is not Python.
    """

    def __init__(self, source: str, file: str) -> None:
        tree = parse_python(source, file)
        self._file = file
        self._table = conformance()
        self._aliases = {"pyspark.sql.functions"}
        self._functions: dict[str, str] = {}
        self._foreign: set[str] = set()
        self._constants: dict[str, str] = {}
        self._nodes = list(ast.walk(tree))
        self._found: dict[tuple[frozenset[str], bool], tuple[Unsupported, ...]] = {}
        self.units = units_of(tree)
        self.makers_of_decimals = frozenset(_makers_of_decimals(tree))
        for node in self._nodes:
            if isinstance(node, ast.Import):
                self._read_import(node)
            elif isinstance(node, ast.ImportFrom):
                self._read_import_from(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._constants[target.id] = ast.unparse(node.value)

    def unsupported(self, unused: Sequence[Unit], makers: frozenset[str], reads_decimals: bool) -> list[Unsupported]:
        """Return the findings, in the order of the tree.

        Args:
            unused: the units that do not count.
            makers: names of functions and constants, of any module, that make decimals.
            reads_decimals: whether columns of inputs are decimals.
        """
        key = makers, reads_decimals
        if key not in self._found:
            self._found[key] = tuple(self._all_unsupported(makers, reads_decimals))
        return [found for found in self._found[key] if not _lies_in(found.line, unused)]

    def _all_unsupported(self, makers: frozenset[str], reads_decimals: bool) -> Iterator[Unsupported]:
        of_decimals = [unit for unit in self.units.units if unit.name in makers or not makers.isdisjoint(unit.uses)]
        calls = {_position(node.func): node for node in self._nodes if isinstance(node, ast.Call)}
        for node in self._nodes:
            has_decimals = reads_decimals or _lies_in(getattr(node, "lineno", 0), of_decimals)
            yield from self._in_statement(node, has_decimals)
            if not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            call = calls.get(_position(node))
            for rule in self._failing(node, call, has_decimals):
                yield Unsupported(rule.name, rule.status, self._file, node.lineno)
            if call is not None:
                yield from self._in_sql(node, call, has_decimals)
                yield from self._in_call(node, call)

    def _in_statement(self, node: ast.AST, has_decimals: bool) -> Iterator[Unsupported]:
        """Yield the findings in imports and operators."""
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from self._of_submodule(name.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from self._of_submodule(node.module, node.lineno)
            if node.module == "pyspark":
                for name in node.names:
                    yield from self._of_submodule(f"pyspark.{name.name}", node.lineno)
            if node.module == _FUNCTIONS and node.names[0].name == "*":
                yield Unsupported("from pyspark.sql.functions import *", "unprobed", self._file, node.lineno)
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _OPERATORS:
            left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            if not (_is_literal(left) and _is_literal(right)) and not _is_text(left):
                for rule in self._table.failing(_OPERATORS[type(node.op)], ast.unparse(right), has_decimals):
                    yield Unsupported(rule.name, rule.status, self._file, node.lineno)

    def _of_submodule(self, module: str, line: int) -> Iterator[Unsupported]:
        package, _, below = module.partition(".")
        part = below.partition(".")[0]
        if package == "pyspark" and part and part not in _SUBMODULES and part[0].islower():
            yield Unsupported(f"module pyspark.{part}", "unprobed", self._file, line)

    def _in_call(self, node: ast.Name | ast.Attribute, call: ast.Call) -> Iterator[Unsupported]:
        """Yield the findings in calls that change settings, which Sail need not know."""
        if isinstance(node, ast.Attribute) and node.attr == "set" and ast.unparse(node.value).endswith(".conf"):
            yield Unsupported("spark.conf.set", "unprobed", self._file, call.lineno)

    def _failing(self, node: ast.Name | ast.Attribute, call: ast.Call | None, has_decimals: bool) -> Iterator[_Rule]:
        arguments = self._text_of_arguments(call) if call is not None else None
        if (function := self._function_of(node)) is not None:
            yield from self._table.failing(f"functions.{function}", arguments, has_decimals)
        elif isinstance(node, ast.Attribute) and not self._is_foreign(node.value):
            for name in (f"{owner}.{node.attr}" for owner in _CLASSES):
                if name in self._table.unprobed or name in self._table.rules:
                    yield from self._table.failing(name, arguments, has_decimals)

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

    def _in_sql(self, node: ast.Name | ast.Attribute, call: ast.Call, has_decimals: bool) -> Iterator[Unsupported]:
        """Yield the findings in the texts of SQL that a call passes to PySpark."""
        name = self._function_of(node) or (node.attr if isinstance(node, ast.Attribute) else "")
        if name in _SQL_METHODS:
            for argument in call.args:
                text = argument
                if isinstance(text, ast.Name) and text.id in self._constants:
                    text = parse_python(self._constants[text.id], mode="eval").body
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield from scan_sql(text.value, self._file, call.lineno, has_decimals)
                elif name != "sql" or not self._is_foreign(getattr(node, "value", text)):
                    yield Unsupported("SQL that the code computes", "unprobed", self._file, call.lineno)
        elif name == "call_function" and call.args and isinstance(call.args[0], ast.Constant):
            own = self._table.name_in_sql(str(call.args[0].value))
            for rule in self._table.failing(own, self._text_of_arguments(call), has_decimals):
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


def _makers_of_decimals(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if not any(_makes_decimals(one) for one in ast.walk(node)):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def _makes_decimals(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "\n" not in node.value and _DECIMALS.search(node.value) is not None
    name = getattr(node, "attr", None) if isinstance(node, ast.Attribute) else getattr(node, "id", None)
    return name in ("Decimal", "DecimalType")


def _lies_in(line: int, units: Sequence[Unit]) -> bool:
    return any(unit.first <= line <= unit.last for unit in units)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    return isinstance(node, (ast.Constant, ast.List, ast.Tuple)) or (
        isinstance(node, ast.BinOp) and _is_literal(node.left) and _is_literal(node.right)
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@functools.cache
def uses_pyspark(library: str) -> bool:
    """Return whether the code of an installed library mentions PySpark, so that it may do what Sail lacks.

    Args:
        library: import name of a library.
    """
    if library in _LIBRARIES or library in sys.stdlib_module_names:
        return False
    try:
        spec = importlib.util.find_spec(library)
    except (ImportError, ValueError):
        return False
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ()) if spec] if spec else []
    files = [file for folder in folders for file in folder.rglob("*.py")]
    if spec is not None and spec.origin and not folders:
        files = [Path(spec.origin)]
    own = Path(__file__).parents[3]
    return any(b"pyspark" in file.read_bytes() for file in files if file.suffix == ".py" and not _is_ours(file, own))


def _is_ours(file: Path, root: Path) -> bool:
    return any(file.is_relative_to(root / part) for part in ("transforms", "transforms_api", "foundry_names"))
