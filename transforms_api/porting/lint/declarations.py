"""Rules on what modules declare: names of datasets (F501), transforms (F502), and modules that fail (F503)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError
from transforms_api.porting.lint.module import Finding, Function, Module, argument, text_of
from transforms_api.porting.lint.project import LintedProject, declared_transforms
from transforms_api.porting.lint.rule import ModuleRule, Rule, Scope
from transforms_api.project import Fault, merge_conflict_in

_SPECS = {
    "transforms.api.Input": "alias",
    "transforms.api.Output": "alias",
    "transforms.api.InputSet": "aliases",
    "transforms.api.OutputSet": "aliases",
}
"""What names datasets, and by which argument."""


class DatasetPaths(ModuleRule):
    """Names a dataset by neither an absolute path nor a RID, or with a doubled slash or blanks around it.

    Write the path from the root, as in '/Project/folder/dataset'.
    """

    code = "F501"
    scope = Scope.ALL

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield dataset names that are no absolute path, or are spelled unlike the dataset's name."""
        for call in module.all_of(ast.Call):
            named_by = _SPECS.get(module.origin(call.func) or "")
            selected = argument(call, 0, named_by) if named_by else None
            for node in selected.elts if isinstance(selected, (ast.List, ast.Tuple)) else [selected]:
                name = text_of(node)
                if not isinstance(node, ast.expr) or name is None:
                    continue
                meant = _dataset_meant_by(name)
                if meant is None:
                    yield module.finding(node, self.code, f"'{name}' is no path from the root")
                elif meant != name:
                    yield module.finding(node, self.code, f"{name!r} is read as '{meant}'")


class UndiscoveredTransforms(ModuleRule):
    """Declares a transform that no discovery finds, so it is never built.

    Discover its package, which needs an `__init__.py`, or put it in a variable or list of a module.
    """

    code = "F502"
    scope = Scope.ALL

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield functions decorated as transforms that discovery did not find; none if its result is incomplete."""
        if project.discovered is None:
            return
        for function in declared_transforms(module):
            if (module.file.resolve(), function.decorator_list[0].lineno) not in project.discovered:
                text = f"Transform '{function.name}' is never found: {_why_undiscovered(module, function, project)}"
                yield module.finding(function, self.code, text)


def _why_undiscovered(module: Module, function: ast.AST, project: LintedProject) -> str:
    if module.file not in project.loaded:
        return "nothing that is discovered imports its module"
    within = next((outer.name for outer in module.above(function) if isinstance(outer, Function[:2])), None)
    if within:
        return f"'{within}' makes it, and no variable, collection or iterator of a module has its result"
    return "no discovery looks into its module, or its name means something else there by the end"


class ImportProblem(Rule):
    """Cannot be imported here, so its transforms cannot be built here.

    Correct the error, or install the library that is missing.
    """

    code = "F503"


def unreadable_files(project: LintedProject) -> Iterator[Finding]:
    """Yield F503 for files that are no Python.

    Args:
        project: the project.
    """
    for file, error in project.unreadable.items():
        line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
        conflict = merge_conflict_in(file.read_text(encoding="utf-8", errors="replace"))
        text = "It has a merge conflict that is not resolved" if conflict else f"It is no Python: {error}"
        yield Finding(file, conflict or line, 1, ImportProblem.code, text)


def import_problems(faults: Iterable[Fault], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield F503: the problems that keep modules from being imported, unless another rule has a finding on that line.

    Args:
        faults: problems of the discovery.
        others: findings of the other rules.
    """
    reported = {(finding.file, finding.line) for finding in others}
    for fault in faults:
        file, line = _split(fault.location)
        if (file, line) not in reported:
            yield Finding(file, line, 1, ImportProblem.code, fault.text.removeprefix(f"{fault.location}: "))


def _dataset_meant_by(name: str) -> str | None:
    try:
        return check_dataset_path(name)
    except DatasetPathError:
        return None


def _split(location: str) -> tuple[Path, int]:
    file, _, line = location.rpartition(":")
    return (Path(file), int(line)) if file and line.isdigit() else (Path(location), 1)
