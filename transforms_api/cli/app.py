"""The program behind `run_local.py` and `transforms-anywhere`: its commands, and how errors become exit codes."""

from __future__ import annotations

import ast
import functools
import importlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import typer
from rich.panel import Panel
from typer.core import TyperGroup

from transforms_api.cli.console import LiteralConsole, say, settle_terminal, styled
from transforms_api.cli.help_texts import program, settle_help
from transforms_api.errors import ChecksFailedError, EnvironmentProblem, TransformsError

_COMMANDS = {
    "build": "build:build",
    "preview": "preview:preview",
    "list": "list:list_transforms",
    "show": "show:show",
    "why": "why:why",
    "import": "import_files:import_files",
    "history": "history:history",
    "restore": "restore:restore",
    "vacuum": "vacuum:vacuum",
    "branch": "branch:branch",
    "lint": "lint:lint",
    "contracts": "contracts:contracts",
    "export": "export:export",
    "init": "init:init",
    "graph": "graph:graph",
    "docs": "docs:docs",
    "dashboard": "dashboard:dashboard",
    "coach": "coach:coach",
    "report": "report:report",
}
"""Command → module of this package and its function, or its group of commands."""

_WrongUse: type[Exception] = cast("type[Exception]", typer.BadParameter.__mro__[2])
"""ClickException, which some versions of Typer have in a copy of Click of their own."""

_COMPLETION = ("--install-completion", "--show-completion")


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: all of them take a second, most alone half of one."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found = getattr(importlib.import_module(f"transforms_api.cli.{module}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name)(found)
            found = alone
        return _naming_project(settle_help(typer.main.get_command(found), program()))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _command_first(args, is_typed=ctx.resilient_parsing))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in _COMMANDS and not ctx.resilient_parsing:
            from transforms_api.graph.missing import nearest

            ctx.fail(f"There is no command '{args[0]}'.{nearest(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return the commands that begin so; none of them is imported, since that takes a second."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        found = [name for name in _COMMANDS if name.startswith(incomplete)]
        return [SimpleNamespace(type="plain", value=name, help=_summary(name)) for name in found]


app = typer.Typer(
    cls=_Commands, no_args_is_help=False, add_completion=True, pretty_exceptions_enable=False,
    help="Foundry transforms on this machine: Spark, Delta tables on disk. Without a command: build everything.",
)  # fmt: skip
app.callback()(lambda: None)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; without a command, `build`."""
    settle_terminal(os.environ)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_completion_of_a_script(given)
        code = app(args=given, standalone_mode=False)
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


def _naming_project(command: Any) -> Any:
    """Let a command, and those below a group, say first on stderr which project they work on; return the command."""
    for below in getattr(command, "commands", {}).values():
        _naming_project(below)
    run = command.callback
    if any(parameter.name == "repo" for parameter in command.params):

        @functools.wraps(run)
        def say_and_run(**given: Any) -> Any:
            from transforms_api.cli.settings import choose_project

            if not given.get("quiet"):
                say(str(choose_project(given["repo"])), err=True)
            return run(**given)

        command.callback = say_and_run
    return command


def _print_wrong_use(error: Any) -> None:
    """Print what is wrong with a command line on stderr, as Typer does, but any text of the user's as it is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    console = LiteralConsole(stderr=True)
    if error.ctx is not None:
        console.print(styled((error.ctx.get_usage(), "yellow")))
        console.print(styled((f"Try '{error.ctx.command_path} --help' for help.", "dim")))
    console.print(Panel(styled(error.format_message()), title="Error", title_align="left", border_style="red"))


def _refuse_completion_of_a_script(given: list[str]) -> None:
    if given[:1] and given[0] in _COMPLETION and sys.argv[0].endswith(".py"):
        raise EnvironmentProblem(
            f"A shell completes commands, and `python {sys.argv[0]}` is one of Python's. The package, once installed, "
            f"has a command of its own: run `transforms-anywhere {given[0]}`, and type that from then on."
        )


def _summary(command: str) -> str:
    """Return the first line of a command's docstring, read from its file."""
    module, _, name = _COMMANDS[command].partition(":")
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_bytes())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    text = ast.get_docstring(functions[0] if functions else tree) or ""
    return text.partition("\n")[0]


def _command_first(given: list[str], is_typed: bool) -> list[str]:
    """Return the arguments with the command before `--repo PATH`, which may stand first; without a command, `build`.

    While it `is_typed`, the command may be what comes next.
    """
    leading = 2 if given[:1] == ["--repo"] else sum(argument.startswith("--repo=") for argument in given[:1])
    repo, rest = given[:leading], given[leading:]
    if rest[:1] and rest[0].partition("=")[0] in ("--help", *_COMPLETION):
        return rest
    if not rest and is_typed:
        return []
    if not rest or rest[0].startswith("-"):
        rest = ["build", *rest]
    return [*rest, *repo]
