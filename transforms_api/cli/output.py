"""Consoles, tables of rows and --help texts.

Colours and the live region need a terminal; everything else prints plain lines. Rich handles terminals, `NO_COLOR`,
`FORCE_COLOR` and `TERM=dumb`; we add CI services that emulate a terminal. Rows that are too wide
for the screen are printed transposed. --help texts come from docstrings.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from transforms_api.text import visible

_NO = ("", "0", "false")


def configure_terminal(environment: MutableMapping[str, str]) -> None:
    """Turn colours off if `CI` is set and `FORCE_COLOR` is not.

    Args:
        environment: that of the process, which Rich and Typer read.
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
    """Print a text, in which invisible characters are escaped.

    Args:
        text: to print.
        err: print on stderr instead of stdout.
    """
    typer.echo(visible(text), err=err)


def console_on(stream: TextIO) -> Console:
    """Return a console that writes to a duplicate of a stream's file descriptor.

    While Spark starts, the stdout and stderr of the process go to Spark's log; jobs without Spark end meanwhile, and
    their lines have to reach the screen.

    Args:
        stream: stdout or stderr.
    """
    try:
        own = os.dup(stream.fileno())
    except (OSError, AttributeError):
        return LiteralConsole(stream)
    return LiteralConsole(os.fdopen(own, "w", encoding=stream.encoding, errors="replace"))


class _ReportStream:
    """The stdout of a command whose report is for programs.

    It has what the main thread writes until it is closed. Output of other threads (jobs, libraries) goes to stderr.
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
    """Keep stdout for the report of a command with `--json` or `--format`; send all other output to stderr.

    File descriptor 1 is redirected to stderr, too, for the output of libraries and child processes. It stays so, since
    threads and exit handlers of the user's code may write after the report is complete.

    Args:
        arguments: of the command line.
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
    """Redirect what the user's Python code prints inside this context to stderr, while a command makes its report."""
    return contextlib.redirect_stdout(sys.stderr)


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, AttributeError):
        return None


@dataclass(frozen=True)
class Terminal:
    """The console of a build, and how much is printed on it.

    Attributes:
        console: for errors and the last line.
        is_quiet: print nothing else.
        is_verbose: print also what each job reads and writes, why it runs, versions, and where the logs are.
    """

    console: Console
    is_quiet: bool = False
    is_verbose: bool = False

    @property
    def chatter(self) -> Console:
        """The console for everything that --quiet hides."""
        return LiteralConsole(quiet=True) if self.is_quiet else self.console


def is_live(console: Console) -> bool:
    """Return whether a console is a terminal whose printed lines can be overwritten.

    Args:
        console: to examine.
    """
    return console.is_interactive and not console.quiet and console.file.isatty() and not _is_ci(os.environ)


def _is_ci(environment: MutableMapping[str, str]) -> bool:
    return environment.get("CI", "").lower() not in _NO


_FRAME = 3
"""Characters between two columns."""
_NARROWEST = 18
"""Minimum number of characters of a row in a transposed table."""

_LONGEST = 1000
"""Maximum number of characters of a value."""


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print rows under the names of their columns; a table that is too wide is transposed, and split if necessary.

    Args:
        columns: their names, in order.
        rows: column → value.
        console: where they are printed.
    """
    cells = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, values)) for values in zip(columns, *cells, strict=True)]
    if sum(widths) + _FRAME * len(columns) < console.width:
        _print(columns, cells, console)
        return
    names = max(map(len, columns)) + _FRAME
    at_once = max(1, (console.width - names) // (_NARROWEST + _FRAME))
    for begin in range(0, max(1, len(cells)), at_once):
        block = cells[begin : begin + at_once]
        headings = ["column", *(f"row {begin + number}" for number in range(1, len(block) + 1))]
        _print(headings, [[column, *values] for column, *values in zip(columns, *block, strict=True)], console)


def _print(headings: Sequence[str], lines: Sequence[Sequence[str]], console: Console) -> None:
    table = Table()
    for number, heading in enumerate(headings):
        table.add_column(styled(heading), overflow="fold", no_wrap=heading == "column" and number == 0)
    for line in lines:
        table.add_row(*map(styled, line))
    console.print(table)


def _text(value: Any) -> str:
    text = "" if value is None else visible(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


INSTALLED = "transforms-anywhere"
"""Name of the command that pip installs."""

_EXAMPLES = re.compile(r"(^|\s)Examples?: (?P<listed>`.*)\Z", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


def examples_in(text: str) -> list[str]:
    """Return the command lines at the end of a docstring, such as "Examples: `build`, `build --watch`".

    Args:
        text: the docstring.
    """
    section = _EXAMPLES.search(text)
    return [" ".join(code.split()) for code in _CODE.findall(section["listed"])] if section else []


def program() -> str:
    """Return what a user types to run this program: the installed command, or the script in the checkout.

    It works where this command was run, also if no environment is activated.
    """
    typed = Path(sys.argv[0])
    if typed.stem == INSTALLED:
        return INSTALLED if _is_on_path(INSTALLED, typed) else _from_here(typed)
    if typed.name == "__main__.py" and typed.parent.name == __name__.partition(".")[0]:
        return f"{python_here()} -m {typed.parent.name}"
    if typed.suffix == ".py" and typed.name != "__main__.py" and typed.is_file():  # not `python -m pytest`
        return f"{python_here()} {shlex.quote(sys.argv[0])}"
    return "python run_local.py"


def python_here() -> str:
    """Return what a user types to run this Python: `python`, or its path if the PATH leads to a different one."""
    own = Path(sys.executable)
    return "python" if _is_on_path("python", own) else _from_here(own)


def _is_on_path(name: str, program: Path) -> bool:
    executable = shutil.which(name)
    return executable is not None and Path(executable).absolute() == program.absolute()


def _from_here(program: Path) -> str:
    """Return the path of a program, relative if the program lies below the current folder."""
    path, here = program.absolute(), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def configure_help(command: Any, called: str) -> Any:
    """Prepare the help of a command, and of the commands of a group, for --help; return the command.

    Brackets are no markup, paragraphs are wrapped at the width of the screen, and each example is a line to copy.

    Args:
        command: of Typer; its help is changed in place.
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
        configure_help(below, called)
    return command
