"""What modules need at run time: the packages behind their imports, with the versions that run here."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from transforms_api.graph.import_path import NAMESPACE
from transforms_api.graph.libraries import distributions_of

FOUNDRY_SPARK = "3.5.*"
"""The line of Spark that Foundry runs and that decides what code means."""
_OF_TRANSFORMS = {
    "expectations": "transforms-expectations",
    "verbs": "transforms-verbs",
    "external": "transforms-external-systems",
    "mediasets": "transforms-media",
    "tables": "transforms-tables",
}
"""Module of `transforms` → the package that has it on Foundry, where that is not `transforms` itself."""
_LANGUAGE_MODELS = {
    "foundry_ml": "foundry_ml",
    "palantir_models": "palantir_models",
    "palantir_models_serializers": "palantir_models_serializers",
    "language_model_service_api": "language-model-service-api",
}
"""Foundry's packages that are found here under these import names, as parts of ours."""


@dataclass(frozen=True)
class Requirements:
    """What modules need.

    Attributes:
        of_foundry: packages of Foundry's own, in whatever version the repository has.
        pinned: package → version.
        unknown: modules that are imported and that no package here has.
    """

    of_foundry: tuple[str, ...]
    pinned: dict[str, str]
    unknown: tuple[str, ...]


def requirements_of(modules: Iterable[bytes], own: Iterable[str], versions: Mapping[str, str]) -> Requirements:
    """Return what the text of `modules` imports, from outside Python and the project itself.

    Args:
        own: names right under `src` of the project.
        versions: package → version to pin, in place of the one that is installed here.
    """
    imported = {name for text in modules for name in imported_modules(text)}
    tops = {name.split(".")[0] for name in imported} - set(own) - set(sys.stdlib_module_names) - {NAMESPACE}
    of_foundry = {
        package
        for module, package in _OF_TRANSFORMS.items()
        if any(f"{name}.".startswith(f"{NAMESPACE}.{module}.") for name in imported)
    }
    of_foundry |= {package for top, package in _LANGUAGE_MODELS.items() if top in tops}
    pinned, unknown = {}, []
    for top in sorted(tops - _LANGUAGE_MODELS.keys()):
        packages = {one for name in imported if name.partition(".")[0] == top for one in distributions_of(name)}
        if top == "pyspark":
            pinned["pyspark"] = FOUNDRY_SPARK
        elif packages:
            for package in packages:
                name = package.lower()
                pinned[name] = versions.get(name) or importlib.metadata.version(package)
        elif top in versions:
            pinned[top] = versions[top]
        else:
            unknown.append(top)
    return Requirements(tuple(sorted(of_foundry)), dict(sorted(pinned.items())), tuple(unknown))


def imported_modules(text: bytes) -> Iterator[str]:
    """Yield the full names that a module imports, as 'package.module', relative ones apart; none of a broken one."""
    for name, _ in imports_of(text):
        yield name


def imports_of(text: bytes) -> Iterator[tuple[str, int]]:
    """Yield the full names that a module imports, each with its line."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
