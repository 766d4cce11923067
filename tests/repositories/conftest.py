"""Repositories built as their users build them: run_local.py in a process of its own, on a warehouse of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars
import pytest

from transforms_api.warehouse import Warehouse

PROJECT = Path(__file__).parents[2]


class Repository:
    """A copy of a layout, and what run_local.py does with it."""

    def __init__(self, folder, branch="master"):
        self.folder, self.branch = folder, branch

    def run(self, *arguments, code=0):
        """Run a command and return what it prints as JSON."""
        command = [sys.executable, PROJECT / "run_local.py", "--repo", self.folder, *arguments, "--json"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def rows(self, dataset):
        """Return the rows of a dataset, sorted."""
        return sorted(polars.read_delta(str(Warehouse(self.folder / "warehouse", self.branch).table(dataset))).rows())


@pytest.fixture
def repository(tmp_path):
    """repository(layout, branch) → a `Repository` of its own."""

    def copy(layout, branch="master"):
        folder = tmp_path / layout
        shutil.copytree(Path(__file__).parent / "layouts" / layout, folder)
        return Repository(folder, branch)

    return copy
