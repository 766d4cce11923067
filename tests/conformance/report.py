# ruff: noqa: E501 (the page has long lines)
"""Write the conformance table: the data file of the package and the page of the documentation."""

from __future__ import annotations

import argparse
import collections
import contextlib
import inspect
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, DataFrameNaFunctions, DataFrameStatFunctions, SparkSession, functions
from pyspark.sql.group import GroupedData

from transforms_api import Project
from transforms_api.declare import Engine
from transforms_api.engines import unsupported_on_sail
from transforms_api.engines.sail.deny_list import deny_list
from transforms_api.errors import TransformsError
from transforms_api.project import forget_modules

from .compare import EQUAL, Outcome, outcomes
from .probes import PROBES

DATA = "transforms_api/engines/sail/conformance.json"
PAGE = "docs/engines.md"
_CLASSES = (Column, DataFrame, GroupedData, DataFrameNaFunctions, DataFrameStatFunctions, SparkSession)
_INTRODUCTION = """# Sail beside Spark

[Sail](https://github.com/lakehq/sail) runs PySpark code without a JVM, by Spark Connect: a build of small tables takes a fraction
of the time. Spark is the engine of record and the default. `pip install 'transforms-anywhere[sail]'` installs Sail.

| `--engine` | what computes Spark transforms |
|---|---|
| `spark` | Spark |
| `sail` | Sail. A job that Sail cannot compute fails |
| `auto` | Sail, unless a scan of the transform's code finds what Sail lacks or computes differently; then Spark. A job that fails on Sail with an error of Sail runs again on Spark in the same build. The report says so for each job. Java starts with the first job that needs it |

`build`, `preview` and `Project` take the option; `engine = "auto"` in conf/run.toml makes it the default, also for `build --watch`.
The option `transforms_engine = sail` in pytest.ini, or `--transforms-engine sail`, lets the fixtures of the test kit use Sail.

- With `auto`, an error that the transform's own Python code raises, and a check that does not hold, end the job: Spark would do
  the same. An error that Sail reports, also for a query with a mistake, is decided by Spark.
- `auto` keeps these on Spark: transforms with external systems, which must not run twice; profiles with settings that change what
  code means, such as `spark.sql.ansi.enabled`; clusters and object stores. What keeps a whole build on Spark is one note in its
  report: `Spark computes this build: <reason>.` A transform with a language model may run twice: answers are cached by request.
- A job that ends Sail's process, by a crash or for lack of memory, fails, or runs on Spark with `auto`. Jobs that ran beside it run
  again.
- If Sail does not start, or not within two minutes, its jobs fail, or run on Spark with `auto`. sail.log among the logs of the
  build has what Sail and Python functions on it print.
- Where Sail is not published for a platform, Spark computes, and the report has the same note.
- Sail computes with the clients of PySpark 3.5 and of PySpark 4. The whole pipeline has the same tables on Sail and on Spark with
  either.

## What is known about a table of Sail

The commit of a table names the engine and its version, and what shows that the rows equal Spark's:

| in `history` | meaning | for a build on Spark or `auto` |
|---|---|---|
| equal to Spark by the probes | the scan finds nothing in the transform's code | fresh |
| verified against Spark | `build --verify` has compared the rows | fresh |
| never verified | neither | stale, and `why` names the function |

`build --engine sail --verify` lets Spark compute each job of Sail, too, from the same input versions, and compares columns, types,
rows and files; doubles to 1e-12 relative. Where they differ, it prints the columns with an example, publishes the rows of Spark,
records the differences in the commit, and ends with exit code 1. Without a stale job it has nothing to do: add `--force`.

## What the probes compare

This page says what Sail {sail} computes as Spark {spark} does. `scripts/check-engines` writes it, and the same results as
`transforms_api/engines/sail/conformance.json`, from the probes in tests/conformance: each probe computes a small table on both
engines, on rows with nulls, ties, halves, empty and non-ASCII texts, Sundays, leap days and dates before 1970.

There is one list for all versions of PySpark, so that `auto` chooses the same engine with each: a probe is equal only if it is
with every version, with this version's Spark and its Connect client (`spark.sql.ansi.enabled=false`). The column *result* names
the version if the others are equal. Only the names without a probe are those of the installed version. A run of
`scripts/check-engines` measures the PySpark of its environment, and keeps what runs with other versions have found.

- **equal**: the same columns, types and rows; doubles to 1e-12 relative.
- **differs**: Sail computes something else, silently. **missing**: Sail fails.
- A case in brackets is a part of a name. If it has a pattern in the data file, only calls whose arguments match count. The cases
  *decimals* and *structs* count for calls that may compute such columns, see below.
- **rare data** means that the case depends on data, not on code, so no scan can see it. It does not keep a transform from Sail.
- Names that end in `()` are functions in SQL text. In Python, `datediff`, `weekday`, `element_at`, `isnan`, `array_contains`,
  `to_date`, `isin` and a few others are corrected before they are sent to Sail (`transforms_api/engines/sail/client.py`).
- The operators `*`, `/` and `%` are equal for integers and doubles. Of decimals, `*` and `%` differ in the type, and `/` in the
  digits; division by the number 0 has no type. `==` of a text and a number fails if the text is no number.

## What the scan reads

A scan of a transform's code (`unsupported_on_sail`) reports each name below that differs or is missing, each name of PySpark
without a probe, other modules of PySpark, libraries that use PySpark, and settings of the session. It reads the functions that the
transform may run, also in modules that it imports, once for each transform and build.

- **Decimals and structs.** The scan infers what a column may be from casts, literals, schemas, `F.struct`, the functions that the
  project calls, the names that columns receive, and the schemas of the inputs. A product is refused if a factor may be a decimal and
  none is certainly a double. What cannot be inferred counts if the code of the same function makes or uses such columns, or if an
  input has one. So `F.sum(amount.cast("decimal(28,6)")).cast("double") / F.count("*")` passes, and without the second cast it does not.
- **Doubles as texts.** Sail writes 1.0E7 as 10000000.0. A cast to a text counts if the column is certainly a double.
- **Objects of other classes.** `outcome.version` passes if `outcome` is annotated with a class of the project or of Python, or is
  made from one; a property such as `write` that is called is no property of a DataFrame.
- **What it misses:** columns whose names are computed, and functions that are looked up by a text. `--verify` finds such cases.

To try a new version of pysail, install it and run `scripts/check-engines`.
"""


def public_names() -> list[str]:
    """Return the public names of pyspark.sql.functions and of PySpark's classes, as probes name them."""
    names = [
        f"functions.{name}"
        for name, value in vars(functions).items()
        if inspect.isfunction(value) and value.__module__.startswith(functions.__name__) and not name.startswith("_")
    ]
    names += [f"{owner.__name__}.{name}" for owner in _CLASSES for name in dir(owner) if not name.startswith("_")]
    return sorted(names)


def properties() -> list[str]:
    """Return the public names of PySpark's classes that are properties, so that a call of them is of another object."""
    names = [(owner, name) for owner in _CLASSES for name in dir(owner) if not name.startswith("_")]
    return [f"{owner.__name__}.{name}" for owner, name in names if not callable(getattr(owner, name, None))]


def run(names: Sequence[str] = ()) -> dict[str, Outcome]:
    """Return key → outcome of probes; runs the engines one after the other, each in a process.

    Args:
        names: names of the probes to run; empty: all.
    """
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for engine in ("sail", "spark"):
            file = Path(folder) / engine
            command = [sys.executable, "-m", "tests.conformance.engines", engine, str(file), *names]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            results.append(pickle.loads(file.read_bytes()))
    return outcomes(tuple(probe for probe in PROBES if probe.key in results[1]), results[1], results[0])


def data_of(results: dict[str, Outcome], before: dict[str, Any]) -> dict[str, Any]:
    """Return the content of the data file: this run's results, and those of earlier runs with other versions of PySpark.

    Args:
        results: key → outcome of the probes that were run; the others keep what they have.
        before: the content so far; empty if there is none. What it says about a different version of Sail is dropped.
    """
    is_of_this_sail = before.get("pysail") == version("pysail")
    measured, rows = (before["pyspark"], before["probes"]) if is_of_this_sail else ((), ())
    versions = {_line(release): release for release in [*measured, version("pyspark")]}
    earlier = {(row["name"], row.get("case", "")): row for row in rows}
    probes = []
    for probe in PROBES:
        entry: dict[str, Any] = {"name": probe.name, "case": probe.case, "when": probe.when, "edge": probe.edge}
        known_entry = earlier.get((probe.name, probe.case), {"status": EQUAL})
        if probe.key not in results and (probe.name, probe.case) not in earlier:
            continue  # never run: the test of the data file fails
        if probe.key in results:
            known_entry = _merged(results[probe.key], known_entry, sorted(versions))
        entry |= {name: known_entry.get(name) for name in ("status", "with", "detail")}
        probes.append({name: entry[name] for name in _FIELDS if entry.get(name)})
    known = {probe.name for probe in PROBES}
    names = {**before.get("unprobed", {}), _line(version("pyspark")): public_names()}
    return {
        "pysail": version("pysail"),
        "pyspark": [versions[line] for line in sorted(versions)],
        "probes": probes,
        "unprobed": {line: sorted(set(names[line]) - known) for line in sorted(names)},
        "properties": sorted({*before.get("properties", ()), *properties()}),
    }


_FIELDS = ("name", "case", "status", "with", "when", "edge", "detail")
"""Fields of a probe in the data file; `with` lists the versions of PySpark for which the status is not `equal`, if it is
for others."""


def _line(pyspark: str) -> str:
    """Return the first two numbers of a version: 3.5 of 3.5.9."""
    return ".".join(pyspark.split(".")[:2])


def _merged(outcome: Outcome, before: dict[str, Any], versions: list[str]) -> dict[str, Any]:
    """Return status, detail and versions of a probe; of statuses that are not equal, that of the lowest version.

    Args:
        outcome: this run's.
        before: the entry of the probe after earlier runs.
        versions: the lines of PySpark that have been probed, in ascending order, with this run's.
    """
    own = _line(version("pyspark"))
    unequal = {*(before.get("with") or versions)} - {own} if before["status"] != EQUAL else set()
    if outcome.status != EQUAL:
        unequal.add(own)
    if not unequal:
        return {"status": EQUAL}
    is_own = min(unequal) == own
    status, detail = (outcome.status, outcome.detail) if is_own else (before["status"], before.get("detail"))
    return {"status": status, "detail": detail, "with": sorted(unequal) if len(unequal) < len(versions) else None}


def count_transforms(project: Path) -> list[dict[str, Any]]:
    """Return for the demo and each repository of the tests how many Spark transforms the scan lets run on Sail.

    Args:
        project: folder of this project.
    """
    deny_list.cache_clear()
    folders = sorted(path for path in (project / "tests" / "repositories" / "layouts").iterdir() if path.is_dir())
    named = [("the RevOps demo", None), *((f"tests: {folder.name}", folder) for folder in folders)]
    with _same_imports():
        counted = [_count(name, folder) for name, folder in named]
    return [line for line in counted if line is not None]


def _count(name: str, folder: Path | None) -> dict[str, Any] | None:
    """Return the line of a repository; None if it has no Spark transform, or faults that keep it from being read."""
    try:
        opened = Project.open(folder)
        transforms = [transform for transform in opened.transforms if transform.engine is Engine.SPARK]
        # references may be equal
        scans = [unsupported_on_sail(transform, opened.fingerprints) for transform in transforms]
    except TransformsError:
        return None
    finally:
        if folder is not None:
            forget_modules([folder])
    reasons = sorted({finding.name for scan in scans for finding in scan})
    on_sail = sum(not scan for scan in scans)
    return {"name": name, "transforms": len(transforms), "on_sail": on_sail, "reasons": reasons} if transforms else None


@contextlib.contextmanager
def _same_imports() -> Iterator[None]:
    """Restore Python's path, to which each opened repository adds its folders, and modules that it replaces by its own."""
    path, modules, variable = list(sys.path), dict(sys.modules), os.environ.get("PYTHONPATH")
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.update(modules)
        os.environ.pop("PYTHONPATH", None)
        if variable is not None:
            os.environ["PYTHONPATH"] = variable


def page_of(data: dict[str, Any]) -> str:
    """Return the page of the documentation.

    Args:
        data: content of the data file.
    """
    groups: dict[str, collections.Counter[str]] = {}
    for probe in data["probes"]:
        groups.setdefault(probe["name"].partition(".")[0], collections.Counter())[probe["status"]] += 1
    lines = [_INTRODUCTION.format(sail=data["pysail"], spark=" and ".join(data["pyspark"])), "## Summary\n"]
    lines += ["| probes of | equal | differs | missing |", "|---|---|---|---|"]
    for group, counts in [*groups.items(), ("all", sum(groups.values(), collections.Counter()))]:
        lines.append(f"| {group} | {counts['equal']} | {counts['differs']} | {counts['missing']} |")
    lines += [
        "",
        "## How many transforms the scan lets run on Sail\n",
        "| repository | Spark transforms | on Sail | because of |",
    ]
    lines.append("|---|---|---|---|")
    for row in data.get("repositories", ()):
        lines.append(f"| {row['name']} | {row['transforms']} | {row['on_sail']} | {', '.join(row['reasons'])} |")
    lines += ["", "## What differs or is missing\n", "| name | case | result | example |", "|---|---|---|---|"]
    for probe in data["probes"]:
        if probe["status"] != EQUAL:
            result = probe["status"] + (", rare data" if "edge" in probe else "")
            result += f", PySpark {' and '.join(probe['with'])}" if "with" in probe else ""
            detail = probe["detail"].replace("|", "\\|").replace("`", "'").replace("\n", " ")
            lines.append(f"| {probe['name']} | {probe.get('case', '')} | {result} | `{detail}` |")
    names = sorted(
        {probe["name"] for probe in data["probes"]} - {p["name"] for p in data["probes"] if p["status"] != EQUAL}
    )
    lines += ["", "## Equal\n", ", ".join(names) + ".", "", "## Without a probe\n"]
    unprobed = {line: set(names) for line, names in data["unprobed"].items()}
    everywhere = set.intersection(*unprobed.values())
    lines.append(", ".join(sorted(everywhere)) + ".")
    lines += [
        f"\nOnly in PySpark {line}: {', '.join(sorted(names - everywhere))}."
        for line, names in unprobed.items()
        if names - everywhere
    ]
    return "\n".join(lines) + "\n"


def _statuses(data: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    return {
        (probe["name"], probe.get("case", ""), probe["status"], ", ".join(probe.get("with", ())))
        for probe in data["probes"]
    }


def main(project: Path, arguments: list[str]) -> int:
    """Run the probes, then write or check the files; return the exit code."""
    parser = argparse.ArgumentParser(description="Run the conformance probes on Spark and on Sail.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a status differs")
    parser.add_argument("--probe", action="append", default=[], metavar="NAME", help="run only the probes of this name")
    parser.add_argument("--count", action="store_true", help="run no probe; count the transforms of repositories anew")
    options = parser.parse_args(arguments)
    before = json.loads((project / DATA).read_text()) if (project / DATA).is_file() else {}
    data = {**before} if options.count else data_of(run(options.probe), before)
    data.pop("repositories", None)
    texts = {DATA: json.dumps(data, indent=1, ensure_ascii=False) + "\n", PAGE: page_of(data)}
    stale = [
        name for name, text in texts.items() if not (project / name).is_file() or (project / name).read_text() != text
    ]
    if options.check:
        stale = sorted(_statuses(data) ^ _statuses(before))  # examples may vary from run to run
        print(f"differs from this run: {stale}" if stale else "The checked-in files equal this run.")
        return 1 if stale else 0
    (project / DATA).write_text(texts[DATA])  # the scan reads it
    data["repositories"] = count_transforms(project)
    texts = {DATA: json.dumps(data, indent=1, ensure_ascii=False) + "\n", PAGE: page_of(data)}
    for name, text in texts.items():
        (project / name).write_text(text)
    print(f"written: {', '.join(texts)}; changed: {', '.join(stale) or 'nothing'}")
    return 0
