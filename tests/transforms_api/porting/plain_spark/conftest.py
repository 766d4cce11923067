"""Small repositories, exported in this process, and the scripts of an export run in the suite's Spark session."""

import importlib
import runpy
import sys
from pathlib import Path

import pytest

from transforms_api.api import Project
from transforms_api.porting import ExportForm, plan_spark_export, write_export
from transforms_api.porting.export.source import repository_sources

SUPPORT = Path(importlib.import_module("transforms_api.porting.plain_spark").__file__).parent / "support"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """repository({file: text}) → a folder with these files below src, whose modules are forgotten after the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)

    def write(files):
        for name, text in files.items():
            file = tmp_path / "shop_repository" / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        importlib.invalidate_caches()
        return tmp_path / "shop_repository"

    yield write
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def departure(repository, tmp_path):
    """departure({file: text}, form) → the export of such a repository."""

    def plan(files, form=ExportForm.PYSPARK):
        project = Project.open(repository(files))
        sources = repository_sources(project.settings.repository)
        return plan_spark_export(project.graph, project.fingerprints, sources, form, tmp_path / "export", {})

    return plan


@pytest.fixture
def text(departure):
    """text({file: text}, path, form) → the text of a file of the export."""
    return lambda files, path, form=ExportForm.PYSPARK: departure(files, form).export.files[path].decode()


@pytest.fixture
def run_scripts(spark, tmp_path, monkeypatch):
    """run_scripts(departure, {input table: rows}, names, without) → table → its rows, after run_all.py has run them.

    Modules called `transforms` are those of the export meanwhile, as in a process without this package.
    """

    def run(planned, inputs=None, names=(), without=(), write=True):
        folder = tmp_path / "export"
        if write:
            write_export(planned.export, folder)
        for table, frame in (inputs or {}).items():
            frame.write.mode("overwrite").parquet(str(folder / "inputs" / table))
        with WithoutModules(folder):
            runpy.run_path(str(folder / "run_all.py"))["main"](list(names))
        tables = [path for path in (folder / "tables").iterdir() if not path.name.startswith(".")]
        tables = [path for path in tables if path.name not in without]
        return {path.name: rows_of(spark, path) for path in sorted(tables)}

    def rows_of(session, path):
        return sorted(tuple(row) for row in session.read.parquet(str(path)).collect())

    class WithoutModules:
        def __init__(self, folder):
            self.tops = {"transforms", "exported", *(path.stem for path in (folder / "src").iterdir())}

        def __enter__(self):
            self.kept = {name: sys.modules.pop(name) for name in list(sys.modules) if self.is_hidden(name)}
            monkeypatch.setattr(sys, "path", list(sys.path))

        def __exit__(self, *_):
            for name in [name for name in sys.modules if self.is_hidden(name)]:
                del sys.modules[name]
            sys.modules.update(self.kept)
            monkeypatch.undo()

        def is_hidden(self, name):
            return name.partition(".")[0] in self.tops

    return run
