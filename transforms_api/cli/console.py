"""Where commands print to: colours and a live region on a terminal alone, plain lines everywhere else.

Rich knows terminals, `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` by itself. What it does not know is that nobody looks at
the terminal which some CI services pretend to be.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO, cast

import typer
from rich.console import Console
from rich.text import Text

from transforms_api.visible_text import visible

_NO = ("", "0", "false")


def settle_terminal(environment: MutableMapping[str, str]) -> None:
    """Let all that prints in this process be plain where `CI` is set; who sets `FORCE_COLOR` there keeps colours.

    Args:
        environment: the process's own, which Rich and Typer read.
    """
    if _is_ci(environment) and not environment.get("FORCE_COLOR"):
        environment["TTY_COMPATIBLE"] = "0"
        environment["_TYPER_FORCE_DISABLE_TERMINAL"] = "1"  # Typer colours its help on GitHub, terminal or not


class LiteralConsole(Console):
    """A console that prints texts as they are: `[bold]` and `:fire:` mean nothing, invisible characters are escaped."""

    def __init__(self, file: TextIO | None = None, stderr: bool = False, width: int | None = None, quiet: bool = False):
        super().__init__(file=file, stderr=stderr, width=width, quiet=quiet, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a plain text for the screen; see `rich.console.Console.render_str`."""
        return super().render_str(visible(text), **options)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Return a text of parts for the screen, in which invisible characters are escaped.

    Args:
        parts: plain texts, or texts with a style of Rich such as 'bold'.
    """
    return Text.assemble(*(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts))


def say(text: str, err: bool = False) -> None:
    """Print a text on stdout, or on stderr, in which invisible characters are escaped."""
    typer.echo(visible(text), err=err)


def console_on(stream: TextIO) -> Console:
    """Return a console with a way of its own to where `stream` goes.

    While Spark starts, the process's own stdout and stderr go to Spark's log; jobs that need no Spark end meanwhile.
    """
    try:
        own = os.dup(stream.fileno())
    except (OSError, AttributeError):
        return LiteralConsole(stream)
    return LiteralConsole(os.fdopen(own, "w", encoding=stream.encoding, errors="replace"))


class _ReportStream:
    """The stdout of a command whose report is for programs: what the main thread writes, until it is closed.

    Whatever other threads write, which are those of jobs and of libraries, goes to stderr.
    """

    def __init__(self, report: TextIO) -> None:
        self._report, self._writer = report, threading.get_ident()
        self.is_closed = False

    def write(self, text: str) -> int:
        return self._target().write(text)

    def flush(self) -> None:
        self._target().flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._report, name)

    def _target(self) -> TextIO:
        is_report = threading.get_ident() == self._writer and not self.is_closed
        return self._report if is_report else sys.stderr


@contextlib.contextmanager
def stdout_for_report(arguments: Sequence[str]) -> Iterator[None]:
    """Keep stdout for the report of a command with `--json` or `--format`; all else that is written goes to stderr.

    The process's own file descriptor goes to stderr, too, for what libraries and other programs write; it stays so,
    since threads and exit handlers of the user's code may write when the report is complete.
    """
    if isinstance(sys.stdout, _ReportStream):  # of an earlier command of this process
        sys.stdout.is_closed = False
        yield
        sys.stdout.is_closed = True
        return
    options = {argument.partition("=")[0] for argument in arguments}
    if not options & {"--json", "--format"} or "--help" in options:
        yield
        return
    before = sys.stdout
    before.flush()
    is_own_process = _descriptor(before) == 1  # False in a test that captures what is printed
    kept = os.dup(1)
    os.dup2(2, 1)
    stream = _ReportStream(
        os.fdopen(kept, "w", encoding=before.encoding, errors=before.errors) if is_own_process else before
    )
    sys.stdout = cast(TextIO, stream)
    try:
        yield
    finally:
        stream.flush()
        stream.is_closed = True
        if not is_own_process:
            sys.stdout = before
            os.dup2(kept, 1)
            os.close(kept)


def users_output() -> contextlib.AbstractContextManager[Any]:
    """Let what Python code prints in this context go to stderr: code of the user, while a command makes its report."""
    return contextlib.redirect_stdout(sys.stderr)


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, AttributeError):
        return None


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
        return LiteralConsole(quiet=True) if self.is_quiet else self.console


def is_live(console: Console) -> bool:
    """Tell whether lines that are already printed can be overwritten there, and somebody sees it."""
    return console.is_interactive and not console.quiet and console.file.isatty() and not _is_ci(os.environ)


def _is_ci(environment: MutableMapping[str, str]) -> bool:
    return environment.get("CI", "").lower() not in _NO
