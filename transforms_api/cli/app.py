"""The program behind `run_local.py`: its commands, and how errors become exit codes."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from transforms_api.errors import ChecksFailedError, TransformsError

_COMMANDS = {
    "build": "build:build",
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
}
"""Command → module of this package and its function, or its group of commands."""


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
        return typer.main.get_command(found)


app = typer.Typer(
    name="run_local.py", cls=_Commands, no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False,
    help="Foundry transforms on this machine: Spark, Delta tables on disk. Without a command: build everything.",
)  # fmt: skip
app.callback()(lambda: None)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; without a command, `build`."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=_command_first(given))
    except TransformsError as error:
        from transforms_api.cli.screen import print_error

        print_error(error, Console(stderr=True))
        sys.exit(1 if isinstance(error, ChecksFailedError) else 2)


def _command_first(given: list[str]) -> list[str]:
    """Return the arguments with the command before `--repo PATH`, which may stand first; without a command, `build`."""
    leading = 2 if given[:1] == ["--repo"] else sum(argument.startswith("--repo=") for argument in given[:1])
    repo, rest = given[:leading], given[leading:]
    if rest[:1] == ["--help"]:
        return rest
    if not rest or rest[0].startswith("-"):
        rest = ["build", *rest]
    return [*rest, *repo]
