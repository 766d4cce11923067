"""`build --watch`: what a saved module made stale is built at once, in a session that stays warm."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import watchfiles

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.plan import Plan
from transforms_api.build.workers import Conduct
from transforms_api.cli.console import Voice
from transforms_api.cli.one_build import Order, plan_build, run_plan
from transforms_api.cli.project import Project, logs_of, open_again
from transforms_api.cli.screen import print_error, print_outcome
from transforms_api.declare.project_files import is_own
from transforms_api.declare.transform import Engine
from transforms_api.errors import TransformsError
from transforms_api.runtime.driver import Session
from transforms_api.runtime.session import lazy_session

_FRESH_WORKERS = {"spark.python.worker.reuse": "false"}
"""A worker of Spark's that is used again would know the modules as they were when it first imported them."""

_LOOK_UP = 100
"""Milliseconds after which it looks for Ctrl-C."""


def build_when_saved(plan: Plan, order: Order, project: Project, conduct: Conduct, voice: Voice) -> None:
    """Run `plan`, and then, whenever a module of the project is saved, what has become stale by it; until Ctrl-C."""
    settings, tables = {**project.settings.spark, **_FRESH_WORKERS}, project.warehouse
    spark = lazy_session(settings, logs_of(tables) / "spark.log", tables.root, project.roots)
    project = replace(project, spark=spark)
    if any(transform.engine is Engine.SPARK for transform in project.graph.order):
        threading.Thread(target=_warm_up, args=(spark,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        changes = _changes_in(project.roots)
        _run(plan, project, project.environment(order.parameters), conduct, voice)
        for _ in filter(None, changes):
            try:
                project = open_again(project)
                environment = project.environment(order.parameters)
                _run(plan_build(order, project, environment, voice), project, environment, conduct, voice)
            except TransformsError as error:
                print_error(error, voice.console)


def _changes_in(folders: Sequence[Path]) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """Return what is saved from now on, also while a build is under way; empty sets in between."""
    roots = [folder.resolve() for folder in folders]
    changes = watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: path.endswith(".py") and is_own(Path(path), roots),
        rust_timeout=_LOOK_UP,
        yield_on_timeout=True,
    )
    next(changes)
    return changes


def _run(plan: Plan, project: Project, environment: BuildEnvironment, conduct: Conduct, voice: Voice) -> None:
    if plan.jobs:
        report = run_plan(plan, project, environment, conduct, voice)
        print_outcome(report, voice)
        if report.was_interrupted:
            raise KeyboardInterrupt
    voice.talk.print("watching for changes; Ctrl-C ends it", style="dim")


def _warm_up(spark: Session) -> None:
    """Let Java load before the first save what every job needs of Spark; what is wrong here, that job will tell."""
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory() as folder:
        rows = spark().range(2).selectExpr("id", "cast(id as string) as name")
        rows.write.parquet(f"{folder}/rows")
        spark().read.parquet(f"{folder}/rows").groupBy("name").count().collect()
