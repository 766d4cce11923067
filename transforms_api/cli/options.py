"""Options and arguments that several commands share, how their values are completed, and the project that they name.

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
from typing import Annotated, Any, Literal

import typer

from transforms_api.api import Dataset, Project
from transforms_api.cli.output import say
from transforms_api.project import Settings, module_files, read_settings
from transforms_api.warehouse import Warehouse, list_branches, storage_path

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
    return read_settings(ctx.params.get("repo"))


def _warehouse(ctx: Any, settings: Settings) -> Warehouse:
    root = ctx.params.get("warehouse")
    folder = storage_path(settings.file.warehouse, settings.folder) if root is None else storage_path(root)
    return Warehouse(folder, settings.file.branch)


# Options and arguments

WHERE = "Where"
"""Panel of --help for the options that say what a command works on."""
PRINTED = "What is printed"
"""Panel of --help for the options that say what a command prints."""
RepoOption = Annotated[
    Path | None,
    typer.Option(
        "--repo",
        exists=True,
        file_okay=False,
        path_type=Path,
        rich_help_panel=WHERE,
        help="A Foundry repository to work on, as it stands; default: the one you are in, or a project with a "
        "conf/run.toml, else the RevOps demo.",
    ),
]
WarehouseOption = Annotated[
    str | None,
    typer.Option(
        "--warehouse",
        rich_help_panel=WHERE,
        help="Folder of the tables, or URL (s3a://bucket/path); default: warehouse/ in the project's folder; for the "
        "demo of an installed package, in the current one.",
    ),
]
EngineOption = Annotated[
    Literal["spark", "sail", "auto"] | None,
    typer.Option(
        "--engine",
        rich_help_panel=WHERE,
        help="What computes Spark transforms: spark; sail, without Java; auto, sail where it computes as spark does. "
        "Default: the settings'.",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        autocompletion=complete_profiles,
        rich_help_panel=WHERE,
        help="How Spark runs: [profiles.NAME] of conf/run.toml; default: the settings'.",
    ),
]
BranchOption = Annotated[
    str | None,
    typer.Option(
        "--branch",
        autocompletion=complete_branches,
        rich_help_panel=WHERE,
        help="Branch to read and write; default: the settings'.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", rich_help_panel=PRINTED, help="Print JSON on stdout and nothing else.")
]
DatasetArgument = Annotated[
    str, typer.Argument(autocompletion=complete_datasets, help="Path of a dataset, or the last part of one.")
]
VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET[@VERSION]",
        autocompletion=complete_datasets,
        help="Path of a dataset, or the last part of one; and a version.",
    ),
]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", metavar="CONDITION", help="Only rows for which this holds, in DuckDB's SQL."),
]
ColumnsOption = Annotated[
    str | None,
    typer.Option("--columns", metavar="NAME,…", help="Only these columns, in this order."),
]


def open_project(repo: Path | None, warehouse: str | None, branch: str | None, profile: str | None = None) -> Project:
    """Return the project that the options name, after a warning on stderr if its branch is new.

    Args:
        repo: value of `RepoOption`.
        warehouse: value of `WarehouseOption`.
        branch: value of `BranchOption`.
        profile: value of `ProfileOption`.
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile)
    warn_of_unknown_branch(project)
    return project


def warn_of_unknown_branch(project: Project) -> None:
    """Print on stderr that the branch is new, if the warehouse has a branch of a similar name.

    Args:
        project: the project on the branch.
    """
    if alike := project.similar_branches():
        say(f"Branch '{project.warehouse.branch}' has no datasets of its own yet.{alike}", err=True)


def dataset_in(project: Project, text: str) -> Dataset:
    """Return the dataset that `DATASET` or `DATASET@VERSION` names.

    Args:
        project: the project whose warehouse and transforms are searched.
        text: as the user typed it.

    Raises:
        StoreError: several datasets of the warehouse end so.
        UnknownTargetError: neither the warehouse nor the project has such a dataset; the text has the nearest.
    """
    match = re.fullmatch(r"(.+)@(\d{1,18})", text)
    return project.dataset(match[1], int(match[2])) if match else project.dataset(text)


def of_branch(branch: str, project: Project) -> str:
    """Return ' of branch …' for a version that a different branch than the project's has, else ''.

    Args:
        branch: the branch that has the version.
        project: the project on its branch.
    """
    return "" if branch == project.warehouse.branch else f" of branch {branch}"


def column_names(text: str | None) -> list[str] | None:
    """Return the names that `ColumnsOption` lists; None without the option.

    Args:
        text: value of the option.

    Raises:
        typer.BadParameter: the text has no name.
    """
    names = None if text is None else [name.strip() for name in text.split(",") if name.strip()]
    if names == []:
        raise typer.BadParameter("--columns names no column: write --columns NAME,NAME.")
    return names
