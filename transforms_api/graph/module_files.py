"""The file of a module by its name, also of one that nobody has imported yet. Nothing is run to find it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


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


def _folders_of(package: str) -> Iterable[Path]:
    """Return the folders in which the modules of a package lie; those of Python's path for the package ''."""
    if not package:
        return map(Path, sys.path)
    if package in sys.modules:
        return map(Path, getattr(sys.modules[package], "__path__", ()))
    parent, _, last = package.rpartition(".")
    return [folder / last for folder in _folders_of(parent) if (folder / last).is_dir()]
