"""Modules by their files and names, also such that are not imported yet. Nothing is run to find out about them."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from pathlib import Path

from transforms_api.declare.project_files import module_files, own_files, own_folders

_MAY_MAKE_TRANSFORMS = re.compile(r"transforms|foundry|palantir|import_module|__import__|runpy|\bexec\b|\beval\b", re.I)
"""Words without which a module neither imports Foundry's packages nor anything whose name it makes."""


_MOST_IN_SIGHT = 2_000
"""How many folders are looked at for a module that is missing: a fifth of a second's worth."""


class Chance(Enum):
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


def chances_of_transforms(root: Path) -> dict[Path, Chance]:
    """Return how likely each module that discovery imports below a root has transforms.

    A module that mentions nothing of Foundry may get transforms from a helper of the project that does.
    """
    texts = {file: file.read_bytes().decode(errors="replace") for file in own_files(root) if file.suffix == ".py"}
    by_name = {name_of_module(root, file): file for file in texts}
    tops = {name.partition(".")[0] for name in by_name} - sys.stdlib_module_names
    mentioning = {file for file, text in texts.items() if _MAY_MAKE_TRANSFORMS.search(text)}
    imports: dict[Path, set[str] | None] = {}

    def chance_of(file: Path) -> Chance:
        seen, waiting, chance = set[Path](), [file], Chance.NONE
        while waiting:
            one = waiting.pop()
            if one in mentioning:
                return Chance.GOOD
            if one in seen:
                continue
            seen.add(one)
            if one not in imports:
                imports[one] = _imports_of(texts[one], name_of_module(root, one), one.name == "__init__.py")
            names = imports[one]
            if names is None or any(name.partition(".")[0] not in tops for name in names):
                chance = Chance.SLIGHT
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
