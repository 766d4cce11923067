"""The files of an export for plain Spark: code, order, configuration and README.md; and the rows of its inputs."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from transforms_api.errors import ExportError
from transforms_api.porting.export.plan import Export, Versions
from transforms_api.porting.export.source import Part, Source
from transforms_api.porting.export.texts import imports_of, requirements_of
from transforms_api.porting.plain_spark.task_code import DEFINITIONS, SCRIPTS, definition, distinct_tables, script
from transforms_api.porting.plain_spark.tasks import ExportForm, Task, Tasks, collect_tasks, exported_name
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
class SparkExport:
    """An export for plain Spark.

    Attributes:
        export: its files.
        tasks: what it has, and what stayed behind.
        inputs: table → its path relative to the export, of tables that no task writes.
    """

    export: Export
    tasks: Tasks
    inputs: Mapping[str, str]


def plan_spark_export(
    graph: BuildGraph,
    fingerprints: CodeFingerprints,
    sources: Sequence[Source],
    kind: ExportForm,
    folder: Path,
    settings: Mapping[str, str],
) -> SparkExport:
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
        reasons = "\n".join(f"  {remark}" for remark in tasks.left_behind)
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
        "dag.json": _dag(tasks.tasks, kind),
        "config.json": _config(inputs, settings, kind),
        "README.md": _readme(tasks, kind, inputs, _packages(needed.pinned)),
        "requirements.txt": "".join(f"{line}\n" for line in [_spark(kind), *_pins(needed.pinned)]),
    }
    if kind is ExportForm.PYSPARK:
        written |= {f"{SCRIPTS}/{task.name}.py": script(task) for task in tasks.tasks}
        written["run_all.py"] = _run_all(tasks.tasks)
    else:
        written |= {f"{DEFINITIONS}/{task.name}.py": definition(task) for task in tasks.tasks}
        storage = (folder.resolve() / "storage").as_uri()
        written["spark-pipeline.yml"] = _spec(folder.resolve().name, tasks.tasks, settings, storage)
    files = {path: text if isinstance(text, bytes) else text.encode() for path, text in written.items()}
    left_out = tuple(map(str, tasks.left_behind))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return SparkExport(Export(files, frozenset(), (), left_out, Versions(python, needed.pinned)), tasks, inputs)


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
    files = {f"src/{path}": text for path, text in _templates(_SUPPORT / "transforms", "transforms")}
    files["src/transforms/verbs/dataframes.py"] = _verbs()
    files[f"{_PACKAGE}/__init__.py"] = (
        f'"""Reading and writing of tables, and checks. Written by export --as {kind}."""\n'
    )
    files[f"{_PACKAGE}/checks.py"] = (_SUPPORT / f"checks.py{_SUFFIX}").read_text(encoding="utf-8")
    return files | dict(_templates(_SUPPORT / kind.value, _PACKAGE))


def _templates(folder: Path, target: str) -> Iterator[tuple[str, str]]:
    for template in sorted(folder.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(folder).as_posix().removesuffix(_SUFFIX)
        yield f"{target}/{path}", template.read_text(encoding="utf-8")


def _verbs() -> str:
    """Return the text of this runtime's verbs, which need PySpark alone."""
    spec = importlib.util.find_spec(_VERBS)
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8").partition("\n\ndef undocumented_functions")[0]
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


def _run_all(tasks: Sequence[Task]) -> str:
    """Return `run_all.py`: the scripts in an order in which each runs after those whose tables it reads."""
    lines = list[str]()
    for task in tasks:
        after = f"  # after {', '.join(task.after)}" if task.after else ""
        after = after if len(after) < 90 else f"  # after {len(task.after)} tables, see dag.json"
        lines.append(f'    "{task.name}",{after}')
    return _RUN_ALL.format(tasks="\n".join(lines))


_RUN_ALL = '''\
"""Run the scripts of this folder, each after those whose tables it reads: `python run_all.py [TABLE …]`.

Without arguments all run, in one Spark session; with names of tables only their scripts. The first error ends the run:
tables that were written before it stay. dag.json has the same order as data, for Airflow and other schedulers.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = [
{tasks}
]


def main(names):
    unknown = sorted(set(names) - set(TABLES))
    if unknown:
        sys.exit(f"No script writes {{', '.join(unknown)}}; the tables are {{', '.join(TABLES)}}.")
    for table in TABLES:
        if not names or table in names:
            runpy.run_path(str(HERE / "scripts" / f"{{table}}.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
'''


def _dag(tasks: Sequence[Task], kind: ExportForm) -> str:
    """Return the graph as JSON: `tasks`, each with its file, what it reads and writes, and the tasks before it."""
    folder = SCRIPTS if kind is ExportForm.PYSPARK else DEFINITIONS
    entries = [
        {
            "task": task.name,
            "file": f"{folder}/{task.name}.py",
            "reads": [use.table for use in distinct_tables(task.inputs)],
            "writes": [use.table for use in task.outputs],
            "after": list(task.after),
            "datasets": {use.table: use.dataset for use in task.outputs},
        }
        for task in tasks
    ]
    return json.dumps({"tasks": entries}, indent=2, ensure_ascii=False) + "\n"


def _config(inputs: Mapping[str, str], settings: Mapping[str, str], kind: ExportForm) -> str:
    """Return config.json: paths of the inputs, settings of Spark and values of parameters."""
    runtime: dict[str, object] = (
        {"tables": "tables", "spark": {**settings, "spark.ui.showConsoleProgress": "false"}}
        if kind is ExportForm.PYSPARK
        else {}
    )
    return json.dumps({**runtime, "inputs": dict(inputs), "parameters": {}}, indent=2, ensure_ascii=False) + "\n"


def _spec(name: str, tasks: Sequence[Task], settings: Mapping[str, str], storage: str) -> str:
    """Return `spark-pipeline.yml`."""
    lines = [
        "# `spark-pipelines run` in this folder computes all tables. README.md says more.",
        f"name: {json.dumps(name)}",
        f"storage: {json.dumps(storage)}  # an absolute URI, which Spark requires; nothing of these tables is in it",
        "configuration:",
        *(f"  {key}: {json.dumps(value)}" for key, value in settings.items()),
        "libraries:  # in this order: a definition may ask an earlier table for its columns",
        *(f"  - glob:\n      include: {DEFINITIONS}/{task.name}.py" for task in tasks),
    ]
    return "\n".join(lines) + "\n"


def _readme(tasks: Tasks, kind: ExportForm, inputs: Mapping[str, str], packages: Mapping[str, str]) -> str:
    """Return README.md: how to run the export, what stayed behind, and what is different."""
    parameters = {name: spec.default for task in tasks.tasks for name, spec in task.transform.parameters.items()}
    sections = [
        _ABOUT[kind].format(count=len(tasks.tasks), packages=" ".join(f"{k}=={v}" for k, v in packages.items())),
        _section(
            "Inputs",
            "These tables are written by no task. config.json has the path of each, relative to this folder: a folder "
            "of Parquet files" + (", or of files." if kind is ExportForm.PYSPARK else "."),
            [f"`{table}` ({tasks.inputs[table]}): `{path}`" for table, path in inputs.items()],
        ),
        _section(
            "Parameters",
            'Values under "parameters" in config.json replace these defaults:',
            [f"`{name}`: {value!r}" for name, value in parameters.items()],
        ),
        _section("What stayed behind", "These transforms are not exported:", map(str, tasks.left_behind)),
        _section("What is different", "", map(str, tasks.remarks)),
    ]
    return "\n".join(section for section in sections if section)


def _section(title: str, text: str, lines: Iterable[str]) -> str:
    listed = "\n".join(f"- {line}" for line in lines)
    if not listed:
        return ""
    return f"## {title}\n\n{text}\n\n{listed}\n" if text else f"## {title}\n\n{listed}\n"


_ABOUT = {
    ExportForm.PYSPARK: """\
# A pipeline in plain PySpark

{count} scripts, exported by `run_local.py export --as pyspark`. They need PySpark and what the modules import:

```bash
pip install pyspark {packages}
python run_all.py                      # everything, in order
python scripts/NAME.py                 # one script, after those whose tables it reads
```

| file | what it is |
|---|---|
| `scripts/` | one script per transform: tables that it reads, the call of its function, tables that it writes, checks |
| `src/` | the modules with the functions, as they were |
| `src/transforms/` | names that the modules import; its decorators return the functions unchanged |
| `exported/` | reading and writing of tables, and checks |
| `run_all.py`, `dag.json` | the order of the scripts, for people and for schedulers |
| `config.json` | folder of the tables, paths of the inputs, settings of Spark, values of parameters |

Tables are folders of Parquet files below `tables/`. A check whose `on_error` is "FAIL" ends the script before any table
is replaced; one with "WARN" prints its problem.
""",
    ExportForm.SPARK_PIPELINES: """\
# A pipeline for Spark Declarative Pipelines

{count} definitions, exported by `run_local.py export --as spark-pipelines`. They need Spark 4.1 or later:

```bash
pip install 'pyspark[pipelines]>=4.1' {packages}
spark-pipelines run                    # in this folder; dry-run checks the definitions alone
```

| file | what it is |
|---|---|
| `spark-pipeline.yml` | the spec: settings of Spark, and the definitions in order |
| `transformations/` | one file per transform: the call of its function, its tables as materialized views, checks |
| `src/` | the modules with the functions, as they were |
| `src/transforms/` | names that the modules import; its decorators return the functions unchanged |
| `exported/` | what the functions receive, and checks |
| `dag.json` | the graph as data |
| `config.json` | paths of the inputs, values of parameters |

Tables are stored where the catalog of Spark stores them, by default as Parquet files below `spark-warehouse/`. A row
that breaks a check of rows or of a key, and a schema that differs, stop the run before the table is replaced. Checks of
groups, totals and other tables are tables of their own, `NAME__checks`, computed after NAME; a broken one whose
`on_error` is "FAIL" stops the run, and one with "WARN" is a row of that table.
""",
}
