"""Many builds in one process, as `build --watch` runs them: nothing is kept for each build."""

import gc
import logging
import os
import threading
import types
from collections import Counter
from pathlib import Path

import polars
import pytest

from transforms.api import Input, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.log import build_log
from transforms_api.builds.plan import make_plan
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.project.fingerprint import CodeFingerprints
from transforms_api.project.graph import build_graph

WARM_UP, BUILDS = 2, 5


def pipeline():
    """Return transforms of their own for each build, as after a saved module: one adds rows, one warns and fails."""

    @transform.using(out=Output("/A/source"))
    def source(out):
        out.set_mode("append")
        out.write_table(polars.DataFrame({"n": [1]}))

    @incremental()
    @transform.using(source=Input("/A/source"), out=Output("/A/copy"))
    def copy(ctx, source, out):
        out.write_table(ctx.duckdb().conn.sql("select * from source"))

    @transform.using(source=Input("/A/source"), out=Output("/A/bad"))
    def bad(source, out):
        logging.getLogger(__name__).warning("this will fail")
        raise RuntimeError("no luck")

    return [source, copy, bad]


@pytest.fixture
def build(warehouse):
    def run(number):
        environment = BuildEnvironment(
            None, warehouse, f"build-{number}", logic=CodeFingerprints((Path(__file__).parent,))
        )
        graph = build_graph(pipeline())
        plan = make_plan(graph, environment)
        make_plan(graph, environment, only_stale=True)
        with build_log(warehouse.root / "_logs", environment.build, environment.redact) as log:
            run_build(plan, BuildOptions(), [log])

    return run


def objects():
    """Return the number of objects of each type of the engine and of threading, and of functions and frames."""
    gc.collect()
    watched = (types.FunctionType, types.FrameType, types.TracebackType)
    kinds = [type(item) for item in gc.get_objects()]
    modules = ("transforms_api", "threading")
    return Counter(
        kind.__qualname__ for kind in kinds if kind in watched or str(kind.__module__).partition(".")[0] in modules
    )


def test_many_builds_leave_no_objects_threads_or_open_files(build):
    for number in range(WARM_UP):
        build(number)
    before = objects(), threading.active_count(), len(os.listdir("/dev/fd"))
    for number in range(WARM_UP, WARM_UP + BUILDS):
        build(number)
    after = objects(), threading.active_count(), len(os.listdir("/dev/fd"))
    assert after[1] <= before[1]  # threads of earlier tests may end meanwhile
    assert after[2] <= before[2]
    assert {kind: number for kind, number in (after[0] - before[0]).items() if number >= BUILDS} == {}


def test_many_builds_leave_locks_and_records_for_tables_alone(build, warehouse):
    for number in range(4):
        build(number)
    assert list((warehouse.root / "_jobs").iterdir()) == []
    locks = [file for file in (warehouse.root / "_locks").iterdir() if file.suffix == ".lock"]
    assert len(locks) == 3 + 1  # one for each dataset, and one for the folder of records
