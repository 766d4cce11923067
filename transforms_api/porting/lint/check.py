"""The rules of lint, and the findings of a project: every rule on its modules, without what comments suppress."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from transforms_api.porting.lint.declarations import (
    DatasetPaths,
    ImportProblem,
    UndiscoveredTransforms,
    import_problems,
    unreadable_files,
)
from transforms_api.porting.lint.determinism import (
    FetchedRows,
    PartitionNumbers,
    PythonClock,
    PythonRandomness,
    SparkClock,
    SparkRandomness,
)
from transforms_api.porting.lint.foundry_rules import (
    FoundryOnlyNames,
    LocalFiles,
    LocalRuntime,
    Network,
    UndeclaredLibraries,
)
from transforms_api.porting.lint.module import Finding, Module
from transforms_api.porting.lint.project import LintedProject, read_project
from transforms_api.porting.lint.rule import (
    SUPPRESSION,
    ModuleRule,
    Rule,
    Scope,
    UnusedSuppression,
    without_suppressed,
)
from transforms_api.porting.lint.spark_versions import Spark4Names
from transforms_api.project import DiscoveryResult

MODULE_RULES: tuple[type[ModuleRule], ...] = (
    UndeclaredLibraries,
    LocalRuntime,
    PythonClock,
    SparkClock,
    PythonRandomness,
    SparkRandomness,
    PartitionNumbers,
    LocalFiles,
    Network,
    Spark4Names,
    FetchedRows,
    DatasetPaths,
    UndiscoveredTransforms,
    FoundryOnlyNames,
)


class FoundrySql(Rule):
    """Is SQL that a build here runs and Foundry refuses, or does not document.

    Write one CREATE TABLE `/path/of/the/dataset` AS SELECT … in each file, with the datasets in backticks.
    """

    code = "F701"


_ALL_RULES: tuple[type[Rule], ...] = (*MODULE_RULES, ImportProblem, FoundrySql, UnusedSuppression)
RULES = {rule.code: rule for rule in sorted(_ALL_RULES, key=lambda rule: rule.code)}
"""Code → rule, by code."""


def find_violations(discovered: DiscoveryResult, folder: Path) -> tuple[list[Finding], int]:
    """Return the findings of a project by file and line, and the number of files read.

    Runs no code beyond what discovery has imported.

    Args:
        discovered: result of the project's discovery.
        folder: folder of the repository.
    """
    project = read_project(discovered, folder)
    findings: list[Finding] = []
    for module in project.modules.values():
        violations = dict.fromkeys(_check_module(module, project))
        findings += without_suppressed(module.file, violations, suppressions(module))
    findings += unreadable_files(project)
    if discovered.sql.files:
        from transforms_api.porting.lint.sql import check_sql  # imports sqlglot: slow

        findings += (finding for file in discovered.sql.files for finding in check_sql(file))
    findings += import_problems(discovered.faults, findings)
    return sorted(findings), len(project.modules) + len(project.unreadable) + len(discovered.sql.files)


def suppressions(module: Module) -> Iterator[tuple[int, int, str | None]]:
    """Yield line, column and codes of each comment in a module that suppresses findings.

    Args:
        module: the module.
    """
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        match = re.search(f"#{SUPPRESSION}", token.string) if token.type == tokenize.COMMENT else None
        if match:
            yield token.start[0], token.start[1] + 1, match[1]


def _check_module(module: Module, project: LintedProject) -> Iterator[Finding]:
    scopes = {Scope.ALL}
    if module.file in project.reached:
        scopes |= {Scope.REACHED, Scope.IMPORTED}
    elif module.file in project.loaded:
        scopes |= {Scope.IMPORTED}
    for rule in MODULE_RULES:
        if rule.scope in scopes:
            yield from rule().check(module, project)
