"""The files of a project: what below its roots is its own code, and what an environment's, a build's or data.

Discovery, the digests that decide what is stale, `build --watch`, lint, export and what is sent to executors all ask
here, so that none of them takes a library for the project's code.

Modules by their files and names, also such that are not imported yet. Nothing is run to find out about them.
"""

from __future__ import annotations

import ast
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator
from enum import Enum, auto
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


_MAY_MAKE_TRANSFORMS = re.compile(r"transforms|foundry|palantir|import_module|__import__|runpy|\bexec\b|\beval\b", re.I)
"""Words without which a module neither imports Foundry's packages nor anything whose name it makes."""


_MOST_IN_SIGHT = 2_000
"""How many folders are looked at for a module that is missing: a fifth of a second's worth."""


class Candidate(Enum):
    """How likely a module has transforms, as its text tells."""

    NONE = auto()
    """It and all that it imports of the project mention nothing of Foundry, and import Python's own library alone."""
    SLIGHT = auto()
    """The same, but for libraries, one of which might make transforms."""
    GOOD = auto()


def file_of_module(name: str) -> Path | None:
    """Return the file that a module was, or would be, imported from; None where it has none or there is no such one."""
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
        return Path(file) if file else None
    package, _, last = name.rpartition(".")
    places = (
        place for folder in _folders_of(package) for place in (folder / last / "__init__.py", folder / f"{last}.py")
    )
    return next((place for place in places if place.is_file()), None)


def with_packages(name: str) -> Iterator[str]:
    """Yield the packages that a module lies in, which Python imports before it, and its own name; none of Python's."""
    parts = name.split(".")
    yield from (".".join(parts[: end + 1]) for end in range(len(parts)) if parts[0] not in sys.stdlib_module_names)


def name_of_module(root: Path, file: Path) -> str:
    """Return what a module below a root is imported as; '' for an `__init__.py` at the root itself."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def candidate_modules(root: Path) -> dict[Path, Candidate]:
    """Return how likely each module that discovery imports below a root has transforms.

    A module that mentions nothing of Foundry may get transforms from a helper of the project that does.
    """
    texts = {file: file.read_bytes().decode(errors="replace") for file in own_files(root) if file.suffix == ".py"}
    by_name = {name_of_module(root, file): file for file in texts}
    tops = {name.partition(".")[0] for name in by_name} - sys.stdlib_module_names
    mentioning = {file for file, text in texts.items() if _MAY_MAKE_TRANSFORMS.search(text)}
    imports: dict[Path, set[str] | None] = {}

    def chance_of(file: Path) -> Candidate:
        seen, waiting, chance = set[Path](), [file], Candidate.NONE
        while waiting:
            one = waiting.pop()
            if one in mentioning:
                return Candidate.GOOD
            if one in seen:
                continue
            seen.add(one)
            if one not in imports:
                imports[one] = _imports_of(texts[one], name_of_module(root, one), one.name == "__init__.py")
            names = imports[one]
            if names is None or any(name.partition(".")[0] not in tops for name in names):
                chance = Candidate.SLIGHT
            waiting += [by_name[name] for name in names or () if name in by_name]
        return chance

    return {file: chance_of(file) for file in module_files(root)}


def imported_names(imports: Iterable[ast.Import | ast.ImportFrom], package: str) -> Iterator[str]:
    """Yield the modules that statements import, and the packages that they lie in, which Python imports before them.

    `from a import b` yields `a.b` whether or not `a.b` is a module.

    Args:
        package: the package that the statements' module lies in, for relative imports.
    """
    for node in imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from with_packages(alias.name)
        else:
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, [base, node.module]))
            yield from with_packages(origin)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def folder_with_module(name: str, project: Path) -> Path | None:
    """Return a folder in sight of a project that would have to be on Python's path for a module to be found.

    Looked at are the project's folders, those that it lies in, and the projects beside it.
    """
    parts, on_path = name.split("."), {Path(entry).resolve() for entry in sys.path if entry}
    for folder in itertools.islice(_in_sight(project.resolve()), _MOST_IN_SIGHT):
        place = folder.joinpath(*parts)
        is_there = place.with_name(f"{place.name}.py").is_file() or (place.is_dir() and any(place.glob("*.py")))
        if is_there and folder not in on_path:
            return folder
    return None


def _in_sight(project: Path) -> Iterator[Path]:
    yield from _levels([project], 5)
    yield from project.parents[:3]
    yield from _levels((folder for folder in _readable_folders(project.parent) if folder != project), 4)


def _levels(folders: Iterable[Path], depth: int) -> Iterator[Path]:
    """Yield folders and what is in them, the nearest first, as many levels deep."""
    for _ in range(depth):
        folders = list(folders)
        yield from folders
        folders = (inner for folder in folders for inner in _readable_folders(folder))


def _readable_folders(folder: Path) -> list[Path]:
    try:
        return own_folders(folder)
    except OSError:
        return []


def _imports_of(text: str, name: str, is_package: bool) -> set[str] | None:
    """Return what a module imports from elsewhere than Python's library, None if it is no Python."""
    try:
        statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = imported_names(statements, name if is_package else name.rpartition(".")[0])
    return {one for one in found if one and one.partition(".")[0] not in sys.stdlib_module_names}


def _folders_of(package: str) -> Iterable[Path]:
    """Return the folders in which the modules of a package lie; those of Python's path for the package ''."""
    if not package:
        return map(Path, sys.path)
    if package in sys.modules:
        return map(Path, getattr(sys.modules[package], "__path__", ()))
    parent, _, last = package.rpartition(".")
    return [folder / last for folder in _folders_of(parent) if (folder / last).is_dir()]
