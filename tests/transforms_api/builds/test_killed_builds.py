"""Builds that are killed: whatever the instant, no dataset is broken, and the next build ends as if nothing had been.

The repository `meters` has a source that grows by a round each time, two datasets that one job makes together, one that
grows incrementally, and one that reads both. Processes are forked from a server that has imported everything, so that
fifty of them can be killed in a minute.
"""

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import polars
import pytest

from transforms_api.builds import job
from transforms_api.cli import app
from transforms_api.warehouse import multi_table_commit, publish, transaction

LAYOUT = Path(__file__).parents[2] / "repositories" / "layouts" / "meters"
DATASETS = ("source", "rows", "totals", "growing", "last")
INSTANTS = 50


@pytest.fixture(scope="module")
def server():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["transforms_api.cli.app", "transforms_api.builds.scheduler", "polars"])
    return context


def arguments(warehouse, number):
    options = ["--repo", str(LAYOUT), "--warehouse", str(warehouse), "--branch", "master"]
    return ["build", *options, "--param", f"round={number}", "--json"]


def build(server, warehouse, number):
    """Build round `number` to its end."""
    process = server.Process(target=app.main, args=(arguments(warehouse, number),))
    process.start()
    process.join()
    assert process.exitcode == 0


def tables(warehouse):
    """Return the rows of every dataset, sorted; None for one that does not exist."""
    folders = {dataset: warehouse / "master" / "Meters" / dataset for dataset in DATASETS}
    return {
        dataset: sorted(polars.read_delta(str(folder)).rows()) if (folder / "_delta_log").is_dir() else None
        for dataset, folder in folders.items()
    }


def is_each_old_or_new(tables, old, new):
    return all(tables[dataset] in (old[dataset], new[dataset]) for dataset in DATASETS)


def test_a_build_killed_at_any_instant_leaves_good_datasets_and_the_next_one_completes(server, tmp_path):
    chance = random.Random(20241115)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    build(server, undisturbed, 0)
    build(server, killed, 0)
    began = time.monotonic()
    build(server, tmp_path / "timed", 0)
    duration = time.monotonic() - began
    in_time = 0
    for number in range(1, INSTANTS + 1):
        old = tables(undisturbed)
        build(server, undisturbed, number)
        new = tables(undisturbed)
        process = server.Process(target=app.main, args=(arguments(killed, number),))
        process.start()
        time.sleep(chance.uniform(0, duration))
        process.kill()
        process.join()
        in_time += process.exitcode == -signal.SIGKILL
        assert is_each_old_or_new(tables(killed), old, new), f"round {number}"
        build(server, killed, number)
        assert tables(killed) == new, f"round {number}"
    assert in_time > INSTANTS / 2  # else the kills came when all was over, and prove nothing
    assert list((killed / "_jobs").iterdir()) == []


STEPS = {
    "before it is recorded": (multi_table_commit.MultiTableTransaction, "__init__", "before", 1),
    "before it computes": (job, "compute", "before", 1),
    "after it has staged its rows": (job, "compute", "after", 1),
    "after its checks": (job, "check_outputs", "after", 1),
    "before its commits are recorded": (multi_table_commit, "_write", "before", 2),
    "after its commits are recorded": (multi_table_commit, "_write", "after", 2),
    "before its folders have their last names": (transaction.Transaction, "_seal", "before", 1),
    "after its first folders have their last names": (transaction.Transaction, "_seal", "after", 1),
    "after its commits are rehearsed": (transaction.Transaction, "prepare", "after", 2),
    "after its first commit": (publish.DeltaCommit, "commit", "after", 1),
    "after its second commit": (publish.DeltaCommit, "commit", "after", 2),
    "before its record is removed": (multi_table_commit.MultiTableTransaction, "close", "before", 1),
}


def build_and_die(step, arguments):
    """Build, and kill this very process at a step of the job with two outputs."""
    owner, name, when, number = STEPS[step]
    original, calls = getattr(owner, name), []

    def wrapped(*args, **kwargs):
        is_it = threading.current_thread().name == "meters.transforms:both"
        calls.extend([1] if is_it else [])
        if is_it and when == "before" and len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if is_it and when == "after" and len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)
    app.main(arguments)


@pytest.fixture(scope="module")
def rounds(server, tmp_path_factory):
    """A warehouse after round 0, its tables, and the tables that an undisturbed round 1 makes of it."""
    folder = tmp_path_factory.mktemp("rounds")
    build(server, folder / "first", 0)
    shutil.copytree(folder / "first", folder / "second")
    build(server, folder / "second", 1)
    return folder / "first", tables(folder / "first"), tables(folder / "second")


@pytest.mark.parametrize("step", STEPS)
def test_a_job_with_two_outputs_killed_at_any_step_is_undone_or_completed_as_a_whole(server, rounds, tmp_path, step):
    first, old, new = rounds
    killed = tmp_path / "killed"
    shutil.copytree(first, killed)
    process = server.Process(target=build_and_die, args=(step, arguments(killed, 1)))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert is_each_old_or_new(tables(killed), old, new)
    build(server, killed, 1)
    assert tables(killed) == new
    assert list((killed / "_jobs").iterdir()) == []
