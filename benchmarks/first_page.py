"""Time that a user waits for the dashboards: `python benchmarks/first_page.py [WAREHOUSE] [--rounds N]`.

Measures three waits in Chromium: from the command to its address, from there to the first page, and from the change of
a filter to the page that shows it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
SKIPPED = 77
"""Exit code of a benchmark that lacks what it needs."""


CHANGE_FILTER = """async value => {
  const team = document.getElementById("team");
  team.value = value;
  const begun = performance.now();
  team.dispatchEvent(new Event("change", {bubbles: true}));
  while (document.getElementById("content").hasAttribute("aria-busy")) await new Promise(requestAnimationFrame);
  return (performance.now() - begun) / 1000;
}"""
"""Chooses a team and returns the seconds until the page shows it."""


def one_start(warehouse: Path) -> tuple[float, float, float]:
    """Return the seconds to the address, from there to the page, and from a change of the team to its page (median)."""
    from playwright.sync_api import sync_playwright

    begun = time.perf_counter()
    command = [
        sys.executable,
        PROJECT / "run_local.py",
        "dashboard",
        "--no-open",
        "--port",
        "0",
        "--warehouse",
        warehouse,
    ]
    server = subprocess.Popen(list(map(str, command)), cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    [url] = re.findall(r"http://[^/ ]+", server.stdout.readline())
    is_up = time.perf_counter()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        started = time.perf_counter()
        page.goto(url, wait_until="load")
        shown = time.perf_counter()
        teams = page.locator("#team option").evaluate_all("options => options.map(option => option.value)")
        changes = [page.evaluate(CHANGE_FILTER, team) for team in [*teams[1:], teams[0]]]
        browser.close()
    server.kill()
    return is_up - begun, shown - started, statistics.median(changes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", nargs="?", type=Path, default=PROJECT / "warehouse", help="with the demo's tables")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smallest", action="store_true", help="one round, on tables of 50 deals built for it")
    options = parser.parse_args(arguments)
    if problem := what_is_missing():
        print(f"skipped: {problem}")
        sys.exit(SKIPPED)
    warehouse, rounds = options.warehouse.resolve(), 1 if options.smallest else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        if options.smallest:
            warehouse = Path(folder)
            command = [sys.executable, PROJECT / "run_local.py", "build", "-q", "--scale", "50", "--warehouse", folder]
            subprocess.run(command, cwd=PROJECT, check=True)
        starts, pages, changes = (
            statistics.median(times) for times in zip(*(one_start(warehouse) for _ in range(rounds)), strict=True)
        )
    print(f"to the address {starts:.2f} s, to the page {pages:.2f} s more, a filter change {changes:.2f} s")


def what_is_missing() -> str | None:
    """Return what it needs that is not installed, None where all is there."""
    try:
        import playwright  # noqa: F401
    except ModuleNotFoundError:
        return "it needs playwright: pip install -e '.[test]'"
    return None if CHROMIUM.is_file() else f"it needs Chromium at {CHROMIUM}"


if __name__ == "__main__":
    main()
