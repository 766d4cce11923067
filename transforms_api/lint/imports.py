"""F101 and F102: imports that Foundry cannot resolve."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.libraries import is_on_foundry
from transforms_api.lint.module import Module
from transforms_api.lint.rules import Finding

_RUNTIME = ("transforms_api", "run_local", "transforms.errors")
"""Modules of ours alone; what `transforms.errors` has, Foundry documents under no import path but `transforms.api`."""


def check_imports(
    module: Module, own: frozenset[str], declared: frozenset[str] | None, imported: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Yield the imports of what Foundry lacks; an import that may fail, since its error is caught, is none of them.

    Args:
        own: the names at the top of the project's roots.
        declared: libraries that the repository declares, None where that is not known.
        imported: import names of the whole project.
    """
    for node in module.imports:
        if _may_fail(module, node):
            continue
        for origin in dict.fromkeys(_imported(node)):
            top = origin.partition(".")[0]
            if any(f"{origin}.".startswith(f"{runtime}.") for runtime in _RUNTIME) and top not in own:
                yield module.finding(node, "F102", f"'{origin}' is this machine's runtime, Foundry has none of it")
            elif declared is not None and top not in own and not is_on_foundry(top, declared, imported):
                yield module.finding(node, "F101", f"'{top}' is imported, and nothing declares it for Foundry")


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that a statement imports from elsewhere; of the namespace `transforms` also their names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or node.module is None:
        return []
    return [f"transforms.{alias.name}" for alias in node.names] if node.module == "transforms" else [node.module]


def _may_fail(module: Module, node: ast.stmt) -> bool:
    tries = [one for one in module.above(node) if isinstance(one, ast.Try)]
    caught = {ast.unparse(handler.type) for one in tries for handler in one.handlers if handler.type}
    return any(name in text for text in caught for name in ("ImportError", "ModuleNotFoundError"))
