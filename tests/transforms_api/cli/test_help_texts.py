"""--help of every command, and its examples: each is a command line that the parser takes."""

import shlex
from pathlib import Path

import pytest
import typer

from transforms_api.cli import app
from transforms_api.cli.output import examples_in

ROOT = typer.main.get_command(app.app)


def commands(group=ROOT, names=()):
    """Yield the names and the command of each command, those below a group in place of the group."""
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


def examples_of(command):
    return [line.strip().split(" ", 2)[2] for line in (command.epilog or "").splitlines() if "run_local.py" in line]


COMMANDS = {" ".join(names): command for names, command in commands()}
EXAMPLES = [example for command in COMMANDS.values() for example in examples_of(command)]


@pytest.fixture
def somewhere(tmp_path, monkeypatch):
    """somewhere(arguments): the current folder; the files and folders that the arguments name are there."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def make(arguments):
        for path in (Path(argument) for argument in arguments if "/" in argument and not argument.startswith("/")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch() if path.suffix else path.mkdir(parents=True, exist_ok=True)

    return make


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_command_line_that_the_parser_takes(example, somewhere):
    arguments = shlex.split(example.partition(" > ")[0])
    somewhere(arguments)
    group, context, rest = ROOT, typer.Context(ROOT), arguments
    while hasattr(group, "list_commands"):
        name, group, rest = group.resolve_command(context, rest)
    group.make_context(name, list(rest), parent=context)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_in_one_sentence_what_it_does_and_gives_examples_of_itself(name):
    command = COMMANDS[name]
    first = command.help.partition("\n\n")[0]
    assert first.endswith(".")
    assert any(example == name or example.startswith(f"{name} ") for example in examples_of(command))


def test_help_prints_each_example_on_a_line_to_copy(command):
    _, printed, _ = command("restore", "--help")
    assert (
        "python run_local.py restore dashboard_kpis@3\n"
        in "\n".join(line.strip() for line in printed.splitlines()) + "\n"
    )


def test_help_of_an_option_keeps_its_brackets(command):
    assert "[profiles.NAME]" in command("build", "--help")[1]


def test_options_of_a_long_command_are_in_groups(command):
    printed = command("build", "--help")[1]
    titles = [printed.index(title) for title in (" Options ", " How jobs run ", " Where ", " What is printed ")]
    assert titles == sorted(titles)


def test_examples_are_the_code_at_the_end_of_a_docstring():
    assert examples_in("Do it with `care`.\n\n    Examples: `do`, `do\n    twice`") == ["do", "do twice"]
    assert examples_in("Do it. Example: `do`") == ["do"]
    assert examples_in("Do `it`.") == []
