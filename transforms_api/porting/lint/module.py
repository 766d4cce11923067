"""A module as rules read it (syntax tree, origins of names, enclosing code), and the table of rules."""

from __future__ import annotations

import ast
import functools
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        says: what the code does, as a predicate of 'this module'.
        fix: what to do.
    """

    code: str
    says: str
    fix: str


@dataclass(frozen=True, order=True)
class Finding:
    """A violation of a rule at a position; lines and columns count from 1."""

    file: Path
    line: int
    column: int
    code: str
    message: str

    @property
    def fix(self) -> str:
        """What to do."""
        return RULES[self.code].fix


RULES = {
    rule.code: rule
    for rule in (
        Rule(
            "F101",
            "imports a library that the repository does not declare, so Foundry does not have it",
            "Declare it under `requirements: run` of conda_recipe/meta.yaml, or do without it.",
        ),
        Rule(
            "F102",
            "imports the local runtime, which Foundry does not have",
            "Import from `transforms.api`, or move what needs the runtime out of the modules that transforms import.",
        ),
        Rule(
            "F201",
            "asks Python's clock, so each build gives other rows, and a naive time is in the machine's own time zone",
            "Take it from the data or a parameter; a column that just records the build is `F.current_timestamp()`.",
        ),
        Rule(
            "F202",
            "computes with Spark's clock, so rows depend on when they were built, and grow old without becoming stale",
            "Take the day from the data or a parameter; a column that just records the build may have it.",
        ),
        Rule(
            "F203",
            "draws by chance without a seed, so each build gives other rows",
            "Draw from `random.Random(seed)` or `numpy.random.default_rng(seed)`; make ids from the row's own key.",
        ),
        Rule(
            "F204",
            "lets Spark draw without a seed, so each build gives other rows",
            "Give a seed; make ids from the row's own key: `F.sha2(key, 256)`.",
        ),
        Rule(
            "F205",
            "keeps numbers by partition, which are others on each number of partitions, here and on Foundry",
            "Use `F.row_number()` over a window with an order by a key, or `F.xxhash64` of the key.",
        ),
        Rule(
            "F301",
            "reads or writes a file of its machine, which Foundry's machines do not have or keep",
            "Make the file a dataset and read it by `Input(…)` and `filesystem()`; ship constants in the package.",
        ),
        Rule(
            "F302",
            "calls the network, which Foundry allows to external systems alone",
            "Declare a `Source` by `@external_systems` and use its client.",
        ),
        Rule(
            "F401",
            "uses what Spark 4 has and Foundry's Spark 3.5 lacks",
            "Use what Spark 3.5 has; SQL functions that lack a Python name there can be called by `F.expr`.",
        ),
        Rule(
            "F402",
            "fetches all rows of a dataset into the driver, whose memory Foundry's data can exceed",
            "Stay in Spark, or `limit`, aggregate, or take the distinct values of a column first.",
        ),
        Rule(
            "F501",
            "names a dataset by neither an absolute path nor a RID, or with a doubled slash or blanks around it",
            "Write the path from the root, as in '/Project/folder/dataset'.",
        ),
        Rule(
            "F502",
            "declares a transform that no discovery finds, so it is never built",
            "Discover its package, which needs an `__init__.py`, or put it in a variable or list of a module.",
        ),
        Rule(
            "F503",
            "cannot be imported here, so its transforms cannot be built here",
            "Correct the error, or install the library that is missing.",
        ),
        Rule(
            "F601",
            "uses what only Foundry has; a build here refuses it",
            "Build it on Foundry. Import here the datasets that it writes, if any: `import FOLDER --dataset PATH`.",
        ),
        Rule(
            "F701",
            "is SQL that a build here runs and Foundry refuses, or does not document",
            "Write one CREATE TABLE `/path/of/the/dataset` AS SELECT … in each file, with the datasets in backticks.",
        ),
        Rule(
            "F901",
            "has a comment that silences nothing",
            "Remove the comment, or name the code of a finding on its line: `# lint: ignore[F201]`, in SQL with `--`.",
        ),
    )
}


FUNCTIONS = "pyspark.sql.functions"
Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

_N = TypeVar("_N", bound=ast.AST)


@dataclass(frozen=True, eq=False)
class Module:
    """The file, text and syntax tree of a module."""

    file: Path
    text: str
    tree: ast.Module

    @functools.cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Node → its parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """Name → dotted name that it was imported from; relative imports keep their dots."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    found[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                origin = "." * node.level + (node.module or "")
                found |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names}
        return found

    @functools.cached_property
    def imported(self) -> frozenset[str]:
        """Top-level names of the imported modules."""
        return frozenset(origin.partition(".")[0] for origin in self.names.values())

    @functools.cached_property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """All import statements, except those for type checkers only."""
        return [*self.all_of(ast.Import), *self.all_of(ast.ImportFrom)]

    @functools.cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods, including nested ones."""
        return [*self.all_of(ast.FunctionDef), *self.all_of(ast.AsyncFunctionDef)]

    def all_of(self, kind: type[_N]) -> Iterator[_N]:
        """Yield the nodes of a type that run when the module is imported or its functions are called, in any order.

        Args:
            kind: type of the nodes.
        """
        yield from (node for node in self._running if isinstance(node, kind))

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the ancestors of a node, the innermost first.

        Args:
            node: the node.
        """
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function_of(self, node: ast.AST) -> ast.AST:
        """Return the innermost function around a node, the module itself outside of functions.

        Args:
            node: the node.
        """
        return next((one for one in self.above(node) if isinstance(one, Function)), self.tree)

    def origin(self, node: ast.AST) -> str | None:
        """Return the dotted name of an expression, such as 'datetime.date.today'; None if unknown.

        Args:
            node: the expression.
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        first = self._first_origin(node.id) if isinstance(node, ast.Name) else None
        if first is None or self._is_parameter(node):
            return None
        return ".".join([first, *reversed(parts)])

    def finding(self, node: ast.expr | ast.stmt, code: str, message: str) -> Finding:
        """Return a finding at a node.

        Args:
            node: the node.
            code: code of the rule.
            message: what is wrong.
        """
        return self.finding_at(node.lineno, node.col_offset, code, message)

    def finding_at(self, line: int, offset: int, code: str, message: str) -> Finding:
        """Return a finding at a position.

        Args:
            line: line, from 1.
            offset: offset in the line's UTF-8 bytes, from 0.
            code: code of the rule.
            message: what is wrong.
        """
        lines = self.text.split("\n")
        before = lines[line - 1].encode()[:offset] if line <= len(lines) else b""
        return Finding(self.file, line, len(before.decode(errors="replace")) + 1, code, message)

    @functools.cached_property
    def _running(self) -> list[ast.AST]:
        found: list[ast.AST] = []
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            found.append(node)
            skipped: list[ast.stmt] = node.body if isinstance(node, ast.If) and _runs_elsewhere(node.test) else []
            waiting += [child for child in ast.iter_child_nodes(node) if child not in skipped]
        return found

    @functools.cached_property
    def _own_names(self) -> frozenset[str]:
        stored = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name) and is_stored(node)}
        defined = {node.name for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        return frozenset(stored | defined)

    def _first_origin(self, name: str) -> str | None:
        if self._has_all_functions and name not in self.names and name not in self._own_names:
            return f"{FUNCTIONS}.{name}"
        return self.names.get(name)

    @functools.cached_property
    def _has_all_functions(self) -> bool:
        return f"{FUNCTIONS}.*" in self.names.values()

    def _is_parameter(self, name: ast.AST) -> bool:
        functions = [one for one in self.above(name) if isinstance(one, Function)]
        return isinstance(name, ast.Name) and any(
            name.id == argument.arg for function in functions for argument in arguments_of(function)
        )


def read_module(file: Path) -> Module:
    """Return the module of a file.

    Args:
        file: the file.

    Raises:
        SyntaxError: the file is no Python.
        ValueError: the file is no text.
    """
    with tokenize.open(file) as stream:
        text = stream.read()
    return Module(file, text, ast.parse(text, file))


def arguments_of(function: ast.AST) -> list[ast.arg]:
    """Return the parameters of a function, of all kinds; empty for other nodes.

    Args:
        function: the node.
    """
    if not isinstance(function, Function):
        return []
    arguments = function.args
    others = [arguments.vararg, arguments.kwarg]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *(one for one in others if one)]


def is_stored(name: ast.Name) -> bool:
    """Return whether a name is assigned at this position.

    Args:
        name: the node.
    """
    return isinstance(name.ctx, ast.Store)


def text_of(node: ast.AST | None) -> str | None:
    """Return the value of a string literal, None for other expressions.

    Args:
        node: the expression.
    """
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
    """Return an argument of a call, None if it is not passed.

    Args:
        call: the call.
        position: its position, None if it is keyword-only.
        name: its name.
    """
    if position is not None and position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def method_of(call: ast.Call) -> str | None:
    """Return the name of the called method, None for a plain function.

    Args:
        call: the call.
    """
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _runs_elsewhere(test: ast.expr) -> bool:
    """Return whether code under a condition is for type checkers, or for running the module as a program."""
    if isinstance(test, ast.Compare):
        return isinstance(test.left, ast.Name) and test.left.id == "__name__"
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
