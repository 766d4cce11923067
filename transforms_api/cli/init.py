"""`init`: a new project."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer

from transforms_api.cli.console import say
from transforms_api.cli.help_texts import program, python_here
from transforms_api.errors import EnvironmentProblem
from transforms_api.starting.project import package_name, project_files

_IGNORED = ".gitignore"

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the project; a new one, or an empty one.")
]


def init(folder: Folder) -> None:
    """Make a new project in DIR, which builds at once: one source, two transforms, a contract, tests.

    It has the layout of a Foundry repository, its package is called as DIR is. DIR may have an environment of Python
    and hidden files, such as `.git` or `.vscode`; with anything else in it, it is refused. Starts no Spark.

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
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = file.read_text(encoding="utf-8") if path == _IGNORED and file.is_file() else ""
            file.write_text(_joined(kept, text), encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(
            f"The project cannot be written: {error}. Remove what it wrote and try again."
        ) from error
    place = shlex.quote(str(folder))
    run, python = f"{program()} --repo {place}", python_here()
    say(f"{folder} has a project of {len(files)} files; its README.md says what is what. Next:\n")
    say(f"  {run} build\n  {run} show sales_by_country")
    if importlib.util.find_spec("pytest") is None:
        say(f"  {python} -m pip install 'transforms-anywhere[testing]'")
    say(f"  {python} -m pytest {place}")


def _is_in_the_way(entry: Path, files: Container[str]) -> bool:
    """Tell whether an entry of a folder is neither hidden nor an environment of Python, or would be overwritten."""
    if entry.name.startswith("."):
        return entry.name != _IGNORED and entry.name in files
    return not (entry / "pyvenv.cfg").is_file()


def _joined(kept: str, text: str) -> str:
    """Return the lines of a .gitignore that is there already, and those of ours that it lacks."""
    lines = kept.splitlines()
    return "\n".join([*lines, *(line for line in text.splitlines() if line not in lines)]) + "\n" if lines else text
