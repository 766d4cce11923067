"""The logic of a transform: what its outputs are made by, so that a build can tell whether it is another by now.

As on Foundry: the module that defines the transform, the modules of the project that it imports, and the versions of
the libraries that these import. Comments and formatting are no logic.

Installed libraries by the names that modules import: `yaml` is of PyYAML, `delta` of delta-spark.

Digests of logic, lint and export ask here. Nothing is imported to find out.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from transforms_api.declare import Transform
from transforms_api.project.source_files import file_of_module, imported_names, is_own
from transforms_api.project.sql_transforms import SqlTransform

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


@dataclass(frozen=True)
class CodeFingerprint:
    """What the outputs of a transform are made by.

    Attributes:
        modules: module of the project → a digest of its code.
        libraries: library → its version.
        settings: parameter, or setting of the session → its value.
    """

    modules: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def difference(self, before: CodeFingerprint) -> str | None:
        """Return in a few words what is another than `before`, None where nothing is."""
        changed = [f"{name} has changed" for name in _differing(self.modules, before.modules)]
        for now, then in ((self.libraries, before.libraries), (self.settings, before.settings)):
            changed += [f"{name} is {now.get(name)} now, was {then.get(name)}" for name in _differing(now, then)]
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"{changed[0]}{more}" if changed else None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, from which `from_json` makes it again."""
        return {kind: dict(content) for kind, content in vars(self).items()}

    @classmethod
    def from_json(cls, values: Any) -> CodeFingerprint:
        """Return the version that `as_json` gave, an empty one for anything else."""
        known = {
            name: values[name]
            for name in ("modules", "libraries", "settings")
            if isinstance(values, dict) and isinstance(values.get(name), dict)
        }
        return cls(**known)


class CodeFingerprints:
    """The logic versions of a project's transforms; each module is read once.

    Args:
        roots: the folders of the project's modules.
    """

    def __init__(self, roots: Iterable[Path] = ()) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._read = functools.cache(self._read_module)
        self._versions = functools.cache(versions_of)

    def of(self, transform: Transform[Any, Any]) -> CodeFingerprint:
        """Return the version of a transform's logic; that of SQL is its statement, without comments and layout."""
        if isinstance(transform, SqlTransform):
            return CodeFingerprint(
                {transform.reference: transform.version[:16]}, self._versions(frozenset({"pyspark"}))
            )
        names = {transform.__module__, transform.compute_function.__module__}
        waiting, modules, libraries = sorted(names), dict[str, str](), set[str]()
        while waiting:
            name = waiting.pop()
            module = self._read(name)
            if module is None:
                libraries.add(name)
            elif name not in modules:
                modules[name] = module.digest
                waiting += module.imports
        foreign = {name for name in libraries if name.partition(".")[0] not in sys.stdlib_module_names}
        return CodeFingerprint(dict(sorted(modules.items())), self._versions(frozenset(foreign)))

    def _read_module(self, name: str) -> _Module | None:
        """Return a module of the project, None for any other."""
        file = file_of_module(name)
        if file is None or not is_own(file, self._roots):
            return None
        content = file.read_bytes()
        try:
            with _PARSING:
                tree = ast.parse(content, file)
        except (SyntaxError, ValueError):  # compiled, or saved with an error since it was imported
            return _Module(hashlib.sha256(content).hexdigest()[:16], ())
        code, imports = _code_and_imports(tree)
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        digest = hashlib.sha256(code.encode()).hexdigest()[:16]
        return _Module(digest, tuple(dict.fromkeys(imported_names(imports, package))))


_PARSING = threading.Lock()
"""Jobs end side by side, and Python 3.11 counts how deep a syntax tree is for all threads together: SystemError."""


@dataclass(frozen=True)
class _Module:
    digest: str
    imports: tuple[str, ...]


def _code_and_imports(tree: ast.Module) -> tuple[str, list[ast.Import | ast.ImportFrom]]:
    """Return a module's code as a text that another code never has, and its import statements.

    It is what `ast.dump` and `ast.walk` tell, in a third of their time, which is most of what a build takes to see that
    nothing is stale; and of all that Python compiles: `ast.dump` recurses too deep for a long chain of methods.
    """
    told: list[Any] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.AST):
            told.append(node)
            continue
        told.append(type(node).__name__)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(node)
        for name in node._fields:
            if name == "ctx":  # load, store or delete: it follows from the place
                continue
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                told.append(name)
                waiting.append(value)
            elif isinstance(value, list):
                told.append(len(value))
                waiting += value
            else:
                told.append(value)
    return repr(told), imports


def _differing(now: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
