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


@dataclass(frozen=True)
class Unit:
    """A function or class at the top level of a module.

    Attributes:
        name: its name.
        first, last: its lines, with decorators.
        uses: names that occur in it.
        may_be_registered: whether a decorator may hand it to code that does not name it.
    """

    name: str
    first: int
    last: int
    uses: frozenset[str]
    may_be_registered: bool


@dataclass(frozen=True)
class ModuleUnits:
    """The parts of a module.

    Attributes:
        units: functions and classes at its top level.
        body: names that occur in its other statements.
        aliases: name in the module → the name that it was imported as.
    """

    units: tuple[Unit, ...]
    body: frozenset[str]
    aliases: Mapping[str, str]


def units_of(tree: ast.Module) -> ModuleUnits:
    """Return the parts of a module.

    Args:
        tree: its syntax tree.
    """
    imported = _imported_from(tree)
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    units = tuple(_unit(node, imported) for node in tree.body if isinstance(node, definitions))
    others = [node for node in tree.body if not isinstance(node, (*definitions, ast.Import, ast.ImportFrom))]
    body = frozenset(name for node in others if not _is_export(node) for name in _names_in(node))
    aliases = {
        one.asname: one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
        if one.asname
    }
    return ModuleUnits(units, body, aliases)


def unused_units(modules: Mapping[str, ModuleUnits], module: str, function: str) -> dict[str, list[Unit]]:
    """Return module → its units that a transform does not run.

    Args:
        modules: the modules that the transform depends on.
        module: the one with the transform's function.
        function: the name at its top level that has the function. If there is none, all of the module counts.
    """
    aliases = {name: meant for parts in modules.values() for name, meant in parts.aliases.items()}
    every = [(name, unit) for name, parts in modules.items() for unit in parts.units]
    own = [one for one in every if one[0] == module and one[1].name == function]
    used = set(own or (one for one in every if one[0] == module))
    used |= {one for one in every if one[1].may_be_registered or one[1].name.startswith("__")}
    names = _with_meanings((name for parts in modules.values() for name in parts.body), aliases)
    waiting = list(used)
    while waiting or any(one not in used and one[1].name in names for one in every):
        for _, unit in waiting:
            names |= _with_meanings(unit.uses, aliases)
        waiting = [one for one in every if one not in used and one[1].name in names]
        used |= set(waiting)
    unused: dict[str, list[Unit]] = {name: [] for name in modules}
    for name, unit in every:
        if (name, unit) not in used:
            unused[name].append(unit)
    return unused


def _with_meanings(names: Iterable[str], aliases: Mapping[str, str]) -> set[str]:
    found = set(names)
    return found | {aliases[name] for name in found if name in aliases}


def _unit(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, imported: Mapping[str, str]) -> Unit:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    may_be_registered = any(not _is_harmless(one, imported) for one in node.decorator_list)
    return Unit(node.name, first, node.end_lineno or node.lineno, frozenset(_names_in(node)), may_be_registered)


def _is_harmless(decorator: ast.expr, imported: Mapping[str, str]) -> bool:
    node = decorator
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return False
    origin = imported.get(node.id, "")
    return hasattr(builtins, node.id) or origin.partition(".")[0] in _HARMLESS


def _imported_from(tree: ast.Module) -> dict[str, str]:
    """Return name in the module → the module that it, or its object, was imported from."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({one.asname or one.name.partition(".")[0]: one.name for one in node.names})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({one.asname or one.name: node.module for one in node.names})
    return found


def _is_export(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _names_in(node: ast.AST) -> Iterator[str]:
    """Yield names and attributes in a tree, and texts that may be names, as `getattr` takes them."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.isidentifier():
            yield one.value
