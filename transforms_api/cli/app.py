"""The program behind `run_local.py`: its commands, and how errors become exit codes."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from transforms_api.cli.branch import branch
from transforms_api.cli.build import build
from transforms_api.cli.history import history
from transforms_api.cli.import_files import import_files
from transforms_api.cli.list import list_transforms
from transforms_api.cli.restore import restore
from transforms_api.cli.show import show
from transforms_api.cli.vacuum import vacuum
from transforms_api.cli.why import why
from transforms_api.errors import ChecksFailedError, TransformsError

app = typer.Typer(
    name="run_local.py", no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False,
    help="Foundry transforms on this machine: Spark, Delta tables on disk. Without a command: build everything.",
)  # fmt: skip
app.command("build")(build)
app.command("list")(list_transforms)
app.command("show")(show)
app.command("why")(why)
app.command("import")(import_files)
app.command("history")(history)
app.command("restore")(restore)
app.command("vacuum")(vacuum)
app.add_typer(branch)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; without a command, `build`."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=_command_first(given))
    except TransformsError as error:
        Console(stderr=True).print(f"[red]error[/] {type(error).__name__}: ", end="")
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
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
