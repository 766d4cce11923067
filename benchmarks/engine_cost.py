"""Measure the time that the engine adds to one job in a warm session: `python benchmarks/engine_cost.py [--rounds N]`.

The same DataFrame is written as Parquet by Spark alone and by a transform, which also locks, stages, commits and says
what it was made from; by turns, so that whatever else the machine does hits both. The medians' difference counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transforms.api import Input, Output, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.engines.spark.session import start_session
from transforms_api.project.fingerprint import CodeFingerprints
from transforms_api.project.settings import read_settings
from transforms_api.warehouse.warehouse import Warehouse

PROJECT = Path(__file__).parents[1]
GOAL = 0.100
"""Seconds."""


@transform_df(Output("/Benchmark/source"))
def source(ctx: Any) -> Any:
    return ctx.spark_session.range(1000).selectExpr("id", "cast(id % 7 as string) as name")


@transform_df(Output("/Benchmark/copy"), rows=Input("/Benchmark/source"))
def copy(rows: Any) -> Any:
    return rows


def seconds_of(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--smallest", action="store_true", help="one round: only to see that it runs")
    options = parser.parse_args(arguments)
    rounds, unmeasured = (1, 0) if options.smallest else (options.rounds, 10)
    os.chdir(PROJECT)  # the settings of this project apply
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spark = start_session(read_settings().spark, folder / "spark.log")
        warehouse = Warehouse(folder / "warehouse")
        roots = CodeFingerprints([Path(__file__).parent])
        environment = BuildEnvironment(lambda: spark, warehouse, uuid.uuid4().hex, {}, {}, {}, roots)
        run_job(source, environment)
        version = warehouse.latest("/Benchmark/source")
        assert version is not None

        def bare() -> None:
            rows = spark.read.schema("id long, name string").parquet(*version.files)
            rows.write.mode("overwrite").parquet(str(folder / "bare"))

        both = [(seconds_of(bare), seconds_of(lambda: run_job(copy, environment))) for _ in range(rounds + unmeasured)]
        spark.stop()
    alone, engine = (statistics.median(seconds) for seconds in zip(*both[unmeasured:], strict=True))
    print(f"Spark alone {alone * 1000:.0f} ms, as a job {engine * 1000:.0f} ms: the engine's own cost is "
          f"{(engine - alone) * 1000:.0f} ms (goal: {GOAL * 1000:.0f} ms)")  # fmt: skip


if __name__ == "__main__":
    main()
