"""Code fingerprints: whether the logic of a transform has changed since its outputs were built.

As on Foundry, the logic is the module that defines the transform, the modules of the project that it imports, and the
versions of the libraries that these import. Comments and formatting do not count. No module is imported.

`distributions_of` maps import names to installed distributions (`yaml` → PyYAML, `delta` → delta-spark), for
fingerprints, lint and export.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from transforms_api.declare import Transform
from transforms_api.project.source_files import file_of_module, imported_names, is_own
from transforms_api.project.sql_transforms import SqlTransform
from transforms_api.syntax import parse_python

_OF_THIS_PROJECT = "transforms-anywhere"
_NAMES_OF_FOUNDRY = frozenset(
    {"foundry", "foundry_ml", "language_model_service_api", "palantir_models", "palantir_models_serializers"}
)
"""Import names of Foundry's other packages, which this distribution provides."""


@functools.cache
def distributions_of(module: str) -> tuple[str, ...]:
    """Return the installed distributions that provide a module.

    Several if distributions share a package, such as `google`, and more than one contains the module. None if the
    module is not installed, or belongs to Python's library or Foundry.

    Args:
        module: full name of a module, or its first part.
    """
    top = module.partition(".")[0]
    if top == "transforms":
        return (_OF_THIS_PROJECT,)
    if top in _NAMES_OF_FOUNDRY:
        return ()
    candidates = _distributions_with(top)
    if len(candidates) < 2:
        return candidates
    parts = module.split(".")
    for end in range(len(parts), 1, -1):
        if providers := tuple(name for name in candidates if _has_module(name, "/".join(parts[:end]))):
            return providers
    return candidates


def versions_of(
    modules: Iterable[str], version_of: Callable[[str], str] = importlib.metadata.version
) -> dict[str, str]:
    """Return first part of a module's name → version of its distribution.

    If several distributions provide modules below that part, the value has their names and versions.

    Args:
        modules: full names of modules.
        version_of: returns the version of a distribution.
    """
    distributions: dict[str, set[str]] = {}
    for module in modules:
        distributions.setdefault(module.partition(".")[0], set()).update(distributions_of(module))
    versions = {top: {name: version_of(name) for name in sorted(names)} for top, names in distributions.items()}
    return {
        top: next(iter(known.values()))
        if len(known) == 1
        else ", ".join(f"{distribution} {known[distribution]}" for distribution in known)
        for top, known in sorted(versions.items())
        if known
    }


@functools.cache
def _distributions_with(top: str) -> tuple[str, ...]:
    """Return the distributions that provide a top-level module or package.

    Most distributions have the name of their package. Looking that up first avoids reading all distributions, which
    takes 0.2 seconds.
    """
    try:
        namesake = importlib.metadata.distribution(top)
    except (PackageNotFoundError, ValueError):
        return _by_import_name().get(top, ())
    record = f"\n{namesake.read_text('RECORD') or ''}"
    if f"\n{top}/" in record or f"\n{top}." in record:
        return (_hyphenate(namesake.name),)
    # the record of an editable install does not list its modules
    return _by_import_name().get(top, (_hyphenate(namesake.name),))


@functools.cache
def _by_import_name() -> dict[str, tuple[str, ...]]:
    """Return import name → names of distributions, with hyphens."""
    by_import_name = importlib.metadata.packages_distributions()
    return {top: tuple(sorted(set(map(_hyphenate, names)))) for top, names in by_import_name.items()}


def _hyphenate(distribution: str) -> str:
    """Return the name that package indexes use: metadata may call delta-spark `delta_spark`."""
    return distribution.replace("_", "-")


def _has_module(distribution: str, path: str) -> bool:
    files = importlib.metadata.files(distribution) or ()
    return any(f"{file.as_posix()}/".startswith((f"{path}/", f"{path}.py/")) for file in files)


@dataclass(frozen=True)
class CodeFingerprint:
    """The code and settings that determine the outputs of a transform.

    Attributes:
        modules: module of the project → digest of its code.
        libraries: import name of a library → its version.
        settings: parameter or Spark setting → its value.
    """

    modules: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def difference(self, before: CodeFingerprint) -> str | None:
        """Return the first difference in a few words, None without one.

        Args:
            before: the fingerprint of an earlier build.
        """
        changed = [f"{name} has changed" for name in _differing(self.modules, before.modules)]
        for now, then in ((self.libraries, before.libraries), (self.settings, before.settings)):
            changed += [f"{name} is {now.get(name)} now, was {then.get(name)}" for name in _differing(now, then)]
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"{changed[0]}{more}" if changed else None

    def as_json(self) -> dict[str, Any]:
        """Return the fingerprint as JSON values, for `from_json`."""
        return {kind: dict(content) for kind, content in vars(self).items()}

    @classmethod
    def from_json(cls, values: Any) -> CodeFingerprint:
        """Return the fingerprint of JSON values, an empty one if they are none of `as_json`.

        Args:
            values: any JSON value.
        """
        known = {
            name: values[name]
            for name in ("modules", "libraries", "settings")
            if isinstance(values, dict) and isinstance(values.get(name), dict)
        }
        return cls(**known)


class CodeFingerprints:
    """The code fingerprints of a project's transforms; reads each module once.

    Args:
        roots: folders of the project's modules.

    Attributes:
        keeps_syntax: whether to keep the syntax trees of modules that are read, for `syntax_of`.
    """

    keeps_syntax = False

    def __init__(self, roots: Iterable[Path] = ()) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._trees: dict[str, tuple[Path, ast.Module]] = {}
        self._read = functools.cache(self._read_module)
        version_of = functools.cache(importlib.metadata.version)
        self._versions = functools.cache(functools.partial(versions_of, version_of=version_of))

    def of(self, transform: Transform[Any, Any]) -> CodeFingerprint:
        """Return the fingerprint of a transform, without settings; that of SQL is its statement without comments.

        Args:
            transform: a transform of the project.
        """
        if isinstance(transform, SqlTransform):
            statement = {transform.reference: transform.version[:16]}
            return CodeFingerprint(statement, self._versions(frozenset({"pyspark"})))
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

    def is_of_project(self, name: str) -> bool:
        """Return whether a module belongs to the project.

        Args:
            name: full name of the module.
        """
        return self._read(name) is not None

    def syntax_of(self, name: str) -> tuple[Path, ast.Module] | None:
        """Return the file and the syntax tree of a module; None if it has no readable source.

        Args:
            name: full name of the module, which need not belong to the project.
        """
        if name in self._trees:
            return self._trees.pop(name)
        file = file_of_module(name)
        try:
            return None if file is None else (file, parse_python(file.read_bytes(), file))
        except (SyntaxError, ValueError, OSError):
            return None

    def _read_module(self, name: str) -> _Module | None:
        """Return the digest and imports of a module, None if it does not belong to the project."""
        file = file_of_module(name)
        if file is None or not is_own(file, self._roots):
            return None
        content = file.read_bytes()
        try:
            tree = parse_python(content, file)
        except (SyntaxError, ValueError):  # compiled, or saved with an error since it was imported
            return _Module(hashlib.sha256(content).hexdigest()[:16], ())
        if self.keeps_syntax:
            self._trees[name] = (file, tree)
        code, imports = _code_and_imports(tree)
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        digest = hashlib.sha256(code.encode()).hexdigest()[:16]
        return _Module(digest, tuple(dict.fromkeys(imported_names(imports, package))))


@dataclass(frozen=True)
class _Module:
    digest: str
    imports: tuple[str, ...]


def _code_and_imports(tree: ast.Module) -> tuple[str, list[ast.Import | ast.ImportFrom]]:
    """Return a text that identifies a module's code, and its import statements.

    Same content as `ast.dump` and `ast.walk` in a fourth of their time, which counts in a build without stale datasets;
    and without recursion, which fails in `ast.dump` for long chains of methods.
    """
    content: list[Any] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        fields = _fields_of(type(node))
        if fields is None:
            content.append(node)
            continue
        content.append(type(node).__name__)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(node)
        for name in fields:
            value: Any = getattr(node, name, None)
            if type(value) is list:
                content.append(len(value))
                waiting += value
            elif _fields_of(type(value)) is None:
                content.append(value)
            else:
                content.append(name)
                waiting.append(value)
    return repr(content), imports


def _fields(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a class of syntax nodes, None for other classes.

    Without `ctx` (load, store or delete), which follows from the position of a node.
    """
    return tuple(name for name in kind._fields if name != "ctx") if issubclass(kind, ast.AST) else None


_fields_of: Callable[[type], tuple[str, ...] | None] = functools.cache(_fields)


def _differing(now: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
