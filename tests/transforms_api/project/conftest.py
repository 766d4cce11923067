"""Repositories as folders, and imports from them that leave nothing behind."""

import importlib
import sys
from pathlib import Path

import pytest

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
    from_repositories = [name for name, module in list(sys.modules.items()) if _lies_in(module, LAYOUTS, tmp_path)]
    for name in from_repositories:
        del sys.modules[name]
    sys.modules.update(ours)


def _lies_in(module, *roots):
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    return any(Path(path).is_relative_to(root) for path in places for root in roots)
