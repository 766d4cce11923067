"""The layout of a Foundry repository: its sub-projects, their entry points, and the names of its datasets.

Entry points are read from packaging files without running them. `transforms-shrinkwrap.yml` maps RIDs to paths, so that
a path in one module and a RID in a different one mean one dataset.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from transforms_api.declare import Input, Output, Transform, check_dataset_path
from transforms_api.errors import DatasetPathError, DiscoveryError
from transforms_api.project.problems import Fault
from transforms_api.project.source_files import folders_with_modules, is_module, merge_conflict_in, module_files
from transforms_api.project.sql_transforms import SqlSource, sql_sources

GROUP, NAME = "transforms.pipelines", "root"


def entry_point_in(folder: Path) -> str | None:
    """Return the entry point of a folder as `module:attribute` or `module`, None without one.

    Reads setup.py, setup.cfg and pyproject.toml, in this order. Values that a setup.py computes, and files that cannot
    be parsed, are ignored.

    Args:
        folder: a folder with packaging files.
    """
    readers = {"setup.py": _from_setup_py, "setup.cfg": _from_setup_cfg, "pyproject.toml": _from_pyproject}
    for name, read in readers.items():
        file = folder / name
        if file.is_file():
            try:
                entry_point = next(read(file.read_text(encoding="utf-8")), None)
            except (ValueError, SyntaxError, configparser.Error):
                continue
            if entry_point:
                return entry_point
    return None


def _from_setup_py(text: str) -> Iterator[str]:
    module = ast.parse(text)
    constants = {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and _name_of(call.func) == "setup":
            for keyword in call.keywords:
                if keyword.arg == "entry_points":
                    value = keyword.value
                    value = constants.get(value.id, value) if isinstance(value, ast.Name) else value
                    yield from _from_declaration(ast.literal_eval(value))


def _from_setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string(text)
    if parser.has_option("options.entry_points", GROUP):
        yield from _from_lines(parser["options.entry_points"][GROUP].splitlines())


def _from_pyproject(text: str) -> Iterator[str]:
    content = tomllib.loads(text)
    groups = content.get("project", {}).get("entry-points", {})
    poetry = content.get("tool", {}).get("poetry", {}).get("plugins", {})
    for declared in (groups, poetry):
        if NAME in declared.get(GROUP, {}):
            yield str(declared[GROUP][NAME])


def _from_declaration(declared: Any) -> Iterator[str]:
    """Yield entry points from the argument `entry_points` of setuptools: a mapping of groups, or an INI text."""
    if isinstance(declared, str):
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.read_string(declared)
        if parser.has_option(GROUP, NAME):
            yield from _from_lines([f"{NAME}={parser[GROUP][NAME]}"])
    elif isinstance(declared, Mapping):
        lines = declared.get(GROUP, ())
        yield from _from_lines(lines.splitlines() if isinstance(lines, str) else lines)


def _from_lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        name, separator, value = line.partition("=")
        if separator and name.strip() == NAME:
            yield "".join(value.partition("[")[0].split())


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


SHRINKWRAP = "transforms-shrinkwrap.yml"
"""The file of a repository that says which dataset a RID means."""
_RID = "ri."
_PLACEHOLDERS = frozenset({"/deprecated-field", "/redacted-do-not-use"})
"""Constants that Foundry and its Marketplace write instead of a dataset's path."""


@dataclass(frozen=True)
class DatasetName:
    """The names of a dataset.

    Attributes:
        alias: name in the warehouse, a path or RID.
        rid: RID on Foundry, None if it is unknown.
    """

    alias: str
    rid: str | None


@dataclass(frozen=True)
class ShrinkwrapEntry:
    """An entry of a shrinkwrap file.

    Attributes:
        alias: name in the code.
        rid: RID of the dataset.
        path: path of the dataset on Foundry.
        is_written: whether a transform of the repository writes the dataset by this alias.
    """

    alias: str | None
    rid: str | None
    path: str | None
    is_written: bool = False


def read_shrinkwrap(file: Path) -> list[ShrinkwrapEntry]:
    """Return the entries of a shrinkwrap file.

    Args:
        file: a transforms-shrinkwrap.yml.

    Raises:
        DiscoveryError: the file is not YAML, or has no list of mappings.
    """
    text = ""
    try:
        text = file.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text) or {}
        return [_entry(dict(entry)) for entry in content.get("mappings") or []]
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError) as error:
        if line := merge_conflict_in(text):
            raise DiscoveryError(
                f"{file}:{line}: the file has a merge conflict that is not resolved. Resolve it, or take the file of "
                "one side: Foundry writes it anew at the next commit."
            ) from error
        raise DiscoveryError(
            f"{file}: it has to list 'mappings' of alias, rid and path, but cannot be read so: {error}"
        ) from error


def dataset_names(entries: Iterable[ShrinkwrapEntry]) -> dict[str, DatasetName]:
    """Return alias, RID or path → names of the dataset.

    Entries with the same RID are one dataset. Its name is its path if an entry has one, else an alias: paths before
    RIDs, aliases of transforms that write it before others, then in alphabetical order. Placeholders of Foundry, and
    paths that several RIDs share, do not count as paths.

    Args:
        entries: entries of the shrinkwrap files of a repository.
    """
    entries = _without_placeholders(list(entries))
    datasets: dict[str, str] = {}
    """Name → RID of its dataset, or a name of the dataset if no entry has its RID."""
    for entry in entries:
        if entry.rid is not None:
            datasets[entry.rid] = entry.rid
            if entry.path is not None:
                datasets[entry.path] = entry.rid
    # Aliases in the code take precedence: an alias may be the present path of a different dataset.
    datasets |= {entry.alias: entry.rid for entry in entries if entry.alias is not None and entry.rid is not None}
    members: dict[str, list[ShrinkwrapEntry]] = {}
    for entry in entries:
        known = (datasets.get(name) for name in (entry.alias, entry.path) if name is not None)
        dataset = entry.rid or next(filter(None, known), None) or entry.path or entry.alias
        if dataset is not None:
            members.setdefault(dataset, []).append(entry)
            for name in filter(None, (entry.alias, entry.path)):
                datasets.setdefault(name, dataset)
    called = {dataset: _called(dataset, several, datasets) for dataset, several in members.items()}
    rids = {entry.rid for entry in entries}
    return {
        name: DatasetName(alias, dataset if dataset in rids else None)
        for name, dataset in datasets.items()
        if (alias := called[dataset]) is not None
    }


def use_names(transforms: Iterable[Transform[Any, Any]], names: Mapping[str, DatasetName]) -> None:
    """Set the dataset names and RIDs of inputs and outputs.

    Args:
        transforms: transforms of a repository; their declarations are changed.
        names: alias, RID or path → names of the dataset, see `dataset_names`.
    """
    for transform in transforms:
        specs: list[Input | Output] = [*transform.read_specs, *transform.written_specs]
        for spec in specs:
            if spec.alias and (name := names.get(spec.alias)):
                spec.alias, spec.rid = name.alias, name.rid or spec.rid


def _entry(values: Mapping[str, Any]) -> ShrinkwrapEntry:
    alias, rid, path = (_name(values.get(key)) for key in ("alias", "rid", "path"))
    if rid is None and alias is not None and alias.startswith(_RID):
        rid = alias
    path = path if path is not None and _is_dataset_name(path) else None
    return ShrinkwrapEntry(alias, rid, path, "BUILD" in (values.get("modes") or ()))


def _name(value: Any) -> str | None:
    """Return a normalized name, None for an empty text or a value that is not a text."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return check_dataset_path(value)
    except DatasetPathError:
        return value.strip()


def _without_placeholders(entries: list[ShrinkwrapEntry]) -> list[ShrinkwrapEntry]:
    """Return the entries without paths that are placeholders or that several RIDs share."""
    rids: dict[str, set[str]] = {}
    for entry in entries:
        if entry.path is not None and entry.rid is not None:
            rids.setdefault(entry.path, set()).add(entry.rid)
    shared = _PLACEHOLDERS | {path for path, several in rids.items() if len(several) > 1}
    return [
        ShrinkwrapEntry(entry.alias, entry.rid, None, entry.is_written) if entry.path in shared else entry
        for entry in entries
    ]


def _called(dataset: str, entries: list[ShrinkwrapEntry], datasets: Mapping[str, str]) -> str | None:
    """Return the name of a dataset; a name that means a different dataset is not one of its names."""
    paths = sorted({entry.path for entry in entries if entry.path is not None})
    order = {(not entry.is_written, entry.alias) for entry in entries if entry.alias is not None}
    aliases = [alias for _, alias in sorted(order)]
    aliases.sort(key=lambda alias: alias.startswith(_RID))
    candidates = (*paths, *aliases, dataset)
    return next(
        (candidate for candidate in candidates if datasets.get(candidate) == dataset and _is_dataset_name(candidate)),
        None,
    )


def _is_dataset_name(name: str) -> bool:
    try:
        return bool(check_dataset_path(name))
    except DatasetPathError:
        return False


_PREFIXES = ("transforms-", "transform-")
_PROPERTY = re.compile(r"^\s*transformsDefaultBranchName\s*[=:]\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class SubProject:
    """A sub-project of a repository.

    Attributes:
        root: folder of its modules, which is put on Python's path.
        entry_point: `module:attribute` of its `Pipeline`, None if none is declared.
    """

    root: Path
    entry_point: str | None = None

    @property
    def top_level(self) -> dict[str, Path]:
        """Name → path of each module, and each package with an `__init__.py`, directly below the root."""
        packages = {
            folder.name: folder for folder in folders_with_modules(self.root) if (folder / "__init__.py").is_file()
        }
        return packages | {file.stem: file for file in self.root.glob("*.py") if is_module(file)}


@dataclass(frozen=True)
class Repository:
    """A repository, as far as it is known before its code runs.

    Attributes:
        folder: root of the repository.
        projects: its sub-projects.
        branch: default branch in gradle.properties, None without one.
        names: alias, RID or path in transforms-shrinkwrap.yml → names of the dataset.
        faults: files that cannot be read.
        sql: its SQL files.
    """

    folder: Path
    projects: tuple[SubProject, ...]
    branch: str | None = None
    names: dict[str, DatasetName] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    sql: tuple[SqlSource, ...] = ()


def read_repository(folder: Path) -> Repository:
    """Return the layout of a repository without running its code.

    Sub-projects are the `src` of every folder with a build.gradle or a name such as `transforms-…` (also
    `transform-…`); without these, the repository's own `src`; without it, the repository itself.

    Args:
        folder: root of the repository.

    Raises:
        DiscoveryError: the repository contains neither Python nor SQL.
    """
    folder = folder.resolve()
    roots = sorted(_roots_of_projects(folder)) or [root for root in (folder / "src", folder) if _has_python(root)][:1]
    sql = sql_sources(folder)
    if not roots and not sql:
        raise DiscoveryError(
            f"{folder} has no Python and no SQL: there is no .sql file, and no module in it, in its src, or in the src "
            "of a sub-project such as transforms-python. Give the root of the repository as --repo."
        )
    projects = tuple(SubProject(root, _entry_point_of(root)) for root in roots)
    entries: list[ShrinkwrapEntry] = []
    faults = []
    of_sql = {source.root.parent for source in sql if source.is_in_project}
    for parent in dict.fromkeys((folder, *(root.parent for root in roots), *sorted(of_sql))):
        file = parent / SHRINKWRAP
        if file.is_file() and parent.is_relative_to(folder):
            try:
                entries += read_shrinkwrap(file)
            except DiscoveryError as error:
                faults.append(Fault(error, str(file)))
    return Repository(folder, projects, _default_branch(folder), dataset_names(entries), tuple(faults), tuple(sql))


def _roots_of_projects(folder: Path) -> Iterator[Path]:
    is_project = (folder / "build.gradle").is_file() or folder.name.startswith(_PREFIXES)
    if is_project and _has_python(folder / "src"):
        yield folder / "src"
    for child in folders_with_modules(folder):
        if child.name != "src":
            yield from _roots_of_projects(child)


def _has_python(root: Path) -> bool:
    return root.is_dir() and any(module_files(root))


def _entry_point_of(root: Path) -> str | None:
    return entry_point_in(root) or (entry_point_in(root.parent) if root.name == "src" else None)


def _default_branch(folder: Path) -> str | None:
    file = folder / "gradle.properties"
    match = _PROPERTY.search(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else None
    return match[1] if match else None
