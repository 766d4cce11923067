"""What a build looks like on a terminal: run in a pseudo-terminal, whose bytes are looked at."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
METERS = ROOT / "tests" / "repositories" / "layouts" / "meters"
COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-7]|9[0-7]|38)\b[0-9;]*m")
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
PATIENCE = 60
"""Seconds after which a test gives up."""
SLOW = """
import time
from transforms.api import Output, transform


@transform.using(out=Output("/Slow/rows"))
def rows(out):
    time.sleep({seconds})
"""


def without_codes(printed):
    return re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", printed)


class Terminal:
    """A program on a terminal of 100 columns, and what it has printed there so far."""

    def __init__(self, arguments, settings):
        known = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TERM": "xterm-256color", "COLUMNS": "100"}
        self.printed, (self._ours, theirs) = b"", pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "run_local.py", *map(str, arguments)],
            stdin=theirs, stdout=theirs, stderr=theirs, env={**known, **settings}, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def read_until(self, text=None):
        """Read until `text` has been printed; None: until the program has ended. Return all that has been printed."""
        deadline = time.monotonic() + PATIENCE
        while text is None or text not in self.printed:
            assert time.monotonic() < deadline, self.printed
            try:
                self.printed += os.read(self._ours, 65536)
            except OSError:  # the other end is closed
                assert text is None, self.printed
                break
        return self.printed


@pytest.fixture
def terminal(tmp_path):
    """terminal(argument, …, NAME=value) → the build on a terminal, with these environment variables."""
    started = []

    def run(*arguments, repo=METERS, **settings):
        there = ["build", *arguments, "--repo", repo, "--warehouse", tmp_path / "warehouse"]
        started.append(Terminal(there, settings))
        return started[-1]

    yield run
    for process in started:
        process.process.kill()


@pytest.fixture
def slow(tmp_path):
    """slow(seconds) → a repository with one job that takes so long."""

    def write(seconds):
        package = tmp_path / "slow" / "src" / "slow"
        package.mkdir(parents=True, exist_ok=True)
        (package / "rows.py").write_text(SLOW.format(seconds=seconds))
        return tmp_path / "slow"

    return write


def test_on_a_terminal_running_jobs_are_shown_in_colours_and_the_cursor_comes_back(terminal):
    printed = terminal().read_until()
    assert COLOUR.search(printed)
    assert b"0/4 jobs" in without_codes(printed)
    assert printed.count(HIDE) == printed.count(SHOW) > 0


def test_a_job_is_shown_while_it_runs_and_what_is_left_by_how_long_it_took_the_last_time(terminal, slow):
    assert b"left" not in terminal(repo=slow(3)).read_until()
    assert re.search(rb"about \d s left", terminal("--force", repo=slow(3)).read_until(b"left"))


def test_ctrl_c_brings_the_cursor_back_and_says_what_was_done(terminal, slow):
    started = terminal(repo=slow(120))
    started.read_until(HIDE)
    time.sleep(1)
    started.process.send_signal(signal.SIGINT)
    printed = started.read_until()
    assert printed.rindex(SHOW) > printed.rindex(HIDE)
    assert b"0 of 1 jobs completed" in printed
    assert started.process.wait(PATIENCE) == 130


def test_no_color_leaves_the_live_region_and_takes_the_colours(terminal):
    printed = terminal(NO_COLOR="1").read_until()
    assert not COLOUR.search(printed)
    assert HIDE in printed


@pytest.mark.parametrize("settings", [{"TERM": "dumb"}, {"CI": "true"}, {"CI": "true", "GITHUB_ACTIONS": "true"}])
def test_lines_are_plain_without_an_interactive_terminal(terminal, settings):
    printed = terminal(**settings).read_until()
    assert b"\x1b" not in printed
    assert b"4 of 4 jobs completed" in printed


def test_quiet_prints_the_last_line_alone(terminal):
    printed = terminal("--quiet").read_until()
    assert re.fullmatch(rb"4 of 4 jobs completed in [\d.]+ s\.\r\n", without_codes(printed))
