"""Where commands print to: colours and a live region on a terminal alone, plain lines everywhere else.

Rich knows terminals, `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` by itself. What it does not know is that nobody looks at
the terminal which some CI services pretend to be.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console

_NO = ("", "0", "false")


def settle_terminal(environment: MutableMapping[str, str]) -> None:
    """Let all that prints in this process be plain where `CI` is set; who sets `FORCE_COLOR` there keeps colours.

    Args:
        environment: the process's own, which Rich and Typer read.
    """
    if _is_ci(environment) and not environment.get("FORCE_COLOR"):
        environment["TTY_COMPATIBLE"] = "0"
        environment["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"  # Typer colours its help on GitHub, terminal or not


def console_on(stream: TextIO) -> Console:
    """Return a console with a way of its own to where `stream` goes.

    While Spark starts, the process's own stdout and stderr go to Spark's log; jobs that need no Spark end meanwhile.
    """
    return Console(file=_duplicate(stream) or stream)


def _duplicate(stream: TextIO) -> TextIO | None:
    """Return a stream of its own to where `stream` goes, None if that is no file of the operating system."""
    try:
        own = os.dup(stream.fileno())
    except (OSError, AttributeError):
        return None
    return os.fdopen(own, "w", encoding=stream.encoding, errors="replace")


@contextmanager
def stdout_for_json(as_json: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that prints a text on stdout; with `as_json`, all else that is printed meanwhile goes to stderr.

    This concerns what transforms, their libraries, and processes that these start write to stdout. In a process that is
    the command's own the redirection is never undone, since a job that did not end in time may still print.
    """
    stream = sys.stdout
    if not as_json:
        yield print
        return
    stream.flush()
    own, kept = _duplicate(stream) or stream, os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield lambda text: print(text, file=own, flush=True)
    finally:
        if stream is not sys.__stdout__:
            os.dup2(kept, 1)
        os.close(kept)


@dataclass(frozen=True)
class Voice:
    """Where a build speaks, and how much it says.

    Attributes:
        console: for errors and the last line.
        is_quiet: nothing else is said.
        is_verbose: so is what each job reads and writes, why it runs, versions, and where the logs are.
    """

    console: Console
    is_quiet: bool = False
    is_verbose: bool = False

    @property
    def talk(self) -> Console:
        """Where it says what is neither an error nor the last line."""
        return Console(quiet=True) if self.is_quiet else self.console


def is_live(console: Console) -> bool:
    """Tell whether lines that are already printed can be overwritten there, and somebody sees it."""
    return console.is_interactive and not console.quiet and console.file.isatty() and not _is_ci(os.environ)


def _is_ci(environment: MutableMapping[str, str]) -> bool:
    return environment.get("CI", "").lower() not in _NO
