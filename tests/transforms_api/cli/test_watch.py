"""`build --watch` and `preview --watch` as users run them: a process that goes on, modules that are saved meanwhile."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import polars
import pytest

RUN_LOCAL = Path(__file__).parents[3] / "run_local.py"
PATIENCE = 60
"""Seconds after which a test gives up."""

DOUBLED = """
import polars
from transforms.api import Input, Output, transform


@transform.using(source=Input("/Watched/source"), out=Output("/Watched/doubled"))
def doubled(source, out):
    out.write_table(source.polars().select(polars.col("n") * {factor}))
"""
SOURCE = """
import polars
from transforms.api import Output, transform


@transform.using(out=Output("/Watched/source"))
def source(out):
    out.write_table(polars.DataFrame({"n": [1, 2]}))
"""


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def module(tmp_path):
    """The watched module; `source` stands in another one."""
    package = tmp_path / "repository" / "src" / "watched"
    package.mkdir(parents=True)
    (package / "source.py").write_text(SOURCE)
    module = package / "doubled.py"
    module.write_text(DOUBLED.format(factor=2))
    return module


@pytest.fixture
def watching(module, tmp_path):
    """The process, once it has built everything, and the file that it prints into."""
    printed = tmp_path / "printed"
    command = [sys.executable, RUN_LOCAL, "build", "--watch", "--repo", module.parents[2]]
    with printed.open("w") as out:
        process = subprocess.Popen([*command, "--warehouse", tmp_path / "warehouse"], stdout=out, stderr=out)
    wait_until(lambda: "watching for changes" in printed.read_text() or process.poll() is not None)
    yield process, printed
    process.kill()


@pytest.fixture
def rows(tmp_path):
    """rows(dataset) → its only column, sorted; nothing while there is no table."""

    def read(name):
        table = tmp_path / "warehouse" / "master" / "Watched" / name
        return sorted(polars.read_delta(str(table)).get_column("n")) if (table / "_delta_log").is_dir() else []

    return read


def test_a_saved_module_is_built_at_once(module, watching, rows):
    assert rows("doubled") == [2, 4]
    module.write_text(DOUBLED.format(factor=10))
    wait_until(lambda: rows("doubled") == [10, 20])


def test_only_what_the_saved_module_made_stale_is_built(module, watching):
    _, printed = watching
    module.write_text(DOUBLED.format(factor=10))
    wait_until(lambda: "1 of 1 jobs completed" in printed.read_text())


def test_a_module_that_cannot_be_imported_is_reported_and_the_next_save_is_built(module, watching, rows):
    _, printed = watching
    module.write_text("def compute(:\n")
    wait_until(lambda: "doubled.py:1" in printed.read_text())
    module.write_text(DOUBLED.format(factor=10))
    wait_until(lambda: rows("doubled") == [10, 20])


def test_ctrl_c_ends_a_watch_with_exit_code_0(watching):
    process, _ = watching
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0


@pytest.fixture
def previewing(module, tmp_path):
    """The process of `preview doubled --watch`, once it has printed the first preview, and the file it prints into."""
    printed, of_test = tmp_path / "previewed", ["--repo", module.parents[2], "--warehouse", tmp_path / "warehouse"]
    subprocess.run([sys.executable, RUN_LOCAL, "build", "source", *of_test], check=True, capture_output=True)
    with printed.open("w") as out:
        command = [sys.executable, RUN_LOCAL, "preview", "doubled", "--watch", *of_test]
        process = subprocess.Popen(command, stdout=out, stderr=out)
    wait_until(lambda: "watching for changes" in printed.read_text() or process.poll() is not None)
    yield process, printed
    process.kill()


def test_a_preview_runs_again_after_a_save_also_after_one_that_cannot_be_imported(module, previewing):
    _, printed = previewing
    module.write_text("def compute(:\n")
    wait_until(lambda: "doubled.py:1" in printed.read_text())
    assert " 20 " not in printed.read_text()
    module.write_text(DOUBLED.format(factor=10))
    wait_until(lambda: " 20 " in printed.read_text())


def test_ctrl_c_ends_a_watched_preview_with_exit_code_0(previewing):
    process, _ = previewing
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
