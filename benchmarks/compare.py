"""Builds against the rival, by_hand.py, side by side in one run: `python benchmarks/compare.py [--rounds N]`.

Prints a table of ratios and writes benchmarks/results.json. Each work is a process of its own, from its start to its
exit (under `--watch`: from a save to the new version of the table), on a copy of the project; the median of the rounds
counts. Works alternate with the rival, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EDITED = "transforms/revops/dashboard/compute_dashboard_kpis.py"
TABLE = "warehouse/master/RevOps/Analytics/dashboard_kpis/_delta_log"
GOALS = {
    "cold: build --force": 0.40,
    "nothing changed: build": 0.03,
    "one dashboard transform edited: build": 0.25,
    "the same under build --watch, save to table": 0.05,
}
SAVES = 4
WARM_UP = 15
"""Seconds that a user takes to edit, at least; Java starts meanwhile."""


def seconds_of(*command: str | Path) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def edit(folder: Path) -> None:
    with (folder / EDITED).open("a") as module:
        module.write("\n\nEDITED = True\n")


def seconds_from_save_to_table(folder: Path) -> float:
    """Return the median of a few saves while `build --watch` runs."""
    versions, printed = folder / TABLE, folder / "printed"
    command = [sys.executable, folder / "run_local.py", "build", "--watch", "--warehouse", folder / "warehouse"]
    with printed.open("w") as out:
        watching = subprocess.Popen(command, stdout=out, stderr=out)
    wait_until(lambda: "watching" in printed.read_text())
    time.sleep(WARM_UP)
    seconds = []
    for _ in range(SAVES):
        before, began = len(list(versions.iterdir())), time.monotonic()
        edit(folder)
        wait_until(lambda before=before: len(list(versions.iterdir())) > before)
        seconds.append(time.monotonic() - began)
        time.sleep(1)
    watching.send_signal(signal.SIGINT)
    watching.wait()
    return statistics.median(seconds)


def wait_until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.02)


def copy_of_the_project(folder: Path) -> Path:
    packages = ("transforms", "transforms_api", "foundry", "palantir_models", "language_model_service_api")
    for name in (*packages, "conf", "run_local.py"):
        source, target = PROJECT / name, folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return folder / "run_local.py"


def one_round(folder: Path) -> dict[str, float]:
    run_local, warehouse = copy_of_the_project(folder), ("--warehouse", folder / "warehouse")
    by_hand = seconds_of(PROJECT / "benchmarks" / "by_hand.py", folder / "by_hand")
    cold = seconds_of(run_local, "build", "--force", *warehouse)
    unchanged = seconds_of(run_local, "build", *warehouse)
    edit(folder)
    edited = seconds_of(run_local, "build", *warehouse)
    saved = seconds_from_save_to_table(folder)
    return {"by hand": by_hand, **dict(zip(GOALS, (cold, unchanged, edited, saved), strict=True))}


def main() -> None:
    rounds = int(sys.argv[sys.argv.index("--rounds") + 1]) if "--rounds" in sys.argv else 3
    measured: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for work, seconds in one_round(Path(folder)).items():
                measured.setdefault(work, []).append(seconds)
    medians = {work: statistics.median(seconds) for work, seconds in measured.items()}
    print(f"{'work':<40} {'seconds':>8} {'ratio':>7} {'goal':>6}")
    for work, seconds in medians.items():
        goal = f"{GOALS[work]:.2f}" if work in GOALS else ""
        print(f"{work:<40} {seconds:>8.2f} {seconds / medians['by hand']:>7.3f} {goal:>6}")
    results = {"rounds": rounds, "seconds": measured, "medians": medians}
    (PROJECT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
