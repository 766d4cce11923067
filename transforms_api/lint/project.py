"""A project as it is linted: its modules, which of them a transform can reach, and what it may import."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms_api.declare.project_files import is_own_folder, module_files
from transforms_api.graph.discovery import Found
from transforms_api.graph.module_files import file_of_module, with_packages
from transforms_api.lint.declarations import declared_transforms, place_of
from transforms_api.lint.libraries import declared_libraries
from transforms_api.lint.module import Module, read_module


@dataclass(frozen=True)
class LintedProject:
    """The modules below a project's roots.

    Attributes:
        modules: file → module.
        unreadable: file → why it is no module.
        reached: files of the modules with transforms and of all that these import, of the project.
        loaded: files of the modules that the discovery has imported.
        own: the names at the top of the roots, which are nobody else's.
        libraries: root → what the files of the repository declare for it, None where that is not known.
    """

    modules: dict[Path, Module]
    unreadable: dict[Path, SyntaxError | ValueError]
    reached: frozenset[Path]
    loaded: frozenset[Path]
    own: frozenset[str]
    libraries: dict[Path, frozenset[str] | None]

    @functools.cached_property
    def imported(self) -> frozenset[str]:
        """The top-level names of what its modules import from elsewhere."""
        return frozenset().union(*(module.imported for module in self.modules.values())) - self.own

    def libraries_of(self, module: Module) -> frozenset[str] | None:
        """Return what is declared for a module's root."""
        return next(declared for root, declared in self.libraries.items() if module.file.is_relative_to(root))


def read_project(found: Found, folder: Path) -> LintedProject:
    """Return the project whose discovery, which has put its roots on Python's path, found this.

    Args:
        folder: that of the whole repository, in which its roots lie.
    """
    roots = tuple(root.resolve() for root in found.roots)
    modules: dict[Path, Module] = {}
    unreadable: dict[Path, SyntaxError | ValueError] = {}
    for file in dict.fromkeys(file for root in roots for file in module_files(root)):
        try:
            modules[file] = read_module(file)
        except (SyntaxError, ValueError) as error:
            unreadable[file] = error
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    loaded = frozenset(path for file in files if file and (path := Path(file).resolve()) in modules)
    libraries = {root: declared_libraries(root, folder.resolve()) for root in roots}
    own = frozenset(
        entry.stem
        for root in roots
        for entry in root.iterdir()
        if entry.suffix == ".py" or (entry.is_dir() and is_own_folder(entry))
    )
    return LintedProject(modules, unreadable, _reached(modules, found), loaded, own, libraries)


def _reached(modules: dict[Path, Module], found: Found) -> frozenset[Path]:
    waiting = [file for file, module in modules.items() if any(declared_transforms(module))]
    waiting += [place_of(transform)[0] for transform in found.transforms]
    reached: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in modules and file not in reached:
            reached.add(file)
            waiting += _imported_by(modules[file])
    return frozenset(reached)


def _imported_by(module: Module) -> Iterator[Path]:
    """Yield the files of the modules that a module imports, those of packages on the way to them among them."""
    for node in module.imports:
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module.file.parents[node.level - 1]
            parts = (node.module or "").split(".") if node.module else []
            places = [base.joinpath(*parts[:end]) for end in range(len(parts) + 1)]
            places += [base.joinpath(*parts, name) for name in names]
            yield from (file for place in places for file in (place / "__init__.py", place.with_suffix(".py")))
        else:
            origins = [f"{node.module}.{name}" for name in names] if isinstance(node, ast.ImportFrom) else names
            yield from (file for origin in origins for file in _files_of(origin))


def _files_of(name: str) -> Iterator[Path]:
    yield from (file.resolve() for one in with_packages(name) if (file := file_of_module(one)))
