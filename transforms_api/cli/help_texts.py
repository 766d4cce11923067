"""The texts of --help, made of docstrings: brackets are no markup, and the examples stand at the end, one a line."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from rich.markup import escape

INSTALLED = "transforms-anywhere"
"""Name of the command that pip installs."""

_EXAMPLES = re.compile(r"(^|\s)Examples?: (?P<listed>`.*)\Z", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


def examples_in(text: str) -> list[str]:
    """Return the command lines at the end of a docstring, such as "Examples: `build`, `build --watch`"."""
    found = _EXAMPLES.search(text)
    return [" ".join(code.split()) for code in _CODE.findall(found["listed"])] if found else []


def program() -> str:
    """Return what a user types to run this program: the installed command, or the script in the checkout.

    It can be pasted where this command was run, also where no environment is activated.
    """
    typed = Path(sys.argv[0])
    if typed.stem == INSTALLED:
        return INSTALLED if _is_on_path(INSTALLED, typed) else _from_here(typed)
    if typed.suffix == ".py" and typed.name != "__main__.py" and typed.is_file():  # not `python -m pytest`
        return f"{python_here()} {shlex.quote(sys.argv[0])}"
    return "python run_local.py"


def python_here() -> str:
    """Return what a user types to run this Python: its name, or its path where another one, or none, is on the PATH."""
    own = Path(sys.executable)
    return "python" if _is_on_path("python", own) else _from_here(own)


def _is_on_path(name: str, program: Path) -> bool:
    found = shutil.which(name)
    return found is not None and Path(found).absolute() == program.absolute()


def _from_here(program: Path) -> str:
    """Return how a program is called from the current folder: by its path from there where it lies below."""
    place, here = program.absolute(), Path.cwd()
    return shlex.quote(str(place.relative_to(here) if place.is_relative_to(here) else place))


def settle_help(command: Any, called: str) -> Any:
    """Give a command, and those below a group, their texts as --help prints them; return the command.

    Brackets are no markup, paragraphs are wrapped where the screen ends, and each example is a line to copy.

    Args:
        called: what the command line begins with, see `program`.
    """
    text = command.help or ""
    examples = examples_in(text)
    paragraphs = _EXAMPLES.sub("", text).strip().split("\n\n")
    command.help = escape("\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs))
    if examples:
        lines = [f"  {called} {example}" for example in examples]
        command.epilog = "\n".join(["[bold]Examples[/]", *map(escape, lines)])
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = escape(parameter.help)
    for below in getattr(command, "commands", {}).values():
        settle_help(below, called)
    return command
