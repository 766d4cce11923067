"""The base classes of lint rules: one class per rule, whose docstring is what users read about it."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import ClassVar

from transforms_api.porting.lint.module import Finding, Module
from transforms_api.porting.lint.project import LintedProject


class Scope(Enum):
    """The modules of a project that a rule applies to."""

    REACHED = auto()
    """Modules with a transform, and the project's modules that these import."""
    IMPORTED = auto()
    """These, and all modules that discovery has imported."""
    ALL = auto()
    """All modules."""


class Rule:
    """A rule. The first line of a subclass's docstring is what the code does, as a predicate of 'this module'.

    The other lines of its docstring say what to do.

    Attributes:
        code: name of the rule in findings and in comments that suppress them.
    """

    code: ClassVar[str]

    @classmethod
    def says(cls) -> str:
        """Return what the code does, as a predicate of 'this module'."""
        first_line = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0].rstrip(".")
        return first_line[:1].lower() + first_line[1:]

    @classmethod
    def fix(cls) -> str:
        """Return what to do."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").partition("\n")[2].split())


class ModuleRule(Rule, ABC):
    """A rule on the text of single modules.

    Attributes:
        scope: the modules that the rule applies to.
    """

    scope: ClassVar[Scope] = Scope.REACHED

    @abstractmethod
    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield the findings of the rule in a module.

        Args:
            module: the module.
            project: the project that has the module.
        """


class UnusedSuppression(Rule):
    """Has a comment that suppresses nothing.

    Remove the comment, or name the code of a finding on its line: `# lint: ignore[F201]`, in SQL with `--`.
    """

    code = "F901"


SUPPRESSION = r"\s*lint:\s*ignore\b(?:\[([^\]]*)\])?"
"""What follows the sign of a comment that suppresses findings; its group has the codes."""


def without_suppressed(
    file: Path, findings: Iterable[Finding], comments: Iterable[tuple[int, int, str | None]]
) -> list[Finding]:
    """Return the findings that no comment suppresses, and F901 for comments that suppress nothing.

    Args:
        file: the file.
        findings: findings of all rules in the file.
        comments: line, column and codes of each suppressing comment, as `SUPPRESSION` finds them.
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
