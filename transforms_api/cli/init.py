"""`init`: a new project."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from transforms_api.cli.console import say
from transforms_api.cli.help_texts import program
from transforms_api.errors import EnvironmentProblem
from transforms_api.starting.project import package_name, project_files

_MAY_BE_THERE = {".git"}

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the project; a new one, or an empty one.")
]


def init(folder: Folder) -> None:
    """Make a new project in DIR, which builds at once: one source, two transforms, a contract, tests.

    It has the layout of a Foundry repository, its package is called as DIR is. A folder that has anything but a `.git`
    is refused. Starts no Spark.

    Examples: `init ../my-shop`
    """
    if folder.is_dir() and any(entry.name not in _MAY_BE_THERE for entry in folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty: name a new folder. Nothing has been written.")
    files = project_files(package_name(folder.resolve().name))
    try:
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(f"The project cannot be written: {error}. Remove {folder} and try again.") from error
    place = shlex.quote(str(folder))
    say(f"{folder} has a project of {len(files)} files; its README.md says what is what. Next:\n")
    say(f"  {program()} --repo {place} build\n  cd {place} && python -m pytest")
