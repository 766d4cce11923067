"""The files of a project: what below its roots is its own code, and what an environment's, a build's or data.

Discovery, the digests that decide what is stale, `build --watch`, lint, export and what is sent to executors all ask
here, so that none of them takes a library for the project's code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_NEVER_OWN = frozenset({"node_modules", "site-packages", "dist-packages", "__pycache__", "__pypackages__"})
_NOT_OWN_UNLESS_PACKAGES = frozenset({"build", "dist", "venv", "env"})
_OF_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
_MARKS = (*_OF_ENVIRONMENT, "_delta_log")
"""What marks a folder as an environment, or as a dataset: its files are data even where they end in .py."""
_FOLDERS_OF_ENVIRONMENT = frozenset(
    {"bin", "etc", "include", "Include", "lib", "Lib", "lib64", "man", "pkgs", "Scripts", "share"}
)
_WITHOUT_TRANSFORMS = frozenset({"test", "tests", "conda_recipe"})
_NO_MODULES = re.compile(r"(setup|conftest|__main__|test_.*|.*_test)\.py")


def is_own(file: Path, roots: Iterable[Path]) -> bool:
    """Tell whether a file is the project's own: below one of its roots, and there in no environment or build.

    Links are followed first. An environment that a root itself lies in makes nothing foreign.

    Args:
        roots: folders of the project's modules, resolved.
    """
    file = file.resolve()
    return any(file.is_relative_to(root) and all(map(is_own_folder, _between(root, file))) for root in roots)


def is_own_folder(folder: Path) -> bool:
    """Tell whether a folder in one of the project's own may hold code of the project, tests included."""
    name = folder.name
    if name.startswith(".") or name in _NEVER_OWN or name.endswith((".egg-info", ".dist-info")):
        return False
    if name in _NOT_OWN_UNLESS_PACKAGES and not (folder / "__init__.py").is_file():
        return False
    if name in _FOLDERS_OF_ENVIRONMENT and any((folder.parent / mark).exists() for mark in _OF_ENVIRONMENT):
        return False
    return not any((folder / mark).exists() for mark in _MARKS)


def own_folders(folder: Path) -> list[Path]:
    """Return the project's own folders right in a folder, links to folders apart."""
    entries = (Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    return sorted(filter(is_own_folder, entries))


def own_files(folder: Path) -> Iterator[Path]:
    """Yield all files of the project's own folders from this one down, hidden ones apart."""
    entries = (Path(entry) for entry in os.scandir(folder) if entry.is_file())
    yield from sorted(file for file in entries if not file.name.startswith("."))
    for inner in own_folders(folder):
        yield from own_files(inner)


def module_files(root: Path) -> Iterator[Path]:
    """Yield the modules under a root that discovery imports, also those in folders without `__init__.py`."""
    yield from sorted(file for file in root.glob("*.py") if is_module(file))
    for folder in folders_with_modules(root):
        yield from module_files(folder)


def folders_with_modules(root: Path) -> list[Path]:
    """Return the folders right under `root` that may hold transforms: the project's own but for its tests."""
    return [folder for folder in own_folders(root) if folder.name not in _WITHOUT_TRANSFORMS]


def is_module(file: Path) -> bool:
    """Tell whether a file is a module of the project and neither a test, its setup nor its program."""
    return not _NO_MODULES.fullmatch(file.name)


def _between(root: Path, file: Path) -> Iterator[Path]:
    """Yield the folders from right under `root` to the one that a file lies in."""
    folder = root
    for part in file.relative_to(root).parts[:-1]:
        folder /= part
        yield folder
