"""The entry point of a repository: which `Pipeline` it declares, read from its packaging files without running them."""

from __future__ import annotations

import ast
import configparser
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

GROUP, NAME = "transforms.pipelines", "root"


def entry_point_in(folder: Path) -> str | None:
    """Return `module:attribute`, or `module` alone, of the entry point that a folder's packaging files declare.

    Read are setup.py, setup.cfg and pyproject.toml, in this order. What a setup.py computes, or a file that cannot be
    parsed, declares nothing: the pipeline is then looked for among the modules.
    """
    readers = {"setup.py": _from_setup_py, "setup.cfg": _from_setup_cfg, "pyproject.toml": _from_pyproject}
    for name, read in readers.items():
        file = folder / name
        if file.is_file():
            try:
                found = next(read(file.read_text(encoding="utf-8")), None)
            except (ValueError, SyntaxError, configparser.Error):
                continue
            if found:
                return found
    return None


def _from_setup_py(text: str) -> Iterator[str]:
    module = ast.parse(text)
    constants = {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and _name_of(call.func) == "setup":
            for keyword in call.keywords:
                if keyword.arg == "entry_points":
                    value = keyword.value
                    value = constants.get(value.id, value) if isinstance(value, ast.Name) else value
                    yield from _from_declaration(ast.literal_eval(value))


def _from_setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string(text)
    if parser.has_option("options.entry_points", GROUP):
        yield from _from_lines(parser["options.entry_points"][GROUP].splitlines())


def _from_pyproject(text: str) -> Iterator[str]:
    content = tomllib.loads(text)
    groups = content.get("project", {}).get("entry-points", {})
    poetry = content.get("tool", {}).get("poetry", {}).get("plugins", {})
    for declared in (groups, poetry):
        if NAME in declared.get(GROUP, {}):
            yield str(declared[GROUP][NAME])


def _from_declaration(declared: Any) -> Iterator[str]:
    """Yield from what setuptools accepts for `entry_points`: a mapping of groups, or the text of an INI file."""
    if isinstance(declared, str):
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.read_string(declared)
        if parser.has_option(GROUP, NAME):
            yield from _from_lines([f"{NAME}={parser[GROUP][NAME]}"])
    elif isinstance(declared, Mapping):
        lines = declared.get(GROUP, ())
        yield from _from_lines(lines.splitlines() if isinstance(lines, str) else lines)


def _from_lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        name, separator, value = line.partition("=")
        if separator and name.strip() == NAME:
            yield "".join(value.partition("[")[0].split())


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
