"""Lint of a project: every rule on its modules and SQL files, without the findings that comments suppress."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transforms_api.porting.lint.computation import (
    BY_PARTITION,
    CLOCKS,
    DRAWS,
    NEW_FUNCTIONS,
    FetchedRows,
    NamedRule,
    PartitionNumbers,
    PythonClock,
    PythonRandomness,
    Spark4Names,
    SparkClock,
    SparkRandomness,
)
from transforms_api.porting.lint.foundry_rules import (
    DatasetPaths,
    FoundryOnlyNames,
    ImportProblem,
    LocalFiles,
    LocalRuntime,
    Network,
    UndeclaredLibraries,
    UndiscoveredTransforms,
    import_problems,
    unreadable_files,
)
from transforms_api.porting.lint.module import Finding, Module
from transforms_api.porting.lint.project import LintedProject, ModuleRule, Rule, Scope, read_project
from transforms_api.project import DiscoveryResult

if TYPE_CHECKING:  # sqlglot takes a third of a second to import, and most projects have no SQL
    from sqlglot import Token

    from transforms_api.project import SqlFile

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


class UnusedSuppression(Rule):
    """Has a comment that suppresses nothing.

    Remove the comment, or name the code of a finding on its line: `# lint: ignore[F201]`, in SQL with `--`.
    """

    code = "F901"


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
    findings += (finding for file in discovered.sql.files for finding in check_sql(file))
    findings += import_problems(discovered.faults, findings)
    return sorted(findings), len(project.modules) + len(project.unreadable) + len(discovered.sql.files)


def _check_module(module: Module, project: LintedProject) -> Iterator[Finding]:
    scopes = {Scope.ALL}
    if module.file in project.reached:
        scopes |= {Scope.REACHED, Scope.IMPORTED}
    elif module.file in project.loaded:
        scopes |= {Scope.IMPORTED}
    for rule in MODULE_RULES:
        if rule.scope in scopes:
            yield from rule().check(module, project)


_SUPPRESSION = r"\s*lint:\s*ignore\b(?:\[([^\]]*)\])?"
"""What follows the sign of a comment that suppresses findings; its group has the codes."""


def suppressions(module: Module) -> Iterator[tuple[int, int, str | None]]:
    """Yield line, column and codes of each comment in a module that suppresses findings.

    Args:
        module: the module.
    """
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        match = re.search(f"#{_SUPPRESSION}", token.string) if token.type == tokenize.COMMENT else None
        if match:
            yield token.start[0], token.start[1] + 1, match[1]


def without_suppressed(
    file: Path, findings: Iterable[Finding], comments: Iterable[tuple[int, int, str | None]]
) -> list[Finding]:
    """Return the findings that no comment suppresses, and F901 for comments that suppress nothing.

    Args:
        file: the file.
        findings: findings of all rules in the file.
        comments: line, column and codes of each suppressing comment.
    """
    remaining = list(findings)
    for line, column, named in comments:
        codes = re.findall(r"\w+", named or "")
        suppressed = [finding for finding in remaining if finding.line == line and finding.code in codes]
        remaining = [finding for finding in remaining if finding not in suppressed]
        unused = [code for code in codes if code not in {finding.code for finding in suppressed}]
        if unused or not codes:
            why = f"nothing on this line breaks {', '.join(unused)}" if unused else "it names no rule"
            text = f"The comment suppresses nothing: {why}"
            remaining.append(Finding(file, line, column, UnusedSuppression.code, text))
    return remaining


_NEED_NO_PARENTHESES = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"})
_BEFORE_A_COLUMN = frozenset({"SELECT", ",", "DISTINCT"})
_AFTER_A_COLUMN = frozenset({"AS", ",", "FROM", ""})


def check_sql(file: SqlFile) -> list[Finding]:
    """Return the findings of a SQL file, without those that `-- lint: ignore[CODE]` on their line suppresses.

    These are F701 for what Foundry refuses, and the codes of the rules on Spark's clock, draws, numbers by partition
    and new functions.

    Args:
        file: the parsed file.
    """
    from transforms_api.project import keyword, tokens_of

    findings = []
    for deviation in file.deviations:
        text = deviation.text[0].upper() + deviation.text[1:].rstrip(".")
        findings.append(Finding(file.path, deviation.line, 1, FoundrySql.code, text))
    if file.statements:
        tokens = tokens_of(file.text)
        findings += _check_tokens(file, tokens, [keyword(token) for token in tokens])
    return without_suppressed(file.path, dict.fromkeys(findings), _sql_suppressions(file))


def _check_tokens(file: SqlFile, tokens: Sequence[Token], words: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings on names in SQL; `words` has each token in capitals, '' for texts and quoted names."""
    for position, token in enumerate(tokens):
        after = _after_call(tokens, words, position)
        is_call = after > position + 1
        if not is_call and words[position] not in _NEED_NO_PARENTHESES:
            continue
        name, is_empty = words[position].lower(), after <= position + 3
        if name in CLOCKS - NEW_FUNCTIONS and is_empty and not _is_column(tokens, words, position, after):
            yield _sql_finding(file, token, SparkClock, name)
        elif name in DRAWS and is_call and is_empty:
            yield _sql_finding(file, token, SparkRandomness, name)
        elif name == BY_PARTITION:
            yield _sql_finding(file, token, PartitionNumbers, name)
        elif name in NEW_FUNCTIONS - DRAWS and is_call and words[position - 1 : position] not in (["WITH"], ["."]):
            yield _sql_finding(file, token, Spark4Names, name)


def _after_call(tokens: Sequence[Token], words: Sequence[str], position: int) -> int:
    """Return the position after a name and, if it is called, after the parenthesis that closes the call."""
    if position + 1 >= len(tokens) or tokens[position + 1].text != "(" or not words[position]:
        return position + 1
    depth = 0
    for index in range(position + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0) if words[index] else 0
        if depth == 0:
            return index + 1
    return len(tokens)


def _is_column(tokens: Sequence[Token], words: Sequence[str], position: int, after: int) -> bool:
    """Return whether a call is a column of its own, which decides nothing."""
    before = words[position - 1] if position else ""
    following = words[after] if after < len(tokens) else ""
    is_alias = after < len(tokens) and tokens[after].token_type.name in ("VAR", "IDENTIFIER")
    return before in _BEFORE_A_COLUMN and (following in _AFTER_A_COLUMN or is_alias)


def _sql_finding(file: SqlFile, token: Token, rule: type[NamedRule], name: str) -> Finding:
    line = file.text.count("\n", 0, token.start) + 1
    column = token.start - (file.text.rfind("\n", 0, token.start) + 1) + 1
    return Finding(file.path, line, column, rule.code, rule.message.format(name))


def _sql_suppressions(file: SqlFile) -> Iterator[tuple[int, int, str | None]]:
    for number, line in enumerate(file.text.splitlines(), 1):
        if comment := re.search(f"--{_SUPPRESSION}", line):
            yield number, comment.start() + 1, comment[1]
