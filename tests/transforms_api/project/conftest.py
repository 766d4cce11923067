"""Repositories as folders, and imports from them that leave nothing behind."""

import importlib
import sys
from pathlib import Path

import pytest

from transforms_api.project.source_files import forget_modules

LAYOUTS = Path(__file__).parents[2] / "repositories" / "layouts"


@pytest.fixture
def layouts():
    """The folder of the repositories that tests read."""
    return LAYOUTS


@pytest.fixture
def folder(tmp_path):
    """folder({file: text}) → a folder with these files."""

    def write(files):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        return tmp_path

    return write


@pytest.fixture
def imports_undone(tmp_path, monkeypatch):
    """Take what a test imports from repositories off Python's path and out of its modules again."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    ours = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "transforms"}
    yield
    forget_modules([LAYOUTS, tmp_path])
    sys.modules.update(ours)
