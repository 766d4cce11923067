"""The program behind `run_local.py` and `transforms-anywhere`: its commands, and how errors become exit codes."""

from __future__ import annotations

import ast
import atexit
import functools
import gc
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, cast

import typer
from rich.markup import escape
from rich.panel import Panel
from typer.core import TyperCommand, TyperGroup

from transforms_api.cli.output import (
    LiteralConsole,
    configure_help,
    configure_terminal,
    program,
    say,
    stdout_for_report,
    styled,
)
from transforms_api.errors import ChecksFailedError, EnvironmentProblem, TransformsError

PLUGGED_COMMANDS = "transforms_anywhere.commands"
"""Group of entry points by which another package adds commands: name → module and function, or group of commands."""

_MODULES = {
    "build": "build:build",
    "preview": "preview:preview",
    "diff": "diff:diff",
    "list": "inspect:list_transforms",
    "show": "inspect:show",
    "write": "inspect:write",
    "why": "inspect:why",
    "import": "importing:import_files",
    "pull": "pull:pull",
    "history": "versions:history",
    "restore": "versions:restore",
    "vacuum": "versions:vacuum",
    "branch": "versions:branch",
    "lint": "porting:lint",
    "contracts": "porting:contracts",
    "export": "porting:export",
    "init": "init:init",
    "graph": "catalog:graph",
    "docs": "catalog:docs",
    "lineage": "catalog:lineage",
    "impact": "catalog:impact",
}
"""Command → module of this package and its function, or its group of commands."""


class _CommandIndex:
    """The commands of this package, and those of other packages, whose entry points are read at first use."""

    def __contains__(self, name: object) -> bool:
        return name in _MODULES or name in self._plugged

    def __iter__(self) -> Iterator[str]:
        yield from _MODULES
        yield from self._plugged

    def __getitem__(self, name: str) -> EntryPoint:
        if name in _MODULES:
            return EntryPoint(name, f"transforms_api.cli.{_MODULES[name]}", PLUGGED_COMMANDS)
        return self._plugged[name]

    @functools.cached_property
    def _plugged(self) -> dict[str, EntryPoint]:
        plugged = metadata.entry_points(group=PLUGGED_COMMANDS)
        return {entry.name: entry for entry in plugged if entry.name not in _MODULES}


_COMMANDS = _CommandIndex()

_WrongUse: type[Exception] = cast("type[Exception]", typer.BadParameter.__mro__[2])
"""ClickException, which some versions of Typer have in a copy of Click of their own."""

_GROUPS = frozenset({"branch"})
"""Commands that are groups: the next word is a command, too."""

_SHARED_OPTIONS = {"--repo": True, "--warehouse": True, "--branch": True, "--profile": True, "--json": False}
"""Option of several commands → whether a value follows it; listed here, so that no command is imported for them."""

_REPEATED = ("repo", "warehouse", "branch")
"""Options that the commands suggested by an error repeat."""

_NEW_OBJECTS = 500_000
"""How many objects are made before Python searches for unreachable cycles; by default 700.

The imports and a cold build of the demo together make fewer.
"""

_COMPLETION = ("--install-completion", "--show-completion")
_OF_THE_PROGRAM = ("--help", "--version", *_COMPLETION)


class _Commands(TyperGroup):
    """The commands, each imported when it runs: importing all of them takes a second, most alone half of one."""

    _is_listing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print --help, in which the commands are listed without being imported."""
        self._is_listing = True
        super().format_help(ctx, formatter)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        if self._is_listing:
            return TyperCommand(cmd_name, help=escape(_summary(cmd_name)))
        command = _COMMANDS[cmd_name].load()
        if not isinstance(command, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(command)
            command = alone
        return _naming_project(configure_help(typer.main.get_command(command), program()))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._command_first(args, is_typed=ctx.resilient_parsing))

    def _command_first(self, arguments: list[str], is_typed: bool) -> list[str]:
        """Return the arguments with the command before its options; without a command, it is `build`.

        Args:
            arguments: as typed, in which options may stand before the command.
            is_typed: whether Tab was pressed: the command may be the next word.
        """
        names, count = self._leading_options(arguments)
        leading, rest = arguments[:count], arguments[count:]
        for position, argument in enumerate(leading):
            if _name_of(argument) in _OF_THE_PROGRAM:
                return arguments[position:]
        if not rest and is_typed and count <= len(arguments) and _SHARED_OPTIONS.keys() >= set(names):
            return []
        if not rest:
            return ["build", *leading]
        if rest[0] not in _COMMANDS and any(self._takes_value(name) is None for name in names):
            return [
                next((word for word in rest if word in _COMMANDS), "build"),
                *leading,
            ]  # an unknown option comes first
        words = 2 if rest[0] in _GROUPS else 1
        return [*rest[:words], *leading, *rest[words:]]

    def _leading_options(self, arguments: list[str]) -> tuple[list[str], int]:
        """Return the names of the options before the command, and how many arguments they and their values are.

        If the last option lacks its value, the number is greater than that of the arguments.
        """
        names: list[str] = []
        count = 0
        while count < len(arguments) and arguments[count].startswith("-") and arguments[count] not in ("-", "--"):
            name, has_value, _ = arguments[count].partition("=")
            names.append(name)
            count += 2 if not has_value and self._takes_value(name) else 1
        return names, count

    def _takes_value(self, option: str) -> bool | None:
        """Return whether a value follows an option; None if no command has the option."""
        if option in _SHARED_OPTIONS or option in _OF_THE_PROGRAM:
            return _SHARED_OPTIONS.get(option, False)
        for name in _COMMANDS:  # `build` is the first, and has most of what stands before commands
            command = self.get_command(None, name)
            for one in (command, *getattr(command, "commands", {}).values()):
                for parameter in one.params:
                    if option in (*parameter.opts, *parameter.secondary_opts):
                        return not getattr(parameter, "is_flag", False)
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in _COMMANDS and not ctx.resilient_parsing:
            from transforms_api.project import did_you_mean

            ctx.fail(f"There is no command '{args[0]}'.{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return the commands that begin with a word, without importing them, which would take a second."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        names = [name for name in _COMMANDS if name.startswith(incomplete)]
        return [SimpleNamespace(type="plain", value=name, help=_summary(name)) for name in names]


app = typer.Typer(
    cls=_Commands, no_args_is_help=False, add_completion=True, pretty_exceptions_enable=False,
)  # fmt: skip


def _print_versions(wanted: bool) -> None:
    if wanted:
        packages = {"transforms-anywhere": "transforms-anywhere", "Spark": "pyspark", "Delta Lake": "delta-spark"}
        own, *others = [f"{name} {metadata.version(package)}" for name, package in packages.items()]
        say(", ".join([own, f"Python {platform.python_version()}", *others]))
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_versions, help="Print the versions of what runs here."
        ),
    ] = False,
) -> None:
    """Foundry transforms on this machine: Spark, Delta tables on disk. Without a command: build everything."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; without a command, `build`.

    Args:
        arguments: the words after the program's name; None: those of the process.
    """
    if arguments is None:
        _collect_garbage_rarely()
    configure_terminal(os.environ)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_completion_of_a_script(words)
        with stdout_for_report(words):
            code = app(args=words, standalone_mode=False)
    except TransformsError as error:
        from transforms_api.cli.screen import print_error

        print_error(error, LiteralConsole(stderr=True))
        sys.exit(1 if isinstance(error, ChecksFailedError) else 2)
    except typer.Abort:
        LiteralConsole(stderr=True).print("Aborted.")
        sys.exit(1)
    except _WrongUse as error:
        _print_wrong_use(error)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _collect_garbage_rarely() -> None:
    """Let Python search for unreachable cycles rarely, and no more when the process ends.

    Imports make many objects that stay. Searching all of them again takes 0.15 s of a command, and 0.3 s at its end.
    """
    gc.set_threshold(_NEW_OBJECTS, 2, 2)
    atexit.register(gc.freeze)  # the first to be registered runs last


def _naming_project(command: Any) -> Any:
    """Let a command, and those of a group, print first on stderr which project they work on; return the command."""
    for below in getattr(command, "commands", {}).values():
        _naming_project(below)
    run = command.callback
    if any(parameter.name == "repo" for parameter in command.params):

        @functools.wraps(run)
        def say_and_run(**options: Any) -> Any:
            from transforms_api.cli.screen import Invocation, invocation
            from transforms_api.project import choose_project

            chosen = choose_project(options["repo"])
            typed = tuple((f"--{name}", str(options[name])) for name in _REPEATED if options.get(name) is not None)
            invocation.set(Invocation(typed, chosen.folder))
            if not options.get("quiet"):
                say(str(chosen), err=True)
            return run(**options)

        command.callback = say_and_run
    return command


def _print_wrong_use(error: Any) -> None:
    """Print a usage error on stderr as Typer does, with the user's text unchanged."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    console = LiteralConsole(stderr=True)
    if error.ctx is not None:
        console.print(styled((error.ctx.get_usage(), "yellow")))
        console.print(styled((f"Try '{error.ctx.command_path} --help' for help.", "dim")))
    console.print(Panel(styled(error.format_message()), title="Error", title_align="left", border_style="red"))


def _refuse_completion_of_a_script(arguments: list[str]) -> None:
    if arguments[:1] and arguments[0] in _COMPLETION and sys.argv[0].endswith(".py"):
        raise EnvironmentProblem(
            f"A shell completes commands, and `python {sys.argv[0]}` is one of Python's. The package, once installed, "
            f"has a command of its own: run `transforms-anywhere {arguments[0]}`, and type that from then on."
        )


def _summary(command: str) -> str:
    """Return the first line of a command's docstring, or the help of a group, read from its file without an import."""
    entry = _COMMANDS[command]
    spec = importlib.util.find_spec(entry.module)
    if spec is None or spec.origin is None:
        return ""
    tree = ast.parse(Path(spec.origin).read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            return (ast.get_docstring(node) or "").partition("\n")[0]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == entry.attr:
            texts = [one.value for one in ast.walk(node.value) if isinstance(one, ast.keyword) and one.arg == "help"]
            return next((str(text.value) for text in texts if isinstance(text, ast.Constant)), "")
    return ""


def _name_of(option: str) -> str:
    return option.partition("=")[0]
