"""F401: names that Foundry's Spark does not have yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.frames import is_frame
from transforms_api.lint.module import FUNCTIONS, Module, method_of
from transforms_api.lint.rules import Finding
from transforms_api.lint.spark_4_names import FUNCTIONS as NEW_FUNCTIONS
from transforms_api.lint.spark_4_names import METHODS, METHODS_OF_FRAMES, OTHERS


def check_spark_versions(module: Module) -> Iterator[Finding]:
    """Yield uses and imports of what Spark 4 added, once at each place."""
    for node in module.imports:
        base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for name in (f"{base}{alias.name}" for alias in node.names):
            if _is_new(name):
                yield _finding(module, node, name)
    for attribute in module.all_of(ast.Attribute):
        name = module.origin(attribute) or ""
        if _is_new(name) and not _is_new(name.rpartition(".")[0]):
            yield _finding(module, attribute, name)
    for call in module.all_of(ast.Call):
        method = method_of(call)
        if isinstance(call.func, ast.Attribute) and module.origin(call.func) is None and "pyspark" in module.imported:
            new = method in METHODS or (method in METHODS_OF_FRAMES and is_frame(module, call.func.value))
            if new:
                yield _finding(module, call, str(method))


def _is_new(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return (package == FUNCTIONS and last in NEW_FUNCTIONS) or any(f"{name}.".startswith(f"{one}.") for one in OTHERS)


def _finding(module: Module, node: ast.expr | ast.stmt, name: str) -> Finding:
    return module.finding(node, "F401", f"'{name}' came with Spark 4")
