"""Discovery of SQL transforms: lists the SQL files of a repository, reads them and reports their faults."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transforms_api.errors import DeclarationError
from transforms_api.project.problems import Fault
from transforms_api.project.source_files import is_own_folder
from transforms_api.project.sql_transforms import SqlTransform

if TYPE_CHECKING:  # sqlglot takes a third of a second to import, and most projects have no SQL
    from transforms_api.project.sql_files import SqlFile

_PROJECTS = ("transforms-sql", "transform-sql")
"""Prefixes of the names of SQL sub-projects."""
_MAIN = Path("src", "main", "sql")
_TESTS = frozenset({"test", "tests"})
_MADE_BY_GRADLE = frozenset({"build", "out"})


@dataclass(frozen=True)
class SqlSource:
    """A file whose name ends in .sql.

    Attributes:
        path: the file.
        root: the folder of SQL that it belongs to.
        is_in_project: whether it lies in a sub-project of SQL. Every statement there has to be a transform; elsewhere,
            as among the modules of a Python package, a file counts only if it has one.
    """

    path: Path
    root: Path
    is_in_project: bool


@dataclass(frozen=True)
class DiscoveredSql:
    """The SQL transforms of a repository.

    Attributes:
        transforms: one for each statement that creates a table.
        files: the files that were read, including files without statements.
        roots: the folders of SQL.
        faults: problems of the files.
    """

    transforms: tuple[SqlTransform, ...] = ()
    files: tuple[SqlFile, ...] = ()
    roots: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()


def sql_sources(folder: Path) -> list[SqlSource]:
    """Return the SQL files of a repository, without reading them.

    Args:
        folder: the repository's folder, or a sub-project of SQL itself.
    """
    return list(_sources_below(folder, folder))


def discover_sql(folder: Path, sources: Iterable[SqlSource]) -> DiscoveredSql:
    """Return the transforms in SQL files, and the faults of the files. Starts no Spark.

    Args:
        folder: the repository's folder, to which the references of the transforms are relative.
        sources: the files, see `sql_sources`.
    """
    transforms: list[SqlTransform] = []
    files: list[SqlFile] = []
    roots: dict[Path, None] = {}
    faults: list[Fault] = []
    for source in sources:
        content = read_if_sql(source)
        if content is not None:
            files.append(content)
            roots[source.root] = None
            path = source.path.relative_to(folder).as_posix()
            transforms += (SqlTransform(statement, source.path, path) for statement in content.statements)
            faults += faults_of(content)
    return DiscoveredSql(tuple(transforms), tuple(files), tuple(roots), tuple(faults))


def read_if_sql(source: SqlSource) -> SqlFile | None:
    """Return the content of a SQL file, None for a file outside of SQL's sub-projects without a transform.

    Args:
        source: the file.
    """
    from transforms_api.project.sql_files import read_sql_file  # imports sqlglot: slow

    if not source.is_in_project and b"create" not in source.path.read_bytes().lower():
        return None
    content = read_sql_file(source.path)
    concerns_datasets = bool(content.statements) or any(problem.hides for problem in content.problems)
    return content if source.is_in_project or concerns_datasets else None


def faults_of(file: SqlFile) -> Iterator[Fault]:
    """Yield a fault for each problem of a SQL file.

    Args:
        file: the content of the file.
    """
    for problem in file.problems:
        location = f"{file.path}:{problem.line}"
        error = DeclarationError(f"{location}: {problem.text}")
        yield Fault(error, location, hides=problem.hides, is_warning=problem.is_warning)


def _sources_below(folder: Path, root: Path) -> Iterator[SqlSource]:
    if folder.name.startswith(_PROJECTS) or (folder / _MAIN).is_dir():
        inside = folder / "src" if (folder / "src").is_dir() else folder
        yield from (SqlSource(file, inside, True) for file in _sql_files(inside))
        return
    folders, files = _entries(folder)
    yield from (SqlSource(file, root, False) for file in files)
    for inner in folders:
        if is_own_folder(inner) and inner.name not in _TESTS:
            yield from _sources_below(inner, root)


def _sql_files(folder: Path, is_top: bool = True) -> Iterator[Path]:
    """Yield all SQL files from the `src` of a sub-project down. Only folders right in it may be tests or copies."""
    folders, files = _entries(folder)
    yield from files
    for inner in folders:
        if not (is_top and inner.name in _TESTS | _MADE_BY_GRADLE):
            yield from _sql_files(inner, is_top=False)


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the SQL files right in a folder, sorted, links to folders and hidden ones apart."""
    folders, files = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.name.lower().endswith(".sql") and entry.is_file():
                files.append(Path(entry.path))
    return sorted(folders), sorted(files)
