"""One build of a project: what it will do, and doing it, told on the screen, in the log and as lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.lineage import lineage
from transforms_api.build.log import build_log
from transforms_api.build.plan import Plan, make_plan, without_fresh
from transforms_api.build.report import BuildReport, JobResult
from transforms_api.build.scheduler import run_build
from transforms_api.build.workers import Conduct
from transforms_api.cli.console import Voice
from transforms_api.cli.details import print_details
from transforms_api.cli.progress import progress_of
from transforms_api.cli.project import Project, logs_of, prepare, why_empty
from transforms_api.cli.screen import print_faults, print_text
from transforms_api.declare.transform import Transform


@dataclass(frozen=True)
class Order:
    """What a build is asked for: see `make_plan`."""

    targets: Sequence[str]
    parameters: Mapping[str, Any]
    is_strict: bool


def plan_build(
    order: Order, project: Project, environment: BuildEnvironment, voice: Voice, only_stale: bool = True
) -> Plan:
    """Return what the build will do, and tell what is wrong; a verbose one tells all about its jobs.

    Raises:
        TransformsError: see `make_plan`.
    """
    plan = make_plan(project.graph, project.warehouse, order.targets, order.parameters, order.is_strict)
    plan = without_fresh(plan, environment) if only_stale else plan
    print_faults(plan.faults, voice.console)
    if not project.graph.order:
        print_text(why_empty(project), voice.console)
    if voice.is_verbose:
        print_details(plan, project, environment, voice.console)
    return plan


def run_plan(
    plan: Plan, project: Project, environment: BuildEnvironment, conduct: Conduct, voice: Voice
) -> BuildReport:
    """Run a plan and return what became of it."""
    warnings: list[str] = []
    logs = logs_of(project.warehouse)
    prepare(project.warehouse)
    with (
        lineage(project.settings.file.lineage, project.settings.folder, environment, warnings.append) as tell,
        build_log(logs, environment.build, environment.redact, warnings.append) as log,
        progress_of(
            plan.jobs, len(plan.stopped), logs, conduct.side_by_side, voice.talk, project.graph.writers
        ) as show,
    ):

        def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
            log.job(transform, result)
            tell(transform, result)
            show(transform, result)

        def on_wait(message: str) -> None:
            log.message(message)
            print_text(message, voice.talk)

        log.plan(plan, environment)
        report = run_build(plan, project.graph, replace(environment, on_wait=on_wait), conduct, watch)
        log.end(report)
    return replace(report, warnings=[*report.warnings, *warnings])
