"""Measure what many transforms cost while none is stale: `python benchmarks/thousand_transforms.py`.

Prints a table and writes benchmarks/results-thousand-transforms.json. The largest repository is built once, by real
jobs; the smaller ones are beginnings of it on the same warehouse. Each phase is measured where the one before it has
been done already, in a process that has done nothing else; the median of the rounds counts. Linear is what takes the
same time for each transform, however many there are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
RESULTS = PROJECT / "benchmarks" / "results-thousand-transforms.json"
SIZES = (250, 500, 1_000, 2_000)
ROUNDS = 3
GOAL = "registry, graph and staleness of 1,000 in less than 2 s"
GOAL_PHASES = ("registry and graph", "staleness of all")
Measured = dict[str, dict[str, float]]
"""Phase → `seconds` by the clock, and `cpu`: those of the processor."""

MODULES_PER_PACKAGE = 50
SETUP = """\
from setuptools import setup

setup(entry_points={"transforms.pipelines": ["root = large.pipeline:my_pipeline"]})
"""
PIPELINE = """\
from transforms.api import Pipeline

from large import datasets

my_pipeline = Pipeline()
my_pipeline.discover_transforms(datasets)
"""
COMMON = '''\
import pyarrow as pa


def one_row(number):
    """Return a table of one row."""
    return pa.table({"number": [number]})
'''
MODULE = '''\
"""Makes dataset %(number)d."""

from large.common import one_row
from transforms.api import Input, Output, transform


@transform.using(%(inputs)sout=Output("/Large/dataset %(number)d"))
def compute(out, **inputs):
    out.write_table(one_row(%(number)d))
'''
RULE = '''

def rule_%(rule)d(rows, limit=%(number)d):
    """Return the rows that are due, the latest first."""
    overdue = []
    for row in rows:
        if row["days"] > limit and row.get("stage") not in ("won", "lost"):
            overdue.append({**row, "overdue": row["days"] - limit, "rule": "rule_%(rule)d"})
    return sorted(overdue, key=lambda row: (row["overdue"], row["name"]), reverse=True)
'''
RULES_PER_MODULE = 5
"""Functions per module: a module then has as much code as ours, 480 nodes of its syntax tree on average."""


def make_repository(folder: Path, transforms: int) -> Path:
    """Write a repository of so many transforms, a module each, of which every one reads up to three earlier ones."""
    package = folder / "transforms-python" / "src" / "large"
    _write(folder / "transforms-python" / "build.gradle", "")
    _write(package.parent / "setup.py", SETUP)
    _write(package / "__init__.py", "")
    _write(package / "pipeline.py", PIPELINE)
    _write(package / "common.py", COMMON)
    _write(package / "datasets" / "__init__.py", "")
    for number in range(transforms):
        part = package / "datasets" / f"part_{number // MODULES_PER_PACKAGE}"
        _write(part / "__init__.py", "")
        read = sorted({number // 2, number // 3, number - 1} - {number, -1})
        inputs = "".join(f'i{number}=Input("/Large/dataset {number}"), ' for number in read)
        rules = "".join(RULE % {"rule": rule, "number": number} for rule in range(RULES_PER_MODULE))
        _write(part / f"dataset_{number}.py", MODULE % {"number": number, "inputs": inputs} + rules)
    return folder


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def build(repository: Path, warehouse: Path) -> int:
    """Run the `build` command and return how many jobs it ran."""
    command = [sys.executable, PROJECT / "run_local.py", "build", "--json", "--repo", repository]
    report = json.loads(output_of(*command, "--warehouse", warehouse))
    return sum(job["state"] == "completed" for job in report["jobs"])


def output_of(*command: str | Path) -> bytes:
    """Return what a command prints; Python keeps compiled modules, as by default."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.run(command, check=True, env=environment, **pipes).stdout


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what `work` returns, with its seconds: by the clock, and of the processor, children included."""
    began, before = time.perf_counter(), sum(os.times()[:4])
    result = work()
    return result, {"seconds": time.perf_counter() - began, "cpu": sum(os.times()[:4]) - before}


def measure_phases(repository: Path, warehouse: Path) -> Measured:
    """Measure what a build does before its first job, phase by phase, in this process."""
    from transforms_api.api import Project
    from transforms_api.project.layouts import module_files

    source = repository / "transforms-python" / "src"
    sys.path.insert(0, str(source))
    files = [file.relative_to(source).with_suffix("") for file in module_files(source / "large" / "datasets")]
    names = [".".join(file.parts).removesuffix(".__init__") for file in files]
    _, importing = timed(lambda: [importlib.import_module(name) for name in names])
    project = Project.open(repository, warehouse=warehouse)
    transforms, graph = timed(lambda: project.transforms)
    plan, staleness = timed(project.plan)
    assert not plan.jobs and len(plan.fresh) == len(transforms)
    return {"import of modules": importing, "registry and graph": graph, "staleness of all": staleness}


def measure(repository: Path, warehouse: Path) -> Measured:
    """Measure the phases, and the whole command, each in a process of its own."""
    measured = json.loads(output_of(sys.executable, __file__, "--phases", repository, warehouse))
    jobs, measured["the whole build command"] = timed(lambda: build(repository, warehouse))
    assert jobs == 0
    return measured


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--smallest", action="store_true", help="one round of 20 transforms, not kept: only to see that it runs"
    )
    parser.add_argument("--phases", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.phases:
        sys.path.insert(0, str(PROJECT))
        print(json.dumps(measure_phases(*options.phases)))
    elif options.smallest:
        print_table(medians_by_size((10, 20), 1)[0])
    else:
        keep(*medians_by_size(SIZES, options.rounds))


def medians_by_size(sizes: Sequence[int], times: int) -> tuple[dict[int, Measured], dict[int, list[Measured]]]:
    """Return the medians for repositories of these sizes, and what was measured in each round."""
    rounds: dict[int, list[Measured]] = {size: [] for size in sizes}
    with tempfile.TemporaryDirectory() as folder:
        repositories = {size: make_repository(Path(folder, str(size)), size) for size in sizes}
        jobs, took = timed(lambda: build(repositories[max(sizes)], Path(folder, "warehouse")))
        print(f"{jobs:,} jobs built in {took['seconds']:.0f} s\n")
        for _ in range(times):
            for size, repository in repositories.items():
                rounds[size].append(measure(repository, Path(folder, "warehouse")))
    return {size: medians_of(measured) for size, measured in rounds.items()}, rounds


def keep(medians: dict[int, Measured], rounds: dict[int, list[Measured]]) -> None:
    """Print the medians and whether they reach the goal, and write all that was measured into the file of results."""
    print_table(medians)
    goal = {kind: sum(medians[1_000][phase][kind] for phase in GOAL_PHASES) for kind in ("seconds", "cpu")}
    print(f"\n{GOAL}: {goal['seconds']:.2f} s, of the processor {goal['cpu']:.2f} s")
    RESULTS.write_text(json.dumps({"goal": {GOAL: goal}, "medians": medians, "rounds": rounds}, indent=2) + "\n")


def medians_of(rounds: list[Measured]) -> Measured:
    return {
        phase: {kind: statistics.median(measure[phase][kind] for measure in rounds) for kind in ("seconds", "cpu")}
        for phase in rounds[0]
    }


def print_table(medians: dict[int, Measured]) -> None:
    print(f"{'phase':<28}{'transforms':>10}{'seconds':>9}{'CPU s':>9}{'CPU ms each':>13}")
    for phase in next(iter(medians.values())):
        for size, measured in medians.items():
            seconds, cpu = measured[phase].values()
            print(f"{phase:<28}{size:>10,}{seconds:>9.2f}{cpu:>9.2f}{cpu / size * 1000:>13.2f}")


if __name__ == "__main__":
    main()
