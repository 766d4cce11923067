"""The door of a package: the names that its `__init__.pyi` lists, each imported from its module at first use."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Callable

import lazy_loader

from transforms_api.syntax import parse_python


def open_door(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package.

    `lazy_loader.attach_stub` does the same for packages on disk; executors of a cluster import ours from a ZIP file.

    Args:
        package: name of the package. Its `__init__.pyi` has lines such as `from .table import Version as Version`.
    """
    stub = pkgutil.get_data(package, "__init__.pyi") or b""
    names: dict[str, list[str]] = {}
    for node in parse_python(stub).body:
        if isinstance(node, ast.ImportFrom):
            names.setdefault(str(node.module), []).extend(alias.name for alias in node.names)
    door: tuple[Callable[[str], object], Callable[[], list[str]], list[str]] = lazy_loader.attach(
        package, submod_attrs=names
    )
    return door
