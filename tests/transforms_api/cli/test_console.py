import contextlib
import json
import sys
import threading

import pytest

from transforms_api.cli import app
from transforms_api.cli.console import settle_terminal, stdout_for_report, users_output


@pytest.mark.parametrize("value", ["true", "1", "woodpecker"])
def test_in_ci_everything_is_plain_even_on_what_looks_like_a_terminal(value):
    environment = {"CI": value}
    settle_terminal(environment)
    assert environment["TTY_COMPATIBLE"] == "0"


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "true", "FORCE_COLOR": "1"}])
def test_elsewhere_and_where_colours_are_forced_rich_decides(environment):
    before = dict(environment)
    settle_terminal(environment)
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
def test_what_jobs_print_goes_to_stderr_while_stdout_is_for_json(capfd, tmp_path, command):
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
