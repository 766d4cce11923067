"""Which transforms there are: in a package, or in a repository as Foundry would find them. Faults come with them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from transforms_api.declare.pipeline import Pipeline, import_errors, import_or_report, transforms_of
from transforms_api.declare.project_files import is_module, module_files
from transforms_api.declare.transform import Transform
from transforms_api.errors import DiscoveryError
from transforms_api.graph.faults import Fault
from transforms_api.graph.import_faults import collect_failures, import_faults, written_in
from transforms_api.graph.import_path import put_on_path
from transforms_api.graph.module_files import Chance, chances_of_transforms, name_of_module
from transforms_api.graph.repository import Repository, SubProject
from transforms_api.graph.shrinkwrap import use_names

Transforms = list[Transform[Any, Any]]


@dataclass(frozen=True)
class Found:
    """The transforms of a project, each once, and what keeps it from having more.

    Attributes:
        roots: the folders of the project's own modules.
    """

    transforms: Transforms
    faults: list[Fault]
    roots: tuple[Path, ...]


def discover(package: str) -> Found:
    """Return all transforms in the package of that name and everything below it."""
    with collect_failures() as failures:
        pipeline = Pipeline()
        root = import_or_report(package)
        if root is not None:
            pipeline.discover_transforms(root)
    roots = tuple(Path(folder) for folder in getattr(root, "__path__", ()))
    return Found(pipeline.transforms, import_faults(failures), roots)


def discover_repository(repository: Repository, package: str | None = None) -> Found:
    """Return the transforms of a repository, called as its shrinkwrap says. Its folders go on Python's path.

    Each sub-project's are those of the `Pipeline` that its entry point names; without an entry point those of every
    `Pipeline` in a `pipeline.py` of its packages; without these, those of all its modules that may have some.

    Args:
        package: the package to discover, whatever the repository declares.
    """
    projects, clashes = _without_clashes(repository.projects)
    unlikely = set[str]()
    with collect_failures() as failures:
        put_on_path([project.root for project in projects])
        pipeline = Pipeline()
        if package is not None:
            root = import_or_report(package)
            pipeline.discover_transforms(*([root] if root else []))
        else:
            for project in projects:
                pipeline.add_transforms(*_transforms_in(project, unlikely))
    use_names(pipeline.transforms, repository.names)
    faults = [
        _with_names(fault, repository) for fault in (*clashes, *import_faults(failures, unlikely, repository.folder))
    ]
    roots = tuple(project.root for project in projects)
    named = [_with_names(fault, repository) for fault in faults]
    return Found(pipeline.transforms, [*repository.faults, *named], roots)


def _without_clashes(projects: tuple[SubProject, ...]) -> tuple[list[SubProject], list[Fault]]:
    """Leave out each project with a top-level name that an earlier one has: Python would import the other's modules."""
    taken: dict[str, Path] = {}
    kept, faults = [], []
    for project in projects:
        names = project.top_level
        if shared := sorted(names.keys() & taken.keys()):
            error = DiscoveryError(
                f"{names[shared[0]]}: the sub-projects {taken[shared[0]].parent} and {project.root} both have a "
                f"'{shared[0]}' at their top. Python can import one of them only, so {project.root} is left out; "
                "rename it, or give each sub-project as a --repo of its own."
            )
            hides = written_in(module_files(project.root))
            faults.append(Fault(error, str(names[shared[0]]), hides=hides))
        else:
            taken |= names
            kept.append(project)
    return kept, faults


def _transforms_in(project: SubProject, unlikely: set[str]) -> Transforms:
    """Return the transforms of a sub-project, and add to `unlikely` the modules that were imported just in case."""
    if project.entry_point:
        return _of_entry_point(project.entry_point)
    files = [file for file in sorted(project.root.glob("*/pipeline.py")) if _mentions_pipeline(file)]
    pipelines = [one for module in _modules(project.root, files) for one in _pipelines_of(module)]
    if files:
        return [transform for pipeline in pipelines for transform in pipeline.transforms]
    chances = chances_of_transforms(project.root)
    unlikely |= {name_of_module(project.root, file) for file, chance in chances.items() if chance is Chance.SLIGHT}
    worth_importing = [file for file, chance in chances.items() if chance is not Chance.NONE]
    return [one for module in _modules(project.root, worth_importing) for one in transforms_of(module)]


def _of_entry_point(entry_point: str) -> Transforms:
    name, _, attribute = entry_point.partition(":")
    module = import_or_report(name)
    if module is None:
        return []
    try:
        declared = [functools.reduce(getattr, attribute.split("."), module)] if attribute else _pipelines_of(module)
    except AttributeError:
        declared = []
    pipelines = [pipeline for pipeline in declared if isinstance(pipeline, Pipeline)]
    if not pipelines:
        wanted = f"'{attribute}' of {module.__file__} is no Pipeline" if attribute else f"{module.__file__} has none"
        _report(name, DiscoveryError(f"The entry point '{entry_point}' has to name a Pipeline, but {wanted}."))
    return [transform for pipeline in pipelines for transform in pipeline.transforms]


def _modules(root: Path, files: list[Path]) -> Iterator[ModuleType]:
    for file in files:
        name = name_of_module(root, file)
        module = import_or_report(name) if name else None
        if module is None:
            continue
        if module.__file__ is None or Path(module.__file__).resolve() != file.resolve():
            _report(name, DiscoveryError(f"{file}: Python has another '{name}' already, {module.__file__}; rename it."))
        else:
            yield module


def _pipelines_of(module: ModuleType) -> list[Pipeline]:
    return [value for value in vars(module).values() if isinstance(value, Pipeline)]


def _mentions_pipeline(file: Path) -> bool:
    return is_module(file) and bool(re.search(r"\bPipeline\s*\(", file.read_text(encoding="utf-8", errors="replace")))


def _report(module: str, error: DiscoveryError) -> None:
    report = import_errors.get()
    assert report is not None
    report(module, error)


def _with_names(fault: Fault, repository: Repository) -> Fault:
    names = repository.names
    return replace(fault, hides=frozenset(names[one].alias if one in names else one for one in fault.hides))
