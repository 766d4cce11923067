"""The files of an export for plain Spark, and the rows and files of its inputs."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from transforms_api.errors import ExportError
from transforms_api.porting.export.plan import Export, Versions
from transforms_api.porting.export.source import Part, Source
from transforms_api.porting.export.texts import imports_of, requirements_of
from transforms_api.porting.leaving import texts
from transforms_api.porting.leaving.tasks import ExportForm, Tasks, collect_tasks, exported_name
from transforms_api.project import BuildGraph, CodeFingerprints

if TYPE_CHECKING:
    import pyarrow as pa

    from transforms_api.runtime import FileSystem

_SUPPORT = Path(__file__).with_name("support")
_SUFFIX = ".template"
_PACKAGE = "exported"
"""Package of the export with the reading and writing of tables."""
_VERBS = "transforms_api.runtime.verbs"


@dataclass(frozen=True)
class Departure:
    """An export for plain Spark.

    Attributes:
        export: its files.
        tasks: what it has, and what stayed behind.
        inputs: table → its path relative to the export, of tables that no task writes.
    """

    export: Export
    tasks: Tasks
    inputs: Mapping[str, str]


def plan_departure(
    graph: BuildGraph,
    fingerprints: CodeFingerprints,
    sources: Sequence[Source],
    kind: ExportForm,
    folder: Path,
    settings: Mapping[str, str],
) -> Departure:
    """Return the export of a project for people who leave Foundry.

    Args:
        graph: the transforms of the project.
        fingerprints: knows the modules that each transform imports.
        sources: the packages and modules of the project.
        kind: form of the export.
        folder: where the export will be; its name becomes that of the pipeline.
        settings: Spark settings that decide what code means.

    Raises:
        ExportError: nothing can be exported, or a module of the project has a name that the export needs.
    """
    parts = [part for source in sources for part in source.parts]
    tasks = collect_tasks(graph, fingerprints, sources, kind)
    if not tasks.tasks:
        reasons = "\n".join(f"  {one}" for one in tasks.left_behind)
        raise ExportError(
            f"No transform can be exported as {kind}.\n{reasons}" if reasons else "There are no transforms."
        )
    _refuse_taken_names(parts)
    inputs = {table: f"inputs/{table}" for table in tasks.inputs}
    modules = {path: _imported_by_new_name(file, parts) for part in parts for path, file in part.files().items()}
    needed = requirements_of([text for path, text in modules.items() if path.endswith(".py")], _own(parts), {})
    written = {
        **{f"src/{path}": content for path, content in modules.items()},
        **_support_files(kind),
        "dag.json": texts.dag(tasks.tasks, kind),
        "config.json": texts.config(inputs, settings, kind),
        "README.md": texts.readme(tasks, kind, inputs, _packages(needed.pinned)),
        "requirements.txt": "".join(f"{line}\n" for line in [_spark(kind), *_pins(needed.pinned)]),
    }
    if kind is ExportForm.PYSPARK:
        written |= {f"{texts.SCRIPTS}/{task.name}.py": texts.script(task) for task in tasks.tasks}
        written["run_all.py"] = texts.run_all(tasks.tasks)
    else:
        written |= {f"{texts.DEFINITIONS}/{task.name}.py": texts.definition(task) for task in tasks.tasks}
        storage = (folder.resolve() / "storage").as_uri()
        written["spark-pipeline.yml"] = texts.spec(folder.resolve().name, tasks.tasks, settings, storage)
    files = {path: text if isinstance(text, bytes) else text.encode() for path, text in written.items()}
    left_out = tuple(str(one) for one in tasks.left_behind)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Departure(Export(files, frozenset(), (), left_out, Versions(python, needed.pinned)), tasks, inputs)


def _own(parts: Sequence[Part]) -> list[str]:
    return [name for part in parts for name in (part.name, part.imported_as.partition(".")[0])]


def _refuse_taken_names(parts: Sequence[Part]) -> None:
    if taken := [part for part in parts if part.name in (_PACKAGE, "transforms")]:
        raise ExportError(
            f"{taken[0].location} is called '{taken[0].name}', as a package of the export is. Rename it, and "
            "its imports."
        )


def _imported_by_new_name(file: Path, parts: Sequence[Part]) -> bytes:
    """Return the content of a file of the project.

    Raises:
        ExportError: a module imports a package by a name that it does not have in the export.
    """
    content = file.read_bytes()
    renamed = [part for part in parts if part.name != part.imported_as]
    for name, line in imports_of(content) if file.suffix == ".py" and renamed else ():
        if any(f"{name}.".startswith(f"{part.imported_as}.") for part in renamed):
            raise ExportError(
                f"{file}:{line} imports {name}, which is '{exported_name(name, parts)}' in the export, where "
                "'transforms' has Foundry's names alone. Import it relatively: from . import …"
            )
    return content


def _support_files(kind: ExportForm) -> dict[str, str]:
    """Return path → text of the modules that the export has beside those of the project."""
    found = {f"src/{path}": text for path, text in _templates(_SUPPORT / "transforms", "transforms")}
    found["src/transforms/verbs/dataframes.py"] = _verbs()
    found[f"{_PACKAGE}/__init__.py"] = (
        f'"""Reading and writing of tables, and checks. Written by export --as {kind}."""\n'
    )
    found[f"{_PACKAGE}/checks.py"] = (_SUPPORT / f"checks.py{_SUFFIX}").read_text(encoding="utf-8")
    return found | dict(_templates(_SUPPORT / kind.value, _PACKAGE))


def _templates(folder: Path, target: str) -> Iterator[tuple[str, str]]:
    for template in sorted(folder.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(folder).as_posix().removesuffix(_SUFFIX)
        yield f"{target}/{path}", template.read_text(encoding="utf-8")


def _verbs() -> str:
    """Return the text of this runtime's verbs, which need PySpark alone."""
    found = importlib.util.find_spec(_VERBS)
    assert found is not None and found.origin is not None
    text = Path(found.origin).read_text(encoding="utf-8").partition("\n\ndef undocumented_functions")[0]
    error = 'class VerbError(ValueError):\n    """DataFrames do not fit."""\n'
    return re.sub(r"^from transforms_api\.errors import .*\n", f"\n\n{error}", text, flags=re.MULTILINE) + "\n"


def _packages(pinned: Mapping[str, str]) -> dict[str, str]:
    return {name: version for name, version in pinned.items() if name != "pyspark"}


def _pins(pinned: Mapping[str, str]) -> list[str]:
    return [f"{name}=={version}" for name, version in _packages(pinned).items()]


def _spark(kind: ExportForm) -> str:
    return "pyspark>=3.5" if kind is ExportForm.PYSPARK else "pyspark[pipelines]>=4.1"


def write_rows(rows: pa.RecordBatchReader, folder: Path) -> int:
    """Write the rows of an input into a folder of the export and return their number.

    Args:
        rows: a stream of batches.
        folder: is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count = 0
    with pq.ParquetWriter(folder / "part-0.parquet", rows.schema) as file:
        for batch in rows:
            file.write_batch(batch)
            count += batch.num_rows
    return count


def copy_files(files: FileSystem, folder: Path) -> int:
    """Copy the files of an input into a folder of the export and return their number.

    Args:
        files: the files of the dataset.
        folder: is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listed = list(files.ls(show_hidden=True))
    for file in listed:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.open(file.path, "rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    return len(listed)
