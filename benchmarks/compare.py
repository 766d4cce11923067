"""Builds against the rival, by_hand.py, side by side in one run: `python benchmarks/compare.py [--rounds N]`.

Prints a table of ratios and writes benchmarks/results.json. Each work is a process of its own, from its start to its
exit, on a copy of the project; the median of the rounds counts. Works alternate with the rival, so that whatever else
the machine does hits both.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EDITED = "transforms/revops/dashboard/compute_dashboard_kpis.py"
GOALS = {"cold: build --force": 0.40, "nothing changed: build": 0.03, "one dashboard transform edited: build": 0.25}


def seconds_of(*command: str | Path) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def copy_of_the_project(folder: Path) -> Path:
    for name in ("transforms", "transforms_api", "conf", "run_local.py"):
        source, target = PROJECT / name, folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return folder / "run_local.py"


def one_round(folder: Path) -> dict[str, float]:
    run_local, warehouse = copy_of_the_project(folder), ("--warehouse", folder / "warehouse")
    by_hand = seconds_of(PROJECT / "benchmarks" / "by_hand.py", folder / "by_hand")
    cold = seconds_of(run_local, "build", "--force", *warehouse)
    unchanged = seconds_of(run_local, "build", *warehouse)
    with (folder / EDITED).open("a") as module:
        module.write("\n\nEDITED = True\n")
    edited = seconds_of(run_local, "build", *warehouse)
    return {"by hand": by_hand, **dict(zip(GOALS, (cold, unchanged, edited), strict=True))}


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
