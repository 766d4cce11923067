"""Builds against rivals, by_hand.py, side by side in one run: `python benchmarks/compare.py [--rounds N]`.

Prints a table of ratios to the script of Delta's quick start, and writes benchmarks/results.json. Each work is a
process of its own, from its start to its exit (under `--watch`: from a save to the new version of the table), on a copy
of the project and in its folder, so that the copy is the project that commands take. The median of the rounds counts.
Works alternate with the rivals, so that whatever else the machine does hits all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EDITED = "transforms/revops/dashboard/compute_dashboard_kpis.py"
TABLE = "warehouse/master/RevOps/Analytics/dashboard_kpis/_delta_log"
GOALS = {
    "cold: build --force": 0.22,
    "nothing changed: build": 0.03,
    "one dashboard transform edited: build": 0.25,
    "the same under build --watch, save to table": 0.05,
}
ON_SAIL = {
    "cold: build --force --engine sail": 0.06,
    "one dashboard transform edited: build --engine sail": 0.02,
    "preview of it --engine sail": 0.02,
}
RIVALS = {
    "by hand": "quick-start",
    "by hand, as an expert tunes it": "tuned",
    "Spark alone, Parquet": "bare-spark",
    "Sail alone, Parquet": "bare-sail",
}
"""Work → the script, see by_hand.py."""


@dataclass(frozen=True)
class Size:
    """Size of the measurement.

    Attributes:
        scale: number of deals.
        saves: how often a module is saved under `--watch`.
        warm_up: seconds that a user takes to edit, at least; Java starts meanwhile.
        tables_by_hand: how many tables the rival makes; None: all, without which the ratios mean nothing.
    """

    scale: int = 500
    saves: int = 4
    warm_up: float = 15
    tables_by_hand: int | None = None


def seconds_of(folder: Path, *command: str | Path) -> float:
    began = time.monotonic()
    done = subprocess.run([sys.executable, *command], cwd=folder, env=_of_a_user(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return time.monotonic() - began


def _of_a_user() -> dict[str, str]:
    """Return the environment of this process, in which Python keeps compiled modules as it does for a user."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def edit(folder: Path) -> None:
    with (folder / EDITED).open("a") as module:
        module.write("\n\nEDITED = True\n")


def seconds_from_save_to_table(folder: Path, size: Size) -> float:
    """Return the median of a few saves while `build --watch` runs."""
    versions, printed = folder / TABLE, folder / "printed"
    command = [sys.executable, "run_local.py", "build", "--watch", *of(folder, size)]
    with printed.open("w") as out:
        watching = subprocess.Popen(command, cwd=folder, env=_of_a_user(), stdout=out, stderr=out)
    wait_until(lambda: "watching" in printed.read_text() or watching.poll() is not None)
    time.sleep(size.warm_up)
    seconds = []
    for _ in range(size.saves):
        before, began = len(list(versions.iterdir())), time.monotonic()
        edit(folder)
        wait_until(lambda before=before: len(list(versions.iterdir())) > before or watching.poll() is not None)
        if watching.poll() is not None:
            raise SystemExit(f"build --watch ended:\n{printed.read_text()}")
        seconds.append(time.monotonic() - began)
        time.sleep(1)
    watching.send_signal(signal.SIGINT)
    watching.wait()
    return statistics.median(seconds)


def wait_until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.02)


def of(folder: Path, size: Size) -> list[str]:
    return ["--warehouse", str(folder / "warehouse"), "--scale", str(size.scale)]


def copy_the_project(folder: Path) -> None:
    packages = ("transforms", "transforms_api", "revops_dashboards", "foundry_names")
    for name in (*packages, "conf", "run_local.py"):
        source, target = PROJECT / name, folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def one_round(folder: Path, size: Size) -> dict[str, float]:
    copy_the_project(folder)
    tables = ["--tables", str(size.tables_by_hand)] if size.tables_by_hand else []
    script = PROJECT / "benchmarks" / "by_hand.py"
    rivals = {
        work: seconds_of(folder, script, folder / kind, str(size.scale), "--as", kind, *tables)
        for work, kind in RIVALS.items()
    }
    on_sail = seconds_on_sail(folder, size)
    cold = seconds_of(folder, "run_local.py", "build", "--force", *of(folder, size))
    unchanged = seconds_of(folder, "run_local.py", "build", *of(folder, size))
    edit(folder)
    edited = seconds_of(folder, "run_local.py", "build", *of(folder, size))
    saved = seconds_from_save_to_table(folder, size)
    return {**rivals, **dict(zip(GOALS, (cold, unchanged, edited, saved), strict=True)), **on_sail}


def seconds_on_sail(folder: Path, size: Size) -> dict[str, float]:
    """Return the works on Sail → seconds, in a warehouse of their own."""
    warehouse = ["--warehouse", str(folder / "on_sail"), "--engine", "sail"]
    scale = ["--scale", str(size.scale)]
    cold = seconds_of(folder, "run_local.py", "build", "--force", *warehouse, *scale)
    edit(folder)
    edited = seconds_of(folder, "run_local.py", "build", *warehouse, *scale)
    preview = seconds_of(folder, "run_local.py", "preview", "dashboard_kpis", *warehouse)
    return dict(zip(ON_SAIL, (cold, edited, preview), strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--smallest", action="store_true", help="one round of 50 deals, not kept: only to see that it runs"
    )
    options = parser.parse_args(arguments)
    rounds, size = (1, Size(50, 1, 1, 2)) if options.smallest else (options.rounds, Size())
    measured: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for work, seconds in one_round(Path(folder).resolve(), size).items():
                measured.setdefault(work, []).append(seconds)
    medians = {work: statistics.median(seconds) for work, seconds in measured.items()}
    print(f"{'work':<52} {'seconds':>8} {'ratio':>7} {'goal':>6}")
    for work, seconds in medians.items():
        goals = {**GOALS, **ON_SAIL}
        goal = f"{goals[work]:.2f}" if work in goals else ""
        print(f"{work:<52} {seconds:>8.2f} {seconds / medians['by hand']:>7.3f} {goal:>6}")
    results = {"rounds": rounds, "seconds": measured, "medians": medians}
    if not options.smallest:
        (PROJECT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
