"""How faults are printed: each kind once, with what to paste against it, and paths as short as they can be."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from transforms_api.cli.help_texts import program
from transforms_api.graph.faults import Fault, described


@dataclass(frozen=True)
class Invocation:
    """What was typed, as far as a command that is to be pasted repeats it.

    Attributes:
        options: option → value, such as '--repo' → '../shop'.
        project: the folder of the project; None for the RevOps demo.
    """

    options: tuple[tuple[str, str], ...] = ()
    project: Path | None = None

    def import_command(self, dataset: str) -> str:
        """Return the command that imports a dataset, to be pasted; FOLDER is to be replaced."""
        return self.command("import", "FOLDER", "--dataset", dataset)

    def command(self, *words: str) -> str:
        """Return a command line that works on the same project, warehouse and branch as this one."""
        return f"{program()} {shlex.join([*words, *(word for option in self.options for word in option)])}"

    def shortened(self, text: str) -> str:
        """Return a text with the paths in it relative to the project or the current folder, which is shorter."""
        folders = {Path.cwd(), *([self.project.resolve()] if self.project else [])}
        for folder in sorted(map(str, folders), key=len, reverse=True):
            if folder != os.sep:
                text = text.replace(f"{folder}{os.sep}", "")
        return text


_NOTHING = Invocation()
invocation: ContextVar[Invocation] = ContextVar("invocation", default=_NOTHING)
"""That of the command which runs."""


def fault_texts(faults: Sequence[Fault]) -> list[str]:
    """Return a text for each kind of fault, with the commands that import what is missing."""
    typed = invocation.get()
    return [typed.shortened(text) for text in described(faults, typed.import_command)]
