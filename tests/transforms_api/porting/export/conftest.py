"""Repositories whose modules are imported for a test and forgotten afterwards."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

from transforms_api.porting.export.source import repository_sources
from transforms_api.project.discovery import discover_repository
from transforms_api.project.layouts import read_repository
from transforms_api.project.source_files import forget_modules

LAYOUTS = Path(__file__).parents[3] / "repositories" / "layouts"
TRANSFORM = """
from transforms.api import Output, transform_df

@transform_df(Output("/Shop/{name}"))
def compute(ctx): ...
"""


@pytest.fixture
def transform():
    """transform(name) → the text of a module with a transform that writes /Shop/name."""
    return lambda name: TRANSFORM.format(name=name)


@pytest.fixture
def folder(tmp_path):
    """folder({file: text}) → a folder with these files."""

    def write(files):
        for name, text in files.items():
            file = tmp_path / "repository" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        return tmp_path / "repository"

    return write


@pytest.fixture
def layout(tmp_path):
    """layout(name) → a copy of one of the repositories that tests read."""
    return lambda name: Path(shutil.copytree(LAYOUTS / name, tmp_path / name))


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """sources(folder) → those of the repository in it, its modules imported."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    ours = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "transforms"}

    def read(path):
        repository = read_repository(path)
        discover_repository(repository)
        return repository_sources(repository)

    yield read
    forget_modules([tmp_path])
    sys.modules.update(ours)
