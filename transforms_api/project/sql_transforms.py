"""SQL files as transforms: the same graph, jobs, transactions and reports as those of Python functions.

`sql_sources` lists the SQL files of a repository, `discover_sql` makes a `SqlTransform` of each statement in them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api.declare import Input, Output, TableOutput, Transform
from transforms_api.errors import DeclarationError, SqlError
from transforms_api.project.problems import Fault
from transforms_api.project.source_files import is_own_folder

if TYPE_CHECKING:  # sqlglot takes a third of a second to import, and most projects have no SQL
    from transforms_api.project.sql_files import SqlFile
    from transforms_api.project.sql_statements import SqlStatement

NEVER_INCREMENTAL = "reads its inputs in full at each run: SQL transforms are never incremental"
_PARQUET = (None, "parquet", "delta")
_LINES = (
    re.compile(r"\(line (\d+), pos \d+\)"),  # of Spark's parser
    re.compile(r"; line (\d+) pos \d+"),  # of its analyser
    re.compile(r"== SQL ?\(line (\d+), position \d+\) =="),  # of an expression that fails on a row
)
_END_OF_MESSAGE = re.compile(r"\s*(?:\(line \d+, pos \d+\)|;? ?line \d+ pos \d+;?|== SQL|;\n|\n\tat |JVM stacktrace:)")
_FROM_JAVA = re.compile(r"^(?:An error occurred while calling [^\n]*\n: )?(?:[\w.$]+(?:Exception|Error): )?")
_OF_SPARK = ("ParseException", "AnalysisException")


class SqlTransform(Transform[Any, None]):
    """A `CREATE TABLE … AS SELECT …` of a SQL file as a transform.

    Its parameters are called as its datasets are in the file: `transform.inputs["/Shop/orders"]`. It reads the versions
    that its job has locked, as temporary views of the job's own session.

    Args:
        statement: what the file says.
        file: the file, absolute.
        path: the file's path in its repository, with slashes, by which builds and provenance know the transform.
    """

    def __init__(self, statement: SqlStatement, file: Path, path: str) -> None:
        self.statement, self.file, self.path = statement, file, path
        super().__init__(
            _compute_function(statement, file, path),
            {reference.name: Input(reference.name) for reference in statement.inputs},
            {statement.output.name: _output(statement)},
        )
        self.profiles = statement.profiles

    @property
    def reference(self) -> str:
        """The file's path in its repository; of several statements in a file, with the statement's name."""
        is_only_one = self.statement.name == self.file.stem
        return self.path if is_only_one else f"{self.path}:{self.statement.name}"

    @property
    def location(self) -> str:
        """File and line of the statement, as 'file:line'."""
        return f"{self.file}:{self.statement.line}"

    @property
    def version(self) -> str:
        """A digest of the statement, without its comments and layout."""
        return hashlib.sha256(self.statement.normalised.encode()).hexdigest()


def _output(statement: SqlStatement) -> Output:
    kind = TableOutput if (statement.format or "").lower() == "iceberg" else Output
    output: Output = kind(statement.output.name, description=statement.description)
    return output


def _compute_function(statement: SqlStatement, file: Path, path: str) -> Callable[..., None]:
    def run(ctx: Any, **datasets: Any) -> None:
        session, output = ctx.spark_session, datasets[statement.output.name]
        for reference in statement.inputs:
            view = statement.views.get(reference.name, reference.name)
            datasets[reference.name].dataframe().createOrReplaceTempView(quoted(view))
        try:
            for text in statement.preparation:
                session.sql(text)
            frame = session.sql(statement.query)
            output.write_dataframe(
                frame,
                partition_cols=_columns(statement.partitions, frame.columns) or None,
                output_format=statement.format,
                options=statement.options if statement.format in _PARQUET else None,
            )
        except Exception as error:
            if explained := sql_error(error, statement, file):
                raise explained from error
            raise

    run.__name__ = run.__qualname__ = statement.name
    run.__module__, run.__doc__ = path, statement.description
    return run


def sql_error(error: BaseException, statement: SqlStatement, file: Path) -> SqlError | None:
    """Return an error of Spark's about a statement with the line of its file; None if it is about something else.

    Args:
        error: an exception that PySpark raised while it parsed, analysed or ran the statement.
        statement: the statement.
        file: its file.
    """
    text = str(error)
    line = _line_in(text)
    if line is None and type(error).__name__ not in _OF_SPARK:
        return None
    cause = text.rpartition("Caused by: ")[2] if "\n\tat " in text else text
    message = _END_OF_MESSAGE.split(cause.strip(), maxsplit=1)[0].strip()
    message = _FROM_JAVA.sub("", message)
    if line is None:
        return SqlError(message, f"{file}:{statement.line}")
    queries = [query.split("\n") for query in (*statement.preparation, statement.query)]
    written = next((code for lines in queries if (code := "".join(lines[line - 1 : line]).strip())), "")
    return SqlError(message, f"{file}:{line}" + (f"\n    {written}" if written else ""))


def quoted(name: str) -> str:
    """Return a name in backticks, as Spark reads it.

    Args:
        name: the name of a view or column.
    """
    return f"`{name.replace('`', '``')}`"


def _line_in(text: str) -> int | None:
    """Return the line of the statement that an error of Spark's names, None if it names none."""
    matches = (pattern.search(text) for pattern in _LINES)
    return next((int(match[1]) for match in matches if match), None)


def _columns(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return names as the columns are spelled; in SQL upper and lower case are the same."""
    spelled = {column.lower(): column for column in columns}
    return [spelled.get(name.lower(), name) for name in names]


# SQL files of a repository

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
