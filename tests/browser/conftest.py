"""The dashboards as a user starts them, in Chromium."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from revops_dashboards.tables import Tables
from transforms_api.project.settings import PROJECT
from transforms_api.warehouse.warehouse import Warehouse

ABANDONED = ("/changes", "/static/icon.svg")
"""Requests that a page may give up when the test goes to another one."""


@pytest.fixture(scope="session")
def chromium(tool):
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=tool("browser"), args=arguments)
        yield browser
        browser.close()


def started(root):
    """`run_local.py dashboard` on a warehouse: the process and its address."""
    command = [sys.executable, PROJECT / "run_local.py", "dashboard", "--no-open", "--port", "0", "--warehouse", root]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    )
    line = process.stdout.readline()
    address = re.search(r"http://[^/ ]+", line)
    assert address, line + process.stdout.read()
    return process, address[0]


@pytest.fixture(scope="session")
def dashboards(built):
    """The dashboards of the demo: `url`, and `query` for what their tables say."""
    process, url = started(built[0])
    yield SimpleNamespace(url=url, query=Tables(Warehouse(built[0])).query)
    process.kill()
    process.wait()


@pytest.fixture
def changing(built_copy):
    """Dashboards of a copy of the demo, which a test may change: `url` and `warehouse`."""
    process, url = started(built_copy)
    yield SimpleNamespace(url=url, warehouse=Warehouse(built_copy))
    process.kill()
    process.wait()


@pytest.fixture
def open_page(chromium):
    """open_page(url, width) → a page; any error on its console or in its scripts fails the test at its end.

    `scheme` is the system's setting, 'light' or 'dark'; without `scripts` the page runs none.
    """
    problems, contexts = [], []

    def open_at(url, width=1280, scheme="dark", scripts=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: note(message.text, message.type in ("error", "warning")))
        page.on("pageerror", lambda error: note(str(error), True))
        page.on(
            "requestfailed",
            lambda request: note(f"{request.url}: {request.failure}", not request.url.endswith(ABANDONED)),
        )
        page.goto(url)
        return page

    def note(problem, is_one):
        if is_one:
            problems.append(problem)

    yield open_at
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def choose():
    """choose(page, name, value): choose a value as a viewer does, and wait until the page shows it."""

    def choose_value(page, name, value):
        page.locator(f"#{name}").select_option(value)
        page.locator("main:not([aria-busy])").wait_for()

    return choose_value
