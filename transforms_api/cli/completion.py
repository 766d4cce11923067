"""Completion of the names of datasets, transforms, branches and profiles, when Tab is pressed.

Completion reads names from the text of the project's modules and from the folders of the warehouse. It runs no code of
the project, so that it is quick and has no side effects, and it never prints an error: a broken project has no names.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transforms_api.project import Settings, module_files
from transforms_api.warehouse import Warehouse, list_branches

_CREATES = re.compile(r"\bcreate\s+table\s+`(/[^`]+)`", re.IGNORECASE)
"""How a SQL transform names the dataset that it writes."""


@dataclass(frozen=True)
class CompletionIndex:
    """Names that stand literally in the modules of a project.

    Attributes:
        datasets: paths of outputs.
        transforms: names of the functions below a decorator of transforms.api.
    """

    datasets: frozenset[str]
    transforms: frozenset[str]


def datasets_on_disk(warehouse: Warehouse) -> dict[str, set[str]]:
    """Return branch → paths of its datasets; empty for a warehouse on an object store, where listing takes long.

    Args:
        warehouse: the warehouse to list.
    """
    if warehouse.storage.is_remote:
        return {}
    return {branch.name: set(branch.tables) for branch in list_branches(warehouse.root)}


def completion_index(settings: Settings) -> CompletionIndex:
    """Return the names in the modules of a package or repository.

    Names that code computes are missing; once built, they are in the warehouse. A module that cannot be parsed has no
    names.

    Args:
        settings: those of the project.
    """
    datasets: set[str] = set()
    transforms: set[str] = set()
    for file in _modules(settings):
        for node in _nodes_of(file):
            if isinstance(node, ast.Call) and _last_name(node.func).endswith("Output"):
                datasets.update(_literal_paths(node))
            elif isinstance(node, ast.FunctionDef) and any(map(_is_of_transforms, node.decorator_list)):
                transforms.add(node.name)
    for file in _sql_files(settings):
        if written := _CREATES.findall(file.read_text(encoding="utf-8", errors="replace")):
            datasets.update(written)
            transforms.add(file.name)
    return CompletionIndex(frozenset(datasets), frozenset(transforms))


def last_parts(datasets: Iterable[str]) -> set[str]:
    """Return the last part of each path.

    Args:
        datasets: paths.
    """
    return {dataset.rpartition("/")[2] for dataset in datasets}


def _modules(settings: Settings) -> Iterator[Path]:
    for root in _roots(settings):
        if root.is_dir():
            yield from module_files(root)


def _sql_files(settings: Settings) -> list[Path]:
    return [source.path for source in settings.repository.sql] if settings.repository is not None else []


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


def complete_datasets(ctx: Any, incomplete: str) -> list[str]:
    """Return datasets by the last part of their paths, or by the entire paths if the word begins with a slash.

    Args:
        ctx: Typer's context, with the options typed so far.
        incomplete: the beginning of a word.
    """
    return _starting_with(incomplete, _datasets(ctx, incomplete, with_transforms=False))


def complete_targets(ctx: Any, incomplete: str) -> list[str]:
    """Return datasets, and transforms by the names of their functions.

    Args:
        ctx: see `complete_datasets`.
        incomplete: see `complete_datasets`.
    """
    return _starting_with(incomplete, _datasets(ctx, incomplete, with_transforms=True))


def complete_branches(ctx: Any, incomplete: str) -> list[str]:
    """Return the branches of the warehouse.

    Args:
        ctx: see `complete_datasets`.
        incomplete: see `complete_datasets`.
    """
    return _starting_with(incomplete, _branches(ctx))


def complete_profiles(ctx: Any, incomplete: str) -> list[str]:
    """Return the profiles of the settings.

    Args:
        ctx: see `complete_datasets`.
        incomplete: see `complete_datasets`.
    """
    return _starting_with(incomplete, _profiles(ctx))


def _starting_with(incomplete: str, names: Iterator[str]) -> list[str]:
    offers: set[str] = set()
    with contextlib.suppress(Exception):
        offers.update(name for name in names if name.startswith(incomplete))
    return sorted(offers)


def _datasets(ctx: Any, incomplete: str, with_transforms: bool) -> Iterator[str]:
    settings = _settings(ctx)
    index = completion_index(settings)
    yield from index.transforms if with_transforms else ()
    paths = set(index.datasets)
    with contextlib.suppress(Exception):
        paths.update(*datasets_on_disk(_warehouse(ctx, settings)).values())
    yield from paths if incomplete.startswith("/") else last_parts(paths)


def _branches(ctx: Any) -> Iterator[str]:
    settings = _settings(ctx)
    yield settings.file.branch
    yield from datasets_on_disk(_warehouse(ctx, settings))


def _profiles(ctx: Any) -> Iterator[str]:
    yield from _settings(ctx).file.profiles


def _settings(ctx: Any) -> Settings:
    from transforms_api.project import read_settings

    return read_settings(ctx.params.get("repo"))


def _warehouse(ctx: Any, settings: Settings) -> Warehouse:
    from transforms_api.warehouse import Warehouse, storage_path

    root = ctx.params.get("warehouse")
    folder = storage_path(settings.file.warehouse, settings.folder) if root is None else storage_path(root)
    return Warehouse(folder, settings.file.branch)
