"""Scan a transform's code for what Sail lacks or computes differently from Spark.

A scan reads source code; it imports nothing and starts no engine. It follows names to their assignments, and infers
which columns may be decimals or structs. When the code does not show whether a call is one of PySpark's, the scan
reports it: a false alarm costs time, a wrong number costs trust.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import itertools
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from transforms_api.declare import Transform
from transforms_api.engines.sail.bindings import ModuleCode, Scope, is_foreign, resolve
from transforms_api.engines.sail.deny_list import Rule, Unsupported, deny_list
from transforms_api.engines.sail.kinds import (
    DECIMAL,
    DOUBLE,
    OPEN,
    STRUCT,
    UNKNOWN_TEXT,
    Definition,
    Inference,
    NamesOfKind,
    Value,
    definitions_in,
    join,
    kinds_in,
    kinds_made_by,
    names_of_kind,
    texts_of,
)
from transforms_api.engines.sail.reachable import Unit, unit_of, used_units
from transforms_api.project import CodeFingerprints, SqlTransform
from transforms_api.syntax import parse_python

_FUNCTIONS = "pyspark.sql.functions"
_CLASSES = ("Column", "DataFrame", "GroupedData", "DataFrameNaFunctions", "DataFrameStatFunctions", "SparkSession")
_SQL_METHODS = {"expr", "selectExpr", "sql"}
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Add: "+", ast.Sub: "-", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_UNARY_MINUS = "Column.unary -"
_SQL_OPERATORS = ("/", "%", "*")
_SUBMODULES = ("", "sql", "errors", "storagelevel", "version")
"""Modules of PySpark that a transform may import and that the probes know by their names."""
_MODULES_OF_SQL = ("column", "dataframe", "functions", "group", "session", "types", "utils", "window")
"""The same for modules of pyspark.sql; below them are other ways to the same functions, such as functions.builtin."""
_LIBRARIES = ("pyspark", "transforms", "transforms_api", "pandas", "numpy", "pyarrow", "polars", "duckdb")
"""Libraries that mention PySpark and need no look: scanned by name, our own, or without effect on Spark's frames."""
_MOST_TEXTS = 50
"""Texts of arguments that a call may have; beyond, every case of the function counts."""

InputKinds = Mapping[str, frozenset[str]]
"""Kind, DECIMAL, STRUCT or DOUBLE → names of columns of a transform's inputs that have it."""


@dataclass(frozen=True)
class _Candidate:
    """A finding; if its rule concerns kinds of columns, only if `value` may have each of them."""

    finding: Unsupported
    kinds: tuple[str, ...] = ()
    value: Value = OPEN


@dataclass(frozen=True)
class _Part:
    """A top-level statement of a module.

    Attributes:
        unit: its name and the names that it uses.
        makes: kinds of columns that its code makes.
        candidates: what the scan may report.
        definitions: what it says about names of columns.
        assigned: names that it assigns, if it is an assignment.
    """

    unit: Unit
    makes: frozenset[str]
    candidates: tuple[_Candidate, ...]
    definitions: tuple[Definition, ...]
    assigned: frozenset[str]


def unsupported_on_sail(
    transform: Transform[Any, Any], fingerprints: CodeFingerprints, input_kinds: InputKinds | None = None
) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in a transform's code; empty if the transform can run on Sail.

    A transform is scanned once, as long as the fingerprints and the kinds of its inputs are the same.

    Args:
        transform: a transform of the project.
        fingerprints: the project's code fingerprints, which know the modules that the transform imports.
        input_kinds: kind → columns of the inputs that have it; None: no input has decimals or structs.
    """
    with _LOCK:
        scan = _SCANS.get(fingerprints)
        if scan is None:
            scan = _SCANS[fingerprints] = _Scan(fingerprints)
        return scan.unsupported(transform, input_kinds or {})


class _Scan:
    """The scan of a project's code as it was when its fingerprints were made.

    Args:
        fingerprints: the project's code fingerprints.
    """

    def __init__(self, fingerprints: CodeFingerprints) -> None:
        self._fingerprints = fingerprints
        self._modules: dict[str, _Module | None] = {}
        self._results: dict[tuple[Transform[Any, Any], frozenset[tuple[str, str]]], tuple[Unsupported, ...]] = {}

    def unsupported(self, transform: Transform[Any, Any], input_kinds: InputKinds) -> tuple[Unsupported, ...]:
        key = (transform, frozenset((kind, name) for kind, names in input_kinds.items() for name in names))
        if key not in self._results:
            findings = _of_sql(transform, input_kinds) if isinstance(transform, SqlTransform) else self._of_code(*key)
            self._results[key] = tuple(dict.fromkeys(findings))
        return self._results[key]

    def _of_code(self, transform: Transform[Any, Any], columns: frozenset[tuple[str, str]]) -> Iterator[Unsupported]:
        own, code = transform.compute_function, self._fingerprints.of(transform)
        modules = {name: self._module(name) for name in sorted({transform.__module__, own.__module__, *code.modules})}
        known = {name: module.parts for name, module in modules.items() if module is not None}
        aliases = {name: meant for module in modules.values() if module for name, meant in module.aliases.items()}
        units = {name: [part.unit for part in parts] for name, parts in known.items()}
        used = used_units(units, aliases, own.__module__, _outermost_name(own))
        for name in modules.keys() - known.keys():
            yield Unsupported(f"module {name} without source", "unprobed", name, 1)
        yield from _findings([part for parts in known.values() for part in parts if part.unit in used], columns)
        for name in code.libraries:
            if uses_pyspark(name):
                file = transform.location.rpartition(":")[0]
                yield Unsupported(f"the library {name}, which uses PySpark", "unprobed", file, 1)

    def _module(self, name: str) -> _Module | None:
        if name not in self._modules:
            self._modules[name] = None
            syntax = self._fingerprints.syntax_of(name)
            if syntax is not None:
                self._modules[name] = _Module(syntax[1], str(syntax[0]), name, self._code_of)
        return self._modules[name]

    def _code_of(self, name: str) -> ModuleCode | None:
        module = self._module(name) if self._fingerprints.is_of_project(name) else None
        return module.code if module is not None else None


_SCANS: WeakKeyDictionary[CodeFingerprints, _Scan] = WeakKeyDictionary()
_LOCK = threading.RLock()
"""Jobs choose their engines in parallel threads."""


def _outermost_name(function: Any) -> str:
    """Return the name at the top level of the module that contains the definition of a function."""
    return str(getattr(function, "__qualname__", "")).partition(".")[0]


def _findings(parts: list[_Part], columns: frozenset[tuple[str, str]]) -> Iterator[Unsupported]:
    """Yield what parts of modules have that Sail cannot compute.

    Args:
        parts: the parts that a transform may run.
        columns: kind and name of the columns of its inputs.
    """
    touching, computing, named = dict[str, set[Unit]](), dict[str, set[Unit]](), dict[str, NamesOfKind]()
    for kind in (DECIMAL, STRUCT, DOUBLE):
        read = frozenset(name for column_kind, name in columns if column_kind == kind)
        touching[kind] = _touching(parts, kind, bool(read)) if kind != DOUBLE else set()  # of doubles certainty counts
        computing[kind] = _computing_names(parts, kind)
        definitions = [(definition, part.unit in touching[kind]) for part in parts for definition in part.definitions]
        named[kind] = names_of_kind(kind, definitions, read)

    def is_of(kind: str, value: Value, unit: Unit) -> bool:
        if kind == DOUBLE:
            return named[kind].have_column(value)
        return named[kind].include(value, unit in touching[kind], unit in computing[kind])

    for part in parts:
        for candidate in part.candidates:
            if all(is_of(kind, candidate.value, part.unit) for kind in candidate.kinds):
                yield candidate.finding


def _computing_names(parts: list[_Part], kind: str) -> set[Unit]:
    """Return the units that compute names of columns of a kind, and those that use such a unit."""
    own = {
        part.unit
        for part in parts
        for definition in part.definitions
        if UNKNOWN_TEXT in definition.names and kind in definition.value.kinds
    }
    names = {unit.name for unit in own if unit.name}
    return own | {part.unit for part in parts if not names.isdisjoint(part.unit.uses)}


def _touching(parts: list[_Part], kind: str, is_read: bool) -> set[Unit]:
    """Return the units whose code makes a kind of columns or uses a name that does; all if an input has the kind."""
    if is_read:
        return {part.unit for part in parts}
    makers = {name for part in parts if kind in part.makes for name in (part.unit.name, *part.assigned) if name}
    return {part.unit for part in parts if kind in part.makes or not makers.isdisjoint(part.unit.uses)}


def _unprobed_module(name: str) -> str | None:
    """Return the module of PySpark that an import names, if the probes do not know it; None otherwise."""
    package, *parts = name.split(".")
    if package != "pyspark" or not parts or not parts[0][:1].islower():
        return None
    if parts[0] not in _SUBMODULES:
        return f"pyspark.{parts[0]}"
    if parts[0] != "sql" or len(parts) == 1 or not parts[1][:1].islower():
        return None
    return None if parts[1] in _MODULES_OF_SQL and len(parts) == 2 else ".".join([package, *parts[:3]])


def scan_source(source: str, file: str) -> tuple[Unsupported, ...]:
    """Return what Sail cannot compute in the code of a Python module.

    Args:
        source: the module's text.
        file: its path, for the results.

    Raises:
        SyntaxError: the text is not Python.
    """
    module = _Module(parse_python(source, file), file, Path(file).stem, lambda name: None)
    return tuple(dict.fromkeys(_findings(list(module.parts), frozenset())))


# ---------------------------------------------------------------------------------------------------------------------
# SQL


def scan_sql(statement: str, file: str, first_line: int = 1, kinds: Iterable[str] = ()) -> tuple[Unsupported, ...]:
    """Return the functions and operators in SQL text that Sail cannot compute.

    Args:
        statement: a statement or an expression.
        file: path of the source file, for the results.
        first_line: line of the file at which the text begins.
        kinds: DECIMAL or STRUCT, if the statement may read such columns.
    """
    counting = {*kinds, *kinds_in(statement)}
    rules = _rules_in_sql(statement)
    return tuple(
        dict.fromkeys(rule.at(file, first_line + line) for rule, line in rules if counting.issuperset(rule.kinds))
    )


def _of_sql(transform: SqlTransform, input_kinds: InputKinds) -> tuple[Unsupported, ...]:
    kinds = [kind for kind, names in input_kinds.items() if names]
    return scan_sql(transform.statement.query, str(transform.file), kinds=kinds)


def _rules_in_sql(statement: str) -> Iterator[tuple[Rule, int]]:
    """Yield the rules that concern SQL text, with the line in it, from 0."""
    from sqlglot import TokenType  # slow, and most transforms have no SQL
    from sqlglot.errors import SqlglotError

    from transforms_api.project import tokens_of

    try:
        tokens = tokens_of(statement)
    except SqlglotError:
        yield Rule("SQL that cannot be read", "unprobed"), 0
        return
    table = deny_list()
    for before, token, following in zip([None, *tokens], tokens, tokens[1:], strict=False):
        is_binary = before is not None and _ends_an_operand(before)
        if token.text in _SQL_OPERATORS and is_binary:
            yield from ((rule, token.line - 1) for rule in table.failing(f"Column.{token.text}", following.text))
        elif token.text == "-" and not is_binary and following.token_type is not TokenType.NUMBER:
            yield from ((rule, token.line - 1) for rule in table.failing(_UNARY_MINUS, following.text))
    for before, token, following in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if following.token_type is not TokenType.L_PAREN or not token.text.isidentifier():
            continue
        if before is not None and before.token_type in (TokenType.ALIAS, TokenType.R_PAREN, TokenType.WITH):
            continue  # the name of a table with those of its columns
        name = f"functions.{token.text.lower()}"
        if name not in table.known and token.token_type is not TokenType.VAR and name not in table.unprobed:
            continue  # a keyword before a parenthesis, such as IN or OVER
        if f"sql.{token.text.upper()}" in table.known and name not in table.known:
            continue  # a construct with a probe, such as CAST
        arguments = statement[following.start :]
        yield from ((rule, token.line - 1) for rule in table.failing(table.name_in_sql(token.text), arguments))


def _ends_an_operand(token: Any) -> bool:
    """Return whether an operator may follow a token: `SELECT *` and `count(*)` have none."""
    if token.text.isidentifier():
        return token.text.upper() not in ("SELECT", "DISTINCT", "ALL")
    return token.text in (")", "]") or token.token_type.name in ("NUMBER", "IDENTIFIER", "STRING")


# ---------------------------------------------------------------------------------------------------------------------
# Python


class _Module:
    """One module, analysed part by part when a scan first needs it.

    Args:
        tree: its syntax tree.
        file: path of its file, for the results.
        name: its full name.
        find_module: returns the code of a module of the project; None for others.

    Attributes:
        code: its names and scopes.
        aliases: name in it → the name that it was imported as.
    """

    def __init__(self, tree: ast.Module, file: str, name: str, find_module: Any) -> None:
        self._file, self._table = file, deny_list()
        self.code = ModuleCode(tree, name, Path(file).name == "__init__.py", find_module)
        self._modules_of_functions = {_FUNCTIONS}
        self._functions: dict[str, str] = {}
        self._imported: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        for _, nodes in self.code.statements:
            for node, _ in nodes:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    self._read_import(node)
        self._inference = Inference(self._function_of)

    @functools.cached_property
    def parts(self) -> tuple[_Part, ...]:
        """Its top-level statements with what the scan may report of each."""
        return tuple(self._part(statement, nodes) for statement, nodes in self.code.statements)

    def _part(self, statement: ast.stmt, nodes: list[tuple[ast.AST, Scope]]) -> _Part:
        calls = {node.func: node for node, _ in nodes if isinstance(node, ast.Call)}
        docstrings = {node.value for node, _ in nodes if isinstance(node, ast.Expr)}
        own = [node for node, _ in nodes if node not in docstrings]
        assigned = {node.id for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return _Part(
            unit_of(statement, own, self._imported),
            frozenset().union(*map(kinds_made_by, own)),
            tuple(candidate for node, scope in nodes for candidate in self._candidates(node, scope, calls)),
            tuple(definition for node, scope in nodes for definition in definitions_in(node, scope, self._inference)),
            frozenset(assigned if isinstance(statement, (ast.Assign, ast.AnnAssign)) else ()),
        )

    def _candidates(self, node: ast.AST, scope: Scope, calls: Mapping[ast.expr, ast.Call]) -> Iterator[_Candidate]:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from self._in_import(node)
        elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.Compare, ast.UnaryOp)):
            yield from self._in_operator(node, scope)
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            call = calls.get(node)
            yield from self._in_name(node, call, scope)
            if call is not None:
                yield from self._in_sql(node, call, scope)

    def _found(self, rule: Rule, line: int, value: Value = OPEN) -> _Candidate:
        return _Candidate(rule.at(self._file, line), rule.kinds, value)

    def _in_import(self, node: ast.Import | ast.ImportFrom) -> Iterator[_Candidate]:
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            is_package = node.module in ("pyspark", "pyspark.sql")
            names = [node.module or "", *(f"{node.module}.{name}" for name in names if is_package)]
            if node.level:
                return
            if node.module == _FUNCTIONS and node.names[0].name == "*":
                yield self._found(Rule("from pyspark.sql.functions import *", "unprobed"), node.lineno)
        for name in names:
            if (module := _unprobed_module(name)) is not None:
                yield self._found(Rule(f"module {module}", "unprobed"), node.lineno)

    def _in_operator(
        self, node: ast.BinOp | ast.AugAssign | ast.Compare | ast.UnaryOp, scope: Scope
    ) -> Iterator[_Candidate]:
        for name, operands in _operations(node):
            if all(map(_is_literal, operands)) or name not in self._table.rules:
                continue
            values = [self._inference.value(operand, scope) for operand in operands]
            if any(value.is_double for value in values):
                kind_value = Value()
            elif values[0].texts and not values[0].is_open and not values[0].names:
                continue  # text, such as '%s' % x
            else:
                kind_value = join(values)
            for rule in self._table.failing(name, ast.unparse(operands[-1])):
                yield self._found(rule, node.lineno, kind_value)

    def _in_name(self, node: ast.Name | ast.Attribute, call: ast.Call | None, scope: Scope) -> Iterator[_Candidate]:
        if (function := self._function_of(node, scope)) is not None:
            names = [f"functions.{function}"]
        elif isinstance(node, ast.Attribute):
            names = [f"{owner}.{node.attr}" for owner in _CLASSES]
            names = [name for name in names if name in self._table.unprobed or name in self._table.rules]
            if call is not None:
                names = [name for name in names if name not in self._table.properties]
            if call is not None and node.attr == "set" and ast.unparse(node.value).endswith(".conf"):
                yield self._found(Rule("spark.conf.set", "unprobed"), call.lineno)
            if not names or is_foreign(node.value, scope):
                return
        else:
            return
        for name in names:
            if name not in self._table.rules and name in self._table.known:
                continue
            for rule in self._rules(name, call, scope):
                yield self._found(rule, node.lineno, self._concerned(node, call, scope) if rule.kinds else OPEN)

    def _rules(self, name: str, call: ast.Call | None, scope: Scope) -> Iterable[Rule]:
        texts = self._texts_of_arguments(call, scope) if call is not None else [None]
        return dict.fromkeys(rule for text in texts for rule in self._table.failing(name, text))

    def _concerned(self, node: ast.Name | ast.Attribute, call: ast.Call | None, scope: Scope) -> Value:
        """Return what the columns that a call computes may be."""
        if call is None:
            return OPEN
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        values = [self._inference.column(argument, scope) for argument in arguments]
        if isinstance(node, ast.Attribute) and self._function_of(node, scope) is None:
            values.append(self._inference.value(node.value, scope))
        return join(values)

    def _function_of(self, node: ast.expr, scope: Scope) -> str | None:
        """Return the name in pyspark.sql.functions that a node means, None for anything else."""
        if isinstance(node, ast.Name):
            return self._functions.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        module: ast.expr = node.value
        name = module.id if isinstance(module, ast.Name) else ""
        is_whole_name = isinstance(module, ast.Attribute) and module.attr == "functions"
        is_functions = name in self._modules_of_functions or (is_whole_name and ast.unparse(module) == _FUNCTIONS)
        return node.attr if is_functions else None

    def _texts_of_arguments(self, call: ast.Call, scope: Scope) -> list[str | None]:
        """Return the texts that a call's arguments may have, constants filled in; None if names stay open."""
        parts: list[list[str]] = []
        named = [(f"{keyword.arg}=", keyword.value) for keyword in call.keywords]
        for prefix, argument in [*(("", positional) for positional in call.args), *named]:
            texts = self._texts_of(argument, scope)
            if texts is None:
                return [None]
            parts.append([prefix + text for text in texts])
            if _number_of_texts(parts) > _MOST_TEXTS:
                return [None]
        return [", ".join(combination) for combination in itertools.product(*parts)]

    def _texts_of(self, node: ast.expr, scope: Scope) -> list[str] | None:
        """Return the texts of an argument; None if it is a name, or a text, that the code computes."""
        if isinstance(node, ast.Constant):
            return [repr(node.value)]
        if isinstance(node, (ast.Name, ast.Attribute, ast.JoinedStr, ast.BinOp, ast.Starred, ast.IfExp)):
            texts = texts_of(node, scope, self._inference)
            if texts is not None:
                return sorted(map(repr, texts))
            is_column = isinstance(node, ast.Attribute) and not _is_of_definition(node, scope)
            if not is_column and (not isinstance(node, ast.BinOp) or self._inference.value(node, scope).texts):
                return None
        return [ast.unparse(node)]

    def _in_sql(self, node: ast.Name | ast.Attribute, call: ast.Call, scope: Scope) -> Iterator[_Candidate]:
        """Yield the findings in the texts of SQL that a call passes to PySpark."""
        name = self._function_of(node, scope) or (node.attr if isinstance(node, ast.Attribute) else "")
        if name in _SQL_METHODS:
            for argument in call.args:
                yield from self._in_sql_text(name, node, argument, scope)
        elif name == "call_function" and call.args and isinstance(call.args[0], ast.Constant):
            for rule in self._rules(self._table.name_in_sql(str(call.args[0].value)), call, scope):
                yield self._found(rule, call.lineno, self._concerned(node, call, scope))

    def _in_sql_text(
        self, name: str, node: ast.Name | ast.Attribute, argument: ast.expr, scope: Scope
    ) -> Iterator[_Candidate]:
        texts = texts_of(argument, scope, self._inference)
        if texts is None:
            if name != "sql" or not (isinstance(node, ast.Attribute) and is_foreign(node.value, scope)):
                yield self._found(Rule("SQL that the code computes", "unprobed"), argument.lineno)
            return
        for text in texts:
            kinds = Value(kinds_in(text), is_open=True)
            for rule, line in _rules_in_sql(text):
                yield self._found(rule, argument.lineno + line, kinds)

    def _read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._imported[alias.asname or alias.name.partition(".")[0]] = alias.name
                if alias.name == _FUNCTIONS and alias.asname:
                    self._modules_of_functions.add(alias.asname)
            return
        for alias in node.names:
            own = alias.asname or alias.name
            if alias.asname:
                self.aliases[own] = alias.name
            if node.module and not node.level:
                self._imported[own] = node.module
            if node.module == "pyspark.sql" and alias.name == "functions":
                self._modules_of_functions.add(own)
            elif node.module == _FUNCTIONS:
                self._functions[own] = alias.name


def _is_of_definition(node: ast.Attribute, scope: Scope) -> bool:
    """Return whether an expression is an attribute of a class or module, and no column such as `rows.name`."""
    first: ast.expr = node
    while isinstance(first, ast.Attribute):
        first = first.value
    return any(binding.kind in ("class", "import") for binding in resolve(first, scope))


def _number_of_texts(parts: list[list[str]]) -> int:
    return functools.reduce(lambda product, part: product * len(part), parts, 1)


def _operations(
    node: ast.BinOp | ast.AugAssign | ast.Compare | ast.UnaryOp,
) -> Iterator[tuple[str, tuple[ast.expr, ...]]]:
    """Yield the names of probes of operators, and the operands of each."""
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub):
            yield _UNARY_MINUS, (node.operand,)
    elif isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if type(operator) in _OPERATORS:
                yield f"Column.{_OPERATORS[type(operator)]}", (left, right)
    elif type(node.op) in _OPERATORS:
        operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.target, node.value]
        yield f"Column.{_OPERATORS[type(node.op)]}", (operands[0], operands[1])


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    return isinstance(node, (ast.Constant, ast.List, ast.Tuple)) or (
        isinstance(node, ast.BinOp) and _is_literal(node.left) and _is_literal(node.right)
    )


# ---------------------------------------------------------------------------------------------------------------------
# Libraries


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
