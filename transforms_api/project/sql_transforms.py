"""SQL statements as transforms: the same graph, jobs, transactions and reports as those of Python functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api.declare import Input, Output, TableOutput, Transform
from transforms_api.errors import SqlError

if TYPE_CHECKING:  # sqlglot takes a third of a second to import, and most projects have no SQL
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
    made: Output = kind(statement.output.name, description=statement.description)
    return made


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
