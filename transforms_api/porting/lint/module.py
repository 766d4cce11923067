"""A module as rules read it: syntax tree, origins of names, enclosing code; and a finding at a position in it."""

from __future__ import annotations

import ast
import functools
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar


@dataclass(frozen=True, order=True)
class Finding:
    """A violation of a rule at a position; lines and columns count from 1."""

    file: Path
    line: int
    column: int
    code: str
    message: str


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
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    names[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                origin = "." * node.level + (node.module or "")
                names |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in node.names}
        return names

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

    def above(self, node: ast.AST, *kinds: type[_N]) -> Iterator[_N]:
        """Yield the ancestors of a node that have one of some types, the innermost first.

        Args:
            node: the node.
            kinds: the types.
        """
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, kinds):
                yield node

    def function_of(self, node: ast.AST) -> ast.AST:
        """Return the innermost function around a node, the module itself outside of functions.

        Args:
            node: the node.
        """
        return next(self.above(node, *Function), self.tree)

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
        nodes: list[ast.AST] = []
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            nodes.append(node)
            skipped: list[ast.stmt] = node.body if isinstance(node, ast.If) and _runs_elsewhere(node.test) else []
            waiting += [child for child in ast.iter_child_nodes(node) if child not in skipped]
        return nodes

    @functools.cached_property
    def _own_names(self) -> frozenset[str]:
        stored = {name.id for name in inner_nodes(self.tree, ast.Name) if is_stored(name)}
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
        return isinstance(name, ast.Name) and any(
            name.id == argument.arg for function in self.above(name, *Function) for argument in arguments_of(function)
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


def inner_nodes(node: ast.AST, kind: type[_N]) -> Iterator[_N]:
    """Yield the nodes of a type in the tree of a node, in any order.

    Args:
        node: the node.
        kind: type of the nodes.
    """
    return (inner for inner in ast.walk(node) if isinstance(inner, kind))


def arguments_of(function: ast.AST) -> list[ast.arg]:
    """Return the parameters of a function, of all kinds; empty for other nodes.

    Args:
        function: the node.
    """
    if not isinstance(function, Function):
        return []
    arguments = function.args
    variadic = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *variadic]


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
