"""A Foundry repository as it lies on disk: where its Python is, which pipeline it declares, what its files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from transforms_api.declare.project_files import folders_with_modules, is_module, module_files
from transforms_api.errors import DiscoveryError
from transforms_api.graph.entry_point import entry_point_in
from transforms_api.graph.faults import Fault
from transforms_api.graph.shrinkwrap import DatasetName, ShrinkwrapEntry, dataset_names, read_shrinkwrap

_PREFIXES = ("transforms-", "transform-")
_PROPERTY = re.compile(r"^\s*transformsDefaultBranchName\s*[=:]\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class SubProject:
    """A folder of Python that goes on the path, and the entry point declared for it, if there is one."""

    root: Path
    entry_point: str | None = None

    @property
    def top_level(self) -> dict[str, Path]:
        """Name → place of each module and package with an `__init__.py` right under the root."""
        packages = {
            folder.name: folder for folder in folders_with_modules(self.root) if (folder / "__init__.py").is_file()
        }
        return packages | {file.stem: file for file in self.root.glob("*.py") if is_module(file)}


@dataclass(frozen=True)
class Repository:
    """What is to be known of a repository before any of its code runs.

    Attributes:
        branch: the default branch that gradle.properties names.
        names: alias, RID or path → the dataset that it means, from transforms-shrinkwrap.yml.
        faults: files that cannot be read.
    """

    folder: Path
    projects: tuple[SubProject, ...]
    branch: str | None = None
    names: dict[str, DatasetName] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read_repository(folder: Path) -> Repository:
    """Return what the files of a repository say; none of its code runs.

    Python is looked for in the `src` of every folder that has a build.gradle or is called `transforms-…` (also
    `transform-…`); else in the repository's own `src`; else in its folder itself.

    Raises:
        DiscoveryError: there is no Python in it.
    """
    folder = folder.resolve()
    roots = sorted(_roots_of_projects(folder)) or [root for root in (folder / "src", folder) if _has_python(root)][:1]
    if not roots:
        raise DiscoveryError(
            f"{folder} has no Python: there is no module in it, in its src, or in the src of a sub-project such as "
            "transforms-python. Give the root of the repository as --repo."
        )
    projects = tuple(SubProject(root, _entry_point_of(root)) for root in roots)
    entries: list[ShrinkwrapEntry] = []
    faults = []
    for place in dict.fromkeys((folder, *(root.parent for root in roots))):
        file = place / "transforms-shrinkwrap.yml"
        if file.is_file() and place.is_relative_to(folder):
            try:
                entries += read_shrinkwrap(file)
            except DiscoveryError as error:
                faults.append(Fault(error, str(file)))
    return Repository(folder, projects, _default_branch(folder), dataset_names(entries), tuple(faults))


def _roots_of_projects(folder: Path) -> Iterator[Path]:
    is_project = (folder / "build.gradle").is_file() or folder.name.startswith(_PREFIXES)
    if is_project and _has_python(folder / "src"):
        yield folder / "src"
    for child in folders_with_modules(folder):
        if child.name != "src":
            yield from _roots_of_projects(child)


def _has_python(root: Path) -> bool:
    return root.is_dir() and any(module_files(root))


def _entry_point_of(root: Path) -> str | None:
    return entry_point_in(root) or (entry_point_in(root.parent) if root.name == "src" else None)


def _default_branch(folder: Path) -> str | None:
    file = folder / "gradle.properties"
    found = _PROPERTY.search(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else None
    return found[1] if found else None
