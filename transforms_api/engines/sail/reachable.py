"""Which functions and classes of a project's modules a transform may run, so that the others do not count in a scan.

A function counts if its name occurs in code that counts: in the transform's own function, in statements outside of
functions, and in functions that count already. Names are compared without their modules. That counts too many
functions rather than too few. A function that is looked up by a name made at run time is missed, unless its decorator
may register it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_HARMLESS = ("functools", "dataclasses", "contextlib", "typing", "abc", "enum", "pydantic", "pyspark", "transforms")
"""Packages whose decorators register nothing that other code calls; `transforms` registers transforms."""


@dataclass(frozen=True, eq=False)
class Unit:
    """A statement at the top level of a module: a function or class, or another statement.

    Attributes:
        name: name of the function or class; '' for other statements, which always count.
        uses: names that occur in it.
        may_be_registered: whether a decorator may hand it to code that does not name it.
    """

    name: str
    uses: frozenset[str]
    may_be_registered: bool = False


def unit_of(statement: ast.stmt, nodes: Iterable[ast.AST], imported: Mapping[str, str]) -> Unit:
    """Return the unit of a statement.

    Args:
        statement: the statement.
        nodes: all nodes in it.
        imported: name in the module → the module that it, or its object, was imported from.
    """
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        may_be_registered = any(not _is_harmless(decorator, imported) for decorator in statement.decorator_list)
        return Unit(statement.name, frozenset(_names_in(nodes)), may_be_registered)
    names = () if isinstance(statement, (ast.Import, ast.ImportFrom)) or _is_export(statement) else _names_in(nodes)
    return Unit("", frozenset(names))


def used_units(
    modules: Mapping[str, Iterable[Unit]], aliases: Mapping[str, str], module: str, function: str
) -> set[Unit]:
    """Return the units that a transform may run.

    Args:
        modules: module → its units, of the modules that the transform depends on.
        aliases: name in any module → the name that it was imported as.
        module: the one with the transform's function.
        function: the name at its top level that has the function. If there is none, all of the module counts.
    """
    every = [unit for units in modules.values() for unit in units]
    own = [unit for unit in modules.get(module, ()) if unit.name == function]
    used = set(own or modules.get(module, ()))
    used |= {unit for unit in every if not unit.name or unit.may_be_registered or unit.name.startswith("__")}
    by_name: dict[str, list[Unit]] = {}
    for unit in every:
        by_name.setdefault(unit.name, []).append(unit)
    waiting, seen = list(used), set[str]()
    while waiting:
        for name in waiting.pop().uses:
            if name in seen:
                continue
            seen.add(name)
            for meant in {name, aliases.get(name, name)}:
                new = [unit for unit in by_name.get(meant, ()) if unit not in used]
                used.update(new)
                waiting += new
    return used


def _is_harmless(decorator: ast.expr, imported: Mapping[str, str]) -> bool:
    node = decorator
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return False
    origin = imported.get(node.id, "")
    return hasattr(builtins, node.id) or origin.partition(".")[0] in _HARMLESS


def _is_export(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _names_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield names and attributes, and texts that may be names, as `getattr` takes them."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value
