"""Measure the memory of a session after many jobs: `python benchmarks/long_session.py [--jobs N]`.

One session, as a build starts it, runs N Spark jobs with N different plans, for which Spark compiles different classes,
each in a thread and a job's session of its own, with a temporary view. After every tenth part it collects garbage and
prints what is left. It fails if something grows beyond its limit.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from py4j.finalizer import ThreadSafeFinalizer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from transforms_api.engines.engine import CancelToken
from transforms_api.engines.spark.job_session import job_session
from transforms_api.engines.spark.session import start_session
from transforms_api.project.settings import read_settings

STEPS = (
    lambda column: column + 7,
    lambda column: column * 3 - 1,
    lambda column: F.abs(column) % 1009,
    lambda column: F.coalesce(F.nullif(column, F.lit(5)), F.lit(0)),
    lambda column: F.when(column % 2 == 0, column).otherwise(column + 1),
    lambda column: F.length(F.concat_ws("-", column.cast("string"), F.lit("x"))).cast("long"),
    lambda column: F.pmod(F.hash(column), F.lit(997)).cast("long"),
    lambda column: F.greatest(column, F.lit(3)),
)
ONE_TASK = {"spark.sql.shuffle.partitions": "1"}
"""Plans matter here and not their rows."""
LENGTH = 4
"""Steps of a plan, each with a column of its own: 8 steps make 4096 different plans."""


@dataclass(frozen=True)
class Memory:
    """Memory of Java in MB, and the number of its objects that Python holds."""

    process: float
    heap: float
    metaspace: float
    code_cache: float
    objects: float


LIMITS = Memory(process=3500, heap=600, metaspace=400, code_cache=170, objects=3000)
"""The code cache has 256 MB and the heap 4 GB; Java 17 has no limit for metaspace, which is a part of the process."""
GROWTH = Memory(process=1500, heap=80, metaspace=120, code_cache=90, objects=500)
"""From the first line to the last."""
HEAP_GROWTH_SPARK_4 = 400
"""Spark 4.2 itself keeps many plans for a while, also of sessions by `newSession` and without Delta."""


def plan(spark: SparkSession, number: int) -> Any:
    """Return a DataFrame whose plan no other number has."""
    frame = spark.range(0, 50 + number, 1, 1).withColumn("c0", F.col("id") % 10)
    for position in range(LENGTH):
        step = STEPS[number // len(STEPS) ** position % len(STEPS)]
        frame = frame.withColumn(f"c{position + 1}", step(F.col(f"c{position}")))
    frame.createOrReplaceTempView("rows")
    return spark.sql(f"select c{number % LENGTH} as key, sum(c{LENGTH}) as total from rows group by 1")


def run_job(spark: SparkSession, number: int) -> None:
    with job_session(lambda: spark, {}, CancelToken()) as session:
        plan(session(), number).collect()


def measured(spark: SparkSession) -> Memory:
    jvm: Any = spark._jvm
    jvm.System.gc()
    beans = jvm.java.lang.management.ManagementFactory
    pools = {pool.getName(): pool.getUsage().getUsed() / 1e6 for pool in beans.getMemoryPoolMXBeans()}
    pid = jvm.ProcessHandle.current().pid()
    resident = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return Memory(
        process=int(resident) / 1e3,
        heap=beans.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6,
        metaspace=pools["Metaspace"],
        code_cache=sum(used for name, used in pools.items() if name.startswith("Code")),
        objects=len(ThreadSafeFinalizer.finalizers),
    )


def beyond(first: Memory, last: Memory, version: str) -> list[str]:
    """Return what is beyond its limit, or has grown more than it may."""
    problems, may_grow = [], GROWTH if version.startswith("3.") else replace(GROWTH, heap=HEAP_GROWTH_SPARK_4)
    for name, value in asdict(last).items():
        growth, limit, allowed = value - getattr(first, name), getattr(LIMITS, name), getattr(may_grow, name)
        if value > limit:
            problems.append(f"{name}: {value:.0f} of at most {limit}")
        if growth > allowed:
            problems.append(f"{name}: grown by {growth:.0f}, at most by {allowed}")
    return problems


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what the session holds after each tenth of the jobs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--smallest", action="store_true", help="20 jobs: only to see that it runs")
    options = parser.parse_args(arguments)
    jobs = 20 if options.smallest else options.jobs
    interval = max(jobs // 10, 1)
    with tempfile.TemporaryDirectory() as folder:
        spark = start_session({**read_settings().spark, **ONE_TASK}, Path(folder) / "spark.log")
        print(f"Spark {spark.version}\n  jobs  process MB  heap MB  metaspace MB  code cache MB  objects of py4j")
        measures = []
        for number in range(1, jobs + 1):
            job = threading.Thread(target=run_job, args=(spark, number))  # as a build runs each of its jobs
            job.start()
            job.join()
            if number % interval == 0 or number == jobs:
                measures.append(measured(spark))
                process, heap, metaspace, code, objects = asdict(measures[-1]).values()
                print(
                    f"{number:6} {process:11.0f} {heap:8.0f} {metaspace:13.0f} {code:14.1f} {objects:16.0f}", flush=True
                )
        version = spark.version
        spark.stop()
    if problems := beyond(measures[0], measures[-1], version):
        sys.exit("Beyond its limit: " + "; ".join(problems))
    print("Nothing is beyond its limit.")


if __name__ == "__main__":
    main()
