"""Installed libraries by the names that modules import: `yaml` is of PyYAML, `delta` of delta-spark.

Digests of logic, lint and export ask here. Nothing is imported to find out.
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError

_OF_THIS_PROJECT = "transforms-anywhere"
_NAMES_OF_FOUNDRY = frozenset(
    {"foundry", "foundry_ml", "language_model_service_api", "palantir_models", "palantir_models_serializers"}
)
"""Foundry's own packages beside `transforms`, which are parts of this one."""


@functools.cache
def distributions_of(module: str) -> tuple[str, ...]:
    """Return the installed distributions that a module comes from, by its full name or by the first part of it.

    There are several where distributions share a package, as Google's share `google`, and its full name does not tell
    which of them has the module. There is none for what is not installed, of Python's library, or Foundry's own.
    """
    top = module.partition(".")[0]
    if top == "transforms":
        return (_OF_THIS_PROJECT,)
    if top in _NAMES_OF_FOUNDRY:
        return ()
    found = _distributions_with(top)
    if len(found) < 2:
        return found
    parts = module.split(".")
    for end in range(len(parts), 1, -1):
        if having := tuple(name for name in found if _has_module(name, "/".join(parts[:end]))):
            return having
    return found


def versions_of(modules: Iterable[str]) -> dict[str, str]:
    """Return the first part of the names of modules → the version of what is installed of it.

    Where several distributions have modules of that first part, their names stand beside their versions.
    """
    found: dict[str, set[str]] = {}
    for module in modules:
        found.setdefault(module.partition(".")[0], set()).update(distributions_of(module))
    versions = {top: {name: importlib.metadata.version(name) for name in sorted(names)} for top, names in found.items()}
    return {
        top: next(iter(known.values())) if len(known) == 1 else ", ".join(f"{one} {known[one]}" for one in known)
        for top, known in sorted(versions.items())
        if known
    }


@functools.cache
def _distributions_with(top: str) -> tuple[str, ...]:
    """Return the distributions that have a module or package of a name.

    Most libraries are called as they are imported. These are looked up alone, in a fraction of the 0.2 seconds that
    reading all distributions takes.
    """
    try:
        namesake = importlib.metadata.distribution(top)
    except (PackageNotFoundError, ValueError):
        return _by_import_name().get(top, ())
    record = f"\n{namesake.read_text('RECORD') or ''}"
    if f"\n{top}/" in record or f"\n{top}." in record:
        return (_hyphenated(namesake.name),)
    # one that is installed as a link to its sources has a record that does not name them
    return _by_import_name().get(top, (_hyphenated(namesake.name),))


@functools.cache
def _by_import_name() -> dict[str, tuple[str, ...]]:
    """Return import name → distributions, by their names with hyphens."""
    found = importlib.metadata.packages_distributions()
    return {top: tuple(sorted(set(map(_hyphenated, names)))) for top, names in found.items()}


def _hyphenated(distribution: str) -> str:
    """Return the name that package indexes and recipes use: metadata may call delta-spark `delta_spark`."""
    return distribution.replace("_", "-")


def _has_module(distribution: str, path: str) -> bool:
    files = importlib.metadata.files(distribution) or ()
    return any(f"{file.as_posix()}/".startswith((f"{path}/", f"{path}.py/")) for file in files)
