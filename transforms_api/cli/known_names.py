"""Names that a project has, found without running any of its code: quick enough, and safe enough, for the Tab key."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transforms_api.cli.settings import Settings
from transforms_api.declare.project_files import module_files
from transforms_api.store.branches import list_branches
from transforms_api.store.locations import is_on_store
from transforms_api.store.warehouse import Warehouse


@dataclass(frozen=True)
class WrittenNames:
    """What modules say literally: paths of outputs, and functions that a decorator of transforms stands above."""

    datasets: frozenset[str]
    transforms: frozenset[str]


def datasets_on_disk(warehouse: Warehouse) -> dict[str, set[str]]:
    """Return branch → paths of the datasets that it has; none of one on an object store, where it takes long."""
    if is_on_store(warehouse.root):
        return {}
    return {branch.name: set(branch.tables) for branch in list_branches(warehouse.root)}


def written_names(settings: Settings) -> WrittenNames:
    """Return the names that the modules of the settings' package or repository say literally.

    A name that code computes is not among them; once it is built, the warehouse has it. What cannot be read or parsed
    has no names.
    """
    datasets: set[str] = set()
    transforms: set[str] = set()
    for file in _modules(settings):
        for node in _nodes_of(file):
            if isinstance(node, ast.Call) and _last_name(node.func).endswith("Output"):
                datasets.update(_literal_paths(node))
            elif isinstance(node, ast.FunctionDef) and any(map(_is_of_transforms, node.decorator_list)):
                transforms.add(node.name)
    return WrittenNames(frozenset(datasets), frozenset(transforms))


def last_parts(datasets: Iterable[str]) -> set[str]:
    """Return the last part of each path."""
    return {dataset.rpartition("/")[2] for dataset in datasets}


def _modules(settings: Settings) -> Iterator[Path]:
    for root in _roots(settings):
        if root.is_dir():
            yield from module_files(root)


def _roots(settings: Settings) -> Sequence[Path]:
    if settings.repository is not None:
        return [project.root for project in settings.repository.projects]
    return [settings.folder.joinpath(*(settings.file.package or "").split("."))]


def _nodes_of(file: Path) -> Iterator[ast.AST]:
    try:
        source = file.read_bytes()
        if b"Output" in source:
            yield from ast.walk(ast.parse(source))
    except (OSError, SyntaxError, ValueError):
        return


def _literal_paths(call: ast.Call) -> Iterator[str]:
    for value in (*call.args[:1], *(keyword.value for keyword in call.keywords)):
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.startswith("/"):
            yield value.value


def _is_of_transforms(decorator: ast.expr) -> bool:
    return "transform" in ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
