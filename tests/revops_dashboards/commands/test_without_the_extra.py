"""The commands where the extra `dashboard` is not installed."""

import subprocess
import sys

import pytest

MISSING = "import sys; sys.modules.update(dict.fromkeys(['altair', 'vl_convert', 'starlette', 'uvicorn']))"


@pytest.fixture
def run():
    """run(argument, …) → the finished process of the command line without the libraries of the extra."""

    def start(*arguments):
        code = f"{MISSING}; from transforms_api.cli.app import main; main({list(arguments)!r})"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    return start


@pytest.mark.parametrize("command", ["dashboard", "report"])
def test_a_command_that_draws_names_the_extra_to_install(run, command):
    ended = run(command)
    assert ended.returncode == 2
    assert "pip install 'transforms-anywhere[dashboard]'" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["coach", "--help"], ["dashboard", "--help"]], ids=" ".join)
def test_help_needs_no_library_of_the_extra(run, arguments):
    ended = run(*arguments)
    assert ended.returncode == 0, ended.stderr
