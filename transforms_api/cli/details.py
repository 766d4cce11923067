"""What `build -v` tells before it begins: each job's inputs, outputs and reason, versions, and where the logs are."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.plan import Plan
from transforms_api.cli.project import Project, logs_of
from transforms_api.cli.screen import print_text
from transforms_api.declare.transform import Transform

_PACKAGES = ("transforms-anywhere", "pyspark", "delta-spark", "deltalake", "polars", "pandas")
"""Whose versions decide what a build does; those of them that are installed are told."""


def print_details(plan: Plan, project: Project, environment: BuildEnvironment, console: Console) -> None:
    """Print all about a plan that is about to run."""
    logs = logs_of(project.warehouse)
    print_text(f"versions     {', '.join(_versions())}", console)
    print_text(f"warehouse    {project.warehouse.root}, branch {project.warehouse.branch}", console)
    print_text(f"build's log  {logs / environment.build}.jsonl", console)
    print_text(f"Spark's log  {logs / 'spark.log'}, profile {project.settings.file.profile}", console)
    made: set[str] = set()
    for job in plan.jobs:
        print_text("\n".join(_lines_of(job, plan, made)), console)
        made.update(job.writes)


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def _lines_of(job: Transform[Any, Any], plan: Plan, made: set[str]) -> Iterator[str]:
    yield f"{job.reference}: {plan.why(job)}"
    yield f"  {job.location}"
    for spec in job.read_specs:
        dataset = str(spec.alias)
        yield f"  reads   {dataset}  {_state(dataset, spec.branch, plan, made)}"
    for dataset in job.writes:
        yield f"  writes  {dataset}  {_state(dataset, None, plan, set())}"


def _state(dataset: str, branch: str | None, plan: Plan, made: set[str]) -> str:
    if dataset in made and branch is None:
        return "as this build makes it"
    last = plan.last_change(dataset, branch)
    return f"version {last.version} of branch {last.branch}" if last else "not built yet"
