"""Makes the pictures of the README anew: `python docs/pictures/make.py`. Needs tmux and Chromium.

A demo is built in a terminal of 80 columns, which is drawn while jobs run; the dashboards show what was built.
"""

import io
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
RUN = [sys.executable, str(PROJECT / "run_local.py")]
COLUMNS, LINES = 80, 26
DONE_WHEN_DRAWN = 15
"""Jobs that have completed when the terminal is drawn."""


def tmux(*arguments: str) -> str:
    done = subprocess.run(["tmux", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def draw_terminal(warehouse: Path) -> None:
    """Build the demo twice and write terminal.svg, the terminal in the midst of the second build."""
    build = f"{' '.join(RUN)} build --warehouse {warehouse}"
    subprocess.run([*build.split(), "--quiet"], check=True)  # a first build measures how long each job takes
    command = f"{build} --force; sleep 1000"
    tmux("new-session", "-d", "-s", "picture", "-x", str(COLUMNS), "-y", str(LINES), command)
    drawn = ""
    while "jobs completed" not in (screen := tmux("capture-pane", "-e", "-p", "-t", "picture")):
        if not drawn and screen.count("✓") >= DONE_WHEN_DRAWN:
            drawn = screen
        time.sleep(0.3)
    tmux("kill-session", "-t", "picture")
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(f"$ python run_local.py build --force\n{drawn.rstrip()}"))
    picture = console.export_svg(title="run_local.py")
    without_fonts = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)  # Rich's come from elsewhere
    (HERE / "terminal.svg").write_text(without_fonts)


def draw_dashboards(warehouse: Path) -> None:
    """Write pictures of the three pages, from the tables of a warehouse."""
    command = [*RUN, "dashboard", "--no-open", "--port", "0", "--warehouse", str(warehouse)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    [url] = re.findall(r"http://[^/ ]+", server.stdout.readline())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, path, height in (
            ("dashboard", "/", 1000),
            ("coaching", "/coaching?rep=REP-00000007", 1150),
            ("build", "/build?dataset=/RevOps/Analytics/dashboard_kpis", 1250),
        ):
            page = browser.new_page(viewport={"width": 1280, "height": height})
            page.goto(url + path)
            page.locator(".graph > svg" if name == "build" else ".card").first.wait_for()
            page.screenshot(path=HERE / f"{name}.png")
        browser.close()
    server.kill()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw_terminal(Path(folder))
        draw_dashboards(Path(folder))
