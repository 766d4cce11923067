"""Builds beside Spark Declarative Pipelines: `python benchmarks/declarative_pipelines.py PYTHON [--rounds N]`.

PYTHON is that of an environment with `pip install 'pyspark[pipelines]>=4.1'`. Our own pipeline does not run there: the
functions of a declarative pipeline may ask no DataFrame for its columns. So both build as many tables as the pipeline
has, each from the one before, of a thousand rows: what an engine costs is compared. By turns; the median counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SKIPPED = 77
"""Exit code of a benchmark that lacks what it needs."""
TABLES = 26
STEP = 'selectExpr("id + 1 as id", "name")'
FIRST = 'range(1000).selectExpr("id", "cast(id % 7 as string) as name")'

TRANSFORM = """
@transform_df(Output("/Chain/table_{number}"), rows=Input("/Chain/table_{before}"))
def table_{number}(rows):
    return rows.{step}
"""
VIEW = """
@pipelines.materialized_view
def table_{number}():
    return spark.table("table_{before}").{step}
"""
SPEC = """name: chain
storage: file://{folder}/storage
libraries:
  - glob:
      include: transformations/**
"""


def chain(template: str) -> str:
    return "".join(template.format(number=number, before=number - 1, step=STEP) for number in range(1, TABLES))


def write_repository(folder: Path) -> None:
    module = folder / "src" / "chain" / "tables.py"
    module.parent.mkdir(parents=True)
    head = "from transforms.api import Input, Output, transform_df\n\n\n"
    first = f'@transform_df(Output("/Chain/table_0"))\ndef table_0(ctx):\n    return ctx.spark_session.{FIRST}\n'
    module.write_text(head + first + chain(TRANSFORM))


def write_declarative(folder: Path) -> None:
    module = folder / "transformations" / "tables.py"
    module.parent.mkdir(parents=True)
    head = "from pyspark import pipelines\nfrom pyspark.sql import SparkSession\n\nspark = SparkSession.active()\n\n\n"
    first = f"@pipelines.materialized_view\ndef table_0():\n    return spark.{FIRST}\n"
    module.write_text(head + first + chain(VIEW))
    (folder / "spark-pipeline.yml").write_text(SPEC.format(folder=folder))


def seconds_of(*command: str | Path, cwd: Path, path: Path | None = None) -> float:
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else None
    began = time.monotonic()
    subprocess.run(command, cwd=cwd, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def one_round(folder: Path, python: Path) -> tuple[float, float]:
    ours, theirs = folder / "ours", folder / "theirs"
    write_repository(ours)
    write_declarative(theirs)
    declarative = seconds_of(python.parent / "spark-pipelines", "run", cwd=theirs, path=python.parent)
    build = seconds_of(sys.executable, PROJECT / "run_local.py", "--repo", ours, "build", cwd=ours)
    return declarative, build


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="?", type=Path, help="that of an environment with pyspark[pipelines]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smallest", action="store_true", help="one round")
    options = parser.parse_args(arguments)
    if options.python is None:
        print("skipped: it needs the PYTHON of an environment with pyspark[pipelines]>=4.1")
        sys.exit(SKIPPED)
    python, rounds = options.python.absolute(), 1 if options.smallest else options.rounds
    measured = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            measured.append(one_round(Path(folder), python))
    declarative, build = (statistics.median(seconds) for seconds in zip(*measured, strict=True))
    print(f"{TABLES} tables: spark-pipelines {declarative:.1f} s, run_local.py build {build:.1f} s, "
          f"ratio {build / declarative:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
