"""`init`: writes the files of a new project, from the templates in `project_files`.

`__package__` in their names and texts stands for the name of the project. They end in `.template`, so that Python and
its tools do not take them for modules of this package.
"""

from __future__ import annotations

import importlib.util
import keyword
import re
import shlex
import sys
from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer

from transforms_api.cli.output import program, python_here, say
from transforms_api.errors import EnvironmentProblem
from transforms_api.extras import install_command

_TEMPLATES = Path(__file__).with_name("project_files")
_SUFFIX = ".template"
_NAME = "__package__"
_NO_PACKAGES = {"transforms", "test", "tests", "build", "dist", "venv", "env", "src"}
"""Names that Foundry uses, and folders that discovery skips."""


def package_name(folder: str) -> str:
    """Return the name of a project's package: 'My-Shop' → 'my_shop'.

    A name that an installed module has gets an ending, since one of the two would hide the other.

    Args:
        folder: name of the project's folder.
    """
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_") or "project"
    if name[0].isdigit():
        name = f"project_{name}"
    return f"{name}_pipeline" if _is_taken(name) else name


def project_files(package: str) -> dict[str, str]:
    """Return path → text of each file of a new project.

    Args:
        package: name of its package.
    """
    files = {}
    for template in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(_TEMPLATES).as_posix().removesuffix(_SUFFIX)
        files[path.replace(_NAME, package)] = template.read_text(encoding="utf-8").replace(_NAME, package)
    return files


def _is_taken(name: str) -> bool:
    if keyword.iskeyword(name) or name in _NO_PACKAGES or name in sys.stdlib_module_names:
        return True
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None  # without one it is a folder, maybe the project's own


_IGNORED = ".gitignore"
_EDITOR = ".vscode/"
"""Folder of an editor's settings; files that exist in it stay as they are."""

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the project; a new one, or an empty one.")
]


def init(folder: Folder) -> None:
    """Make a new project in DIR, which builds at once: a source, transforms in Python and SQL, a contract, tests.

    It has the layout of a Foundry repository, its package is called as DIR is; `.vscode` has tasks and launch
    configurations. DIR may have an environment of Python and hidden files, such as `.git` or `.vscode`, which stay;
    with anything else in it, it is refused. Starts no Spark.

    Examples: `init ../my-shop`
    """
    files = project_files(package_name(folder.resolve().name))
    in_the_way = (
        sorted(entry.name for entry in folder.iterdir() if _is_in_the_way(entry, files)) if folder.is_dir() else []
    )
    if in_the_way:
        raise typer.BadParameter(
            f"{folder} is not empty, it has {', '.join(in_the_way[:3])}: name a new folder. Nothing has been written."
        )
    try:
        for path, text in files.items():
            file = folder / path
            if path.startswith(_EDITOR) and (file.exists() or file.parent.is_file()):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = file.read_text(encoding="utf-8") if path == _IGNORED and file.is_file() else ""
            file.write_text(_join(kept, text), encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(
            f"The project cannot be written: {error}. Remove what it wrote and try again."
        ) from error
    path = shlex.quote(str(folder))
    run, python = f"{program()} --repo {path}", python_here()
    say(f"{folder} has a project of {len(files)} files; its README.md says what is what. Next:\n")
    say(f"  {run} build\n  {run} show sales_by_country")
    if importlib.util.find_spec("pytest") is None:
        say(f"  {python} -m {install_command('testing')}")
    say(f"  {python} -m pytest {path}")


def _is_in_the_way(entry: Path, files: Container[str]) -> bool:
    """Tell whether an entry of a folder is neither hidden nor an environment of Python, or would be overwritten."""
    if entry.name.startswith("."):
        return entry.name != _IGNORED and entry.name in files  # files below `.vscode` are no entry of DIR
    return not (entry / "pyvenv.cfg").is_file()


def _join(kept: str, text: str) -> str:
    """Return the lines of a .gitignore that is there already, and those of ours that it lacks."""
    lines = kept.splitlines()
    return "\n".join([*lines, *(line for line in text.splitlines() if line not in lines)]) + "\n" if lines else text
