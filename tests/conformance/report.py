# ruff: noqa: E501 (the page has long lines)
"""Write the conformance table: the data file of the package and the page of the documentation."""

from __future__ import annotations

import argparse
import collections
import inspect
import json
import pickle
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, DataFrameNaFunctions, DataFrameStatFunctions, SparkSession, functions
from pyspark.sql.group import GroupedData

from .compare import EQUAL, Outcome, outcomes
from .probes import PROBES

DATA = "transforms_api/engines/sail/conformance.json"
PAGE = "docs/engines.md"
_CLASSES = (Column, DataFrame, GroupedData, DataFrameNaFunctions, DataFrameStatFunctions, SparkSession)
_INTRODUCTION = """# Sail beside Spark

[Sail](https://github.com/lakehq/sail) runs PySpark code without a JVM, by Spark Connect. Spark is the engine of record. This
page says what Sail {sail} computes as Spark {spark} does. `scripts/check-engines` writes it, and the same results as
`transforms_api/engines/sail/conformance.json`, from the probes in tests/conformance: each probe computes a small table on both
engines, on rows with nulls, ties, halves, empty and non-ASCII texts, Sundays, leap days and dates before 1970.

- **equal**: the same columns, types and rows; doubles to 1e-12 relative.
- **differs**: Sail computes something else, silently. **missing**: Sail fails.
- A case in brackets is a part of a name. If it has a pattern in the data file, only calls whose arguments match count.
- **rare data** means that the case depends on data, not on code, so no scan can see it. It does not keep a transform from Sail.

A scan of a transform's code (`unsupported_on_sail`) reports each name below that differs or is missing, and each name of PySpark
without a probe. To try a new version of pysail, install it and run `scripts/check-engines`.
"""


def public_names() -> list[str]:
    """Return the public names of pyspark.sql.functions and of PySpark's classes, as probes name them."""
    found = [
        f"functions.{name}"
        for name, value in vars(functions).items()
        if inspect.isfunction(value) and value.__module__ == functions.__name__ and not name.startswith("_")
    ]
    found += [f"{owner.__name__}.{name}" for owner in _CLASSES for name in dir(owner) if not name.startswith("_")]
    return sorted(found)


def run() -> dict[str, Outcome]:
    """Return key → outcome of all probes; runs the engines one after the other, each in a process."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for engine in ("sail", "spark"):
            file = Path(folder) / engine
            command = [sys.executable, "-m", "tests.conformance.engines", engine, str(file)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            results.append(pickle.loads(file.read_bytes()))
    return outcomes(PROBES, results[1], results[0])


def data_of(found: dict[str, Outcome]) -> dict[str, Any]:
    """Return the content of the data file.

    Args:
        found: key → outcome of all probes.
    """
    probes = []
    for probe in PROBES:
        outcome = found[probe.key]
        entry = {"name": probe.name, "case": probe.case, "status": outcome.status, "when": probe.when}
        entry |= {"edge": probe.edge, "detail": outcome.detail}
        probes.append({name: value for name, value in entry.items() if value})
    known = {probe.name for probe in PROBES}
    unprobed = [name for name in public_names() if name not in known]
    return {"pysail": version("pysail"), "pyspark": version("pyspark"), "probes": probes, "unprobed": unprobed}


def page_of(data: dict[str, Any]) -> str:
    """Return the page of the documentation.

    Args:
        data: content of the data file.
    """
    groups: dict[str, collections.Counter[str]] = {}
    for probe in data["probes"]:
        groups.setdefault(probe["name"].partition(".")[0], collections.Counter())[probe["status"]] += 1
    lines = [_INTRODUCTION.format(sail=data["pysail"], spark=data["pyspark"]), "## Summary\n"]
    lines += ["| probes of | equal | differs | missing |", "|---|---|---|---|"]
    for group, counts in [*groups.items(), ("all", sum(groups.values(), collections.Counter()))]:
        lines.append(f"| {group} | {counts['equal']} | {counts['differs']} | {counts['missing']} |")
    lines += ["", "## What differs or is missing\n", "| name | case | result | example |", "|---|---|---|---|"]
    for probe in data["probes"]:
        if probe["status"] != EQUAL:
            result = probe["status"] + (", rare data" if "edge" in probe else "")
            detail = probe["detail"].replace("|", "\\|").replace("`", "'").replace("\n", " ")
            lines.append(f"| {probe['name']} | {probe.get('case', '')} | {result} | `{detail}` |")
    names = sorted(
        {probe["name"] for probe in data["probes"]} - {p["name"] for p in data["probes"] if p["status"] != EQUAL}
    )
    lines += ["", "## Equal\n", ", ".join(names) + ".", "", "## Without a probe\n", ", ".join(data["unprobed"]) + "."]
    return "\n".join(lines) + "\n"


def _statuses(data: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(probe["name"], probe.get("case", ""), probe["status"]) for probe in data["probes"]}


def main(project: Path, arguments: list[str]) -> int:
    """Run the probes, then write or check the files; return the exit code."""
    parser = argparse.ArgumentParser(description="Run the conformance probes on Spark and on Sail.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a status differs")
    options = parser.parse_args(arguments)
    data = data_of(run())
    texts = {DATA: json.dumps(data, indent=1, ensure_ascii=False) + "\n", PAGE: page_of(data)}
    stale = [
        name for name, text in texts.items() if not (project / name).is_file() or (project / name).read_text() != text
    ]
    if options.check:
        checked_in = json.loads((project / DATA).read_text())
        stale = sorted(_statuses(data) ^ _statuses(checked_in))  # examples may vary from run to run
        print(f"differs from this run: {stale}" if stale else "The checked-in files equal this run.")
        return 1 if stale else 0
    for name, text in texts.items():
        (project / name).write_text(text)
    print(f"written: {', '.join(texts)}; changed: {', '.join(stale) or 'nothing'}")
    return 0
