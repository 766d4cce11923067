"""How long one waits for the dashboards: `python benchmarks/first_page.py [WAREHOUSE] [--rounds N]`.

From the command to its address, and from there to the first page in Chromium, until everything on it is drawn.
"""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).parents[1]


def one_start(warehouse: Path) -> tuple[float, float]:
    """Return the seconds to the address and, from there, to the page."""
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
    server = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    assert server.stdout
    [url] = re.findall(r"http://[^/ ]+", server.stdout.readline())
    is_up = time.perf_counter()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        asked = time.perf_counter()
        page.goto(url, wait_until="load")
        shown = time.perf_counter()
        browser.close()
    server.kill()
    return is_up - begun, shown - asked


def main(warehouse: Annotated[Path, typer.Argument()] = PROJECT / "warehouse", rounds: int = 5) -> None:
    """Print the medians."""
    starts, pages = zip(*(one_start(warehouse.resolve()) for _ in range(rounds)), strict=True)
    print(f"to the address {statistics.median(starts):.2f} s, to the page {statistics.median(pages):.2f} s more")


if __name__ == "__main__":
    typer.run(main)
