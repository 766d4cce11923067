"""The findings of a project: every rule on the modules that it applies to, without those that comments suppress."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from transforms_api.porting.lint.determinism import (
    check_fetched_rows,
    check_partition_numbers,
    check_python_clock,
    check_python_randomness,
    check_spark_clock,
    check_spark_randomness,
)
from transforms_api.porting.lint.foundry_rules import (
    check_files,
    check_foundry_only,
    check_imports,
    check_network,
    check_spark_versions,
    without_silenced,
)
from transforms_api.porting.lint.module import Finding, Module
from transforms_api.porting.lint.project import (
    LintedProject,
    check_dataset_paths,
    check_discovery,
    faults_as_findings,
    place_of,
    read_project,
)
from transforms_api.project import DiscoveryResult, merge_conflict_in

WHAT_RUNS = (
    check_python_clock,
    check_spark_clock,
    check_python_randomness,
    check_spark_randomness,
    check_partition_numbers,
    check_files,
    check_fetched_rows,
    check_foundry_only,
)
"""Rules on what code does, for modules that a transform can reach."""


def find_violations(found: DiscoveryResult, folder: Path) -> tuple[list[Finding], int]:
    """Return the findings of a project by file and line, and the number of files read.

    Runs no code beyond what discovery has imported.

    Args:
        found: result of the project's discovery.
        folder: folder of the repository.
    """
    project = read_project(found, folder)
    reached = [project.modules[file] for file in sorted(project.reached)]
    network = list(check_network(reached))
    # a module that cannot be imported may be the one that registers the others, so the result is unknown
    known = None if found.faults else frozenset(place_of(transform) for transform in found.transforms)
    findings: list[Finding] = []
    for module in project.modules.values():
        own = [*_of_module(project, module, known), *(one for one in network if one.file == module.file)]
        findings += without_silenced(module, dict.fromkeys(own))
    for file, error in project.unreadable.items():
        line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
        conflict = merge_conflict_in(file.read_text(encoding="utf-8", errors="replace"))
        text = "It has a merge conflict that is not resolved" if conflict else f"It is no Python: {error}"
        findings.append(Finding(file, conflict or line, 1, "F503", text))
    if found.sql.files:
        from transforms_api.porting.lint.sql import check_sql  # imports sqlglot: slow

        findings += (finding for file in found.sql.files for finding in check_sql(file))
    findings += faults_as_findings(found.faults, findings)
    return sorted(findings), len(project.modules) + len(project.unreadable) + len(found.sql.files)


def _of_module(project: LintedProject, module: Module, known: Set[tuple[Path, int]] | None) -> Iterator[Finding]:
    is_reached, is_loaded = module.file in project.reached, module.file in project.loaded
    yield from check_dataset_paths(module)
    if is_reached or is_loaded:
        yield from check_imports(module, project.own, project.libraries_of(module), project.imported)
        yield from check_spark_versions(module)
    if is_reached:
        for check in WHAT_RUNS:
            yield from check(module)
    if known is not None:
        yield from check_discovery(module, known, is_loaded)
