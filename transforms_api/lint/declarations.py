"""F501, F502 and F503: names of datasets, transforms that nobody finds, modules that cannot be imported."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from transforms_api.declare.dataset_path import check_dataset_path
from transforms_api.declare.transform import Transform
from transforms_api.errors import DatasetPathError
from transforms_api.graph.faults import Fault
from transforms_api.lint.module import Function, Module, argument, text_of
from transforms_api.lint.rules import Finding

_SPECS = {
    "transforms.api.Input": "alias",
    "transforms.api.Output": "alias",
    "transforms.api.InputSet": "aliases",
    "transforms.api.OutputSet": "aliases",
}
"""What names datasets, and by which argument."""


def check_dataset_paths(module: Module) -> Iterator[Finding]:
    """Yield the names of datasets in the code that are no path from the root, or spelled unlike the dataset's name."""
    for call in module.all_of(ast.Call):
        named_by = _SPECS.get(module.origin(call.func) or "")
        given = argument(call, 0, named_by) if named_by else None
        for node in given.elts if isinstance(given, (ast.List, ast.Tuple)) else [given]:
            name = text_of(node)
            if not isinstance(node, ast.expr) or name is None:
                continue
            meant = _dataset_meant_by(name)
            if meant is None:
                yield module.finding(node, "F501", f"'{name}' is no path from the root")
            elif meant != name:
                yield module.finding(node, "F501", f"{name!r} is read as '{meant}'")


def declared_transforms(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that a decorator of `transforms.api` makes a transform."""
    for function in module.functions:
        if function.decorator_list and _makes_transform(module, function.decorator_list[-1]):
            yield function


def place_of(transform: Transform[Any, Any]) -> tuple[Path, int]:
    """Return file and line at which the function of a transform begins, decorators included."""
    code = getattr(inspect.unwrap(transform.compute_function), "__code__", None)
    return (Path(code.co_filename).resolve(), code.co_firstlineno) if code else (Path(), 0)


def check_discovery(module: Module, known: Set[tuple[Path, int]], loaded: bool) -> Iterator[Finding]:
    """Yield the functions decorated as transforms that are none of the transforms that were found.

    Args:
        known: the places of those that were found.
        loaded: whether the discovery has imported the module.
    """
    for function in declared_transforms(module):
        line = function.decorator_list[0].lineno
        if (module.file.resolve(), line) not in known:
            within = next((one.name for one in module.above(function) if isinstance(one, Function[:2])), None)
            why = "nothing that is discovered imports its module"
            if loaded and within:
                why = f"'{within}' makes it, and no variable, collection or iterator of a module has its result"
            elif loaded:
                why = "no discovery looks into its module, or its name means something else there by the end"
            yield module.finding(function, "F502", f"Transform '{function.name}' is never found: {why}")


def faults_as_findings(faults: Iterable[Fault], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what keeps modules from being imported, where no other rule has a finding on that line."""
    told = {(finding.file, finding.line) for finding in others}
    for fault in faults:
        file, line = _split(fault.location)
        if (file, line) not in told:
            yield Finding(file, line, 1, "F503", fault.text.removeprefix(f"{fault.location}: "))


def _dataset_meant_by(name: str) -> str | None:
    try:
        return check_dataset_path(name)
    except DatasetPathError:
        return None


def _makes_transform(module: Module, decorator: ast.expr) -> bool:
    """Tell whether a decorator, with or without settings called on it, is one of `transforms.api`."""
    node = decorator
    while isinstance(node, ast.Call):
        node = node.func
        while isinstance(node, ast.Attribute) and module.origin(node) is None:
            node = node.value
    return bool(re.match(r"transforms\.api\.transform(_df|_pandas|_polars)?\b", module.origin(node) or ""))


def _split(location: str) -> tuple[Path, int]:
    file, _, line = location.rpartition(":")
    return (Path(file), int(line)) if file and line.isdigit() else (Path(location), 1)
