import contextlib
import io
import json
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from revops_dashboards.commands import page
from transforms.api import Output, transform_df
from transforms_api.builds.report import BuildReport, JobResult, JobState
from transforms_api.cli import app
from transforms_api.cli.output import (
    LiteralConsole,
    Terminal,
    configure_terminal,
    print_rows,
    stdout_for_report,
    users_output,
)
from transforms_api.cli.progress import _job_rows
from transforms_api.cli.screen import line_of, print_error, print_faults, print_report, print_text
from transforms_api.errors import GraphError
from transforms_api.project.problems import Fault


@pytest.mark.parametrize("value", ["true", "1", "woodpecker"])
def test_in_ci_everything_is_plain_even_on_what_looks_like_a_terminal(value):
    environment = {"CI": value}
    configure_terminal(environment)
    assert environment["TTY_COMPATIBLE"] == "0"


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "true", "FORCE_COLOR": "1"}])
def test_elsewhere_and_where_colours_are_forced_rich_decides(environment):
    before = dict(environment)
    configure_terminal(environment)
    assert environment == before


def test_of_a_command_with_json_only_what_the_main_thread_prints_is_on_stdout(capsys):
    with stdout_for_report(["list", "--json"]):
        with users_output():
            print("by a module")
        other = threading.Thread(target=print, args=("by a job",))
        other.start()
        other.join()
        kept = sys.stdout
        print("report")
    print("at exit", file=kept)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("report\n", "by a module\nby a job\nat exit\n")


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json", "--help"]])
def test_without_a_report_for_programs_stdout_is_everybody_s(capsys, arguments):
    with stdout_for_report(arguments):
        thread = threading.Thread(target=print, args=("by a job",))
        thread.start()
        thread.join()
    assert capsys.readouterr().out == "by a job\n"


PRINTS = """
import os, subprocess, sys
import polars
from transforms.api import Output, transform

@transform.using(out=Output("/Prints/out"))
def prints(out):
    print("by print")
    sys.stdout.write("by the stream\\n")
    os.write(1, b"by the descriptor\\n")
    subprocess.run(["echo", "by a process"])
    out.write_table(polars.DataFrame({"n": [1]}))
"""
PRINTED = {"by print", "by the stream", "by the descriptor", "by a process"}


@pytest.mark.parametrize("command", [["build"], ["preview", "prints"]])
def test_output_of_jobs_goes_to_stderr_while_stdout_is_for_json(capfd, tmp_path, command):
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / f"module_for_{command[0]}.py").write_text(PRINTS)
    with contextlib.suppress(SystemExit):
        app.main(
            [*command, "--json", "--repo", str(tmp_path / "repository"), "--warehouse", str(tmp_path / "warehouse")]
        )
    printed = capfd.readouterr()
    assert isinstance(json.loads(printed.out), dict)
    assert set(printed.err.splitlines()) >= PRINTED
    print("stdout is as it was")
    assert capfd.readouterr().out == "stdout is as it was\n"


HOSTILE = "urn:package:1 [bold]:fire:[/] \u202egnp.exe \x1b[2J"
SHOWN = "urn:package:1 [bold]:fire:[/] \\u202egnp.exe \\x1b[2J"
"""How it is shown: neither emoji nor markup, nor anything that turns the line round or clears the screen."""


def job_result(**changes):
    values = {"transform": compute, "state": JobState.ABORTED, "seconds": 1.0, "reason": HOSTILE, "notes": [HOSTILE]}
    return JobResult(**{**values, **changes})


@transform_df(Output("/E/o"))
def compute(ctx):
    raise NotImplementedError


@pytest.fixture
def printed():
    """printed(function of a console) → what it printed, on a console with Rich's defaults."""

    def run(function):
        console = Console(file=io.StringIO(), width=200)
        function(console)
        return console.file.getvalue()

    return run


def report_of(*jobs):
    return BuildReport("b", "w", "master", 1.0, list(jobs), [Fault(GraphError(HOSTILE), "x.py:1")], [HOSTILE])


@pytest.mark.parametrize(
    "show",
    [
        lambda console: print_report(report_of(job_result()), Path(HOSTILE), Terminal(console)),
        lambda console: print_report(report_of(job_result(state=JobState.FAILED)), Path("w"), Terminal(console)),
        lambda console: console.print(line_of("o", job_result())),
        lambda console: console.print(line_of(HOSTILE, job_result(reason="no"))),
        lambda console: print_faults([Fault(GraphError(HOSTILE), "x.py:1")], console),
        lambda console: print_error(GraphError(HOSTILE), console),
        lambda console: print_text(HOSTILE, console),
        lambda console: print_rows(["id"], [{"id": HOSTILE}], console),
        lambda console: print_rows([HOSTILE], [{HOSTILE: 1}], console),
        lambda console: [console.print(part) for part in page({"id": HOSTILE, "list": [HOSTILE, {"a": HOSTILE}]})],
    ],
)
def test_texts_of_data_names_and_errors_are_printed_as_they_are(printed, show):
    assert SHOWN in printed(show)
    assert not set("🔥📦\u202e\x1b") & set(printed(show))


def test_a_literal_console_prints_plain_texts_and_cells_as_they_are(capsys):
    table = Table(HOSTILE)
    table.add_row(HOSTILE)
    console = LiteralConsole(width=200)
    console.print(HOSTILE)
    console.print(table)
    assert capsys.readouterr().out.count(SHOWN) == 3


def test_the_lines_of_running_jobs_are_printed_as_they_are(printed):
    def show(console):
        lines = _job_rows(console)
        lines.add_task("urn:package:1 [bold]", total=None, tasks="")
        console.print(lines)

    assert "urn:package:1 [bold]" in printed(show)


@pytest.mark.parametrize("arguments", [[HOSTILE], ["build", f"--{HOSTILE}"], ["build", "--param", HOSTILE]])
def test_wrong_use_is_reported_with_the_user_s_text_as_it_is(command, monkeypatch, arguments):
    monkeypatch.setenv("COLUMNS", "200")
    code, _, error = command(*arguments)
    assert (code, SHOWN in error) == (2, True)


@pytest.mark.parametrize("name", app._COMMANDS)
def test_no_help_has_a_word_that_becomes_an_emoji(name, command):
    _, printed, _ = command(name, "--help")
    assert not [character for character in printed if 0x1F300 <= ord(character) < 0x1FB00]
