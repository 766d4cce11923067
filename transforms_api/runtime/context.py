"""What else a compute function receives: the `ctx`, DuckDB over a transform's inputs, and external sources."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from transforms_api.engines import SessionFactory
from transforms_api.errors import NotSupportedLocallyError
from transforms_api.extras import extra
from transforms_api.project import SourceSettings
from transforms_api.runtime.inputs import LightweightInput
from transforms_api.warehouse import ColumnLineage, types_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_READING = frozenset({"begin", "commit", "description", "interrupt", "rowcount", "table", "view"})
"""Attributes of a connection whose use changes no table."""


class Connection:
    """A DuckDB connection that can also run a SQL file.

    Args:
        connection: DuckDB's own.
        inputs: name of a table → the input that it is.
    """

    def __init__(self, connection: Any, inputs: Mapping[str, LightweightInput]) -> None:
        self._connection, self._inputs = connection, dict(inputs)
        self._may_have_changed = False
        """Whether a table may no longer be the input of its name."""

    def __getattr__(self, name: str) -> Any:
        self._may_have_changed |= name not in _READING
        return getattr(self._connection, name)

    def sql(self, query: Any, *arguments: Any, **options: Any) -> Any:
        """Return the relation of a query; the arguments are those of DuckDB's method."""
        relation = self._connection.sql(query, *arguments, **options)
        if relation is None or not isinstance(query, str):  # a statement, such as CREATE TABLE
            self._may_have_changed = True
        else:
            _queries[relation] = (self, query)
        return relation

    query = sql

    def sql_from_file(self, path: str) -> Any:
        """Return the relation of a query in a file.

        Args:
            path: path relative to the file of the calling code.
        """
        caller = Path(sys._getframe(1).f_code.co_filename).parent
        return self.sql((caller / path).read_text(encoding="utf-8"))

    def lineage(self, query: str, columns: Sequence[str]) -> ColumnLineage:
        """Return the lineage of a query on the connection's inputs, with a reason if it is unknown.

        Args:
            query: text of the query.
            columns: the columns of its result.
        """
        from transforms_api.runtime.duckdb_lineage import InputTable, lineage_of_query  # sqlglot takes long to import

        if self._may_have_changed:
            return ColumnLineage(reason="its DuckDB connection has run other statements than queries")
        versions = {name: (source.view.dataset, source.view.version) for name, source in self._inputs.items()}
        tables = {
            name: InputTable(dataset, tuple(types_of(version.schema))) for name, (dataset, version) in versions.items()
        }
        return lineage_of_query(query, tables, columns)


_queries: WeakKeyDictionary[Any, tuple[Connection, str]] = WeakKeyDictionary()
"""Relation → its connection and the text of its query. A relation that is derived from it is a different one."""


def lineage_of_rows(rows: Any) -> ColumnLineage:
    """Return the lineage of the rows that a single-node transform writes: known for queries of `ctx.duckdb()` alone.

    Args:
        rows: rows of any library.
    """
    library = type(rows).__module__.partition(".")[0].lstrip("_")
    if library != "duckdb":
        return ColumnLineage(reason="a single-node transform wrote it")
    if rows not in _queries:
        return ColumnLineage(reason="its DuckDB relation is not the result of one query of ctx.duckdb().conn.sql(…)")
    connection, query = _queries[rows]
    return connection.lineage(query, rows.columns)


class DuckDB:
    """The result of `ctx.duckdb()`; its `conn` is the connection."""

    def __init__(self, connection: Connection) -> None:
        self.conn = connection


def connect(inputs: Mapping[str, LightweightInput], read_modes: Mapping[str, str]) -> DuckDB:
    """Return an in-memory DuckDB in UTC with one table per input, read when a query uses it.

    Args:
        inputs: parameter name → input.
        read_modes: parameter name → 'added', 'previous' or 'current'.
    """
    connection = extra("duckdb").connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, source in inputs.items():
        connection.register(name, source.arrow_dataset(read_modes.get(name)))
    return DuckDB(Connection(connection, inputs))


class JobAborted(BaseException):
    """Raised by `ctx.abort_job()`. Not an `Exception`, so that a transform's `except Exception` does not catch it."""


class JobContext:
    """Base of all contexts.

    Attributes:
        parameters: parameter name → value.
        fallback_branches: branches from which inputs are read if the build's branch lacks them.
        auth_header: a placeholder for Foundry's token.
        environment: always empty; Foundry's resolved packages.
    """

    auth_header = "Bearer local"

    def __init__(self, parameters: Mapping[str, Any], fallback_branches: Sequence[str]) -> None:
        self.parameters = dict(parameters)
        self.fallback_branches = list(fallback_branches)
        self.environment: list[str] = []

    def abort_job(self) -> NoReturn:
        """End the job at once; its outputs keep their last version and the job succeeds."""
        raise JobAborted


class TransformContext(JobContext):
    """The context of a Spark transform."""

    def __init__(
        self, spark: SessionFactory, parameters: Mapping[str, Any], fallback_branches: Sequence[str] = ()
    ) -> None:
        super().__init__(parameters, fallback_branches)
        self._spark = spark

    @property
    def spark_session(self) -> SparkSession:
        """The job's session, isolated from settings and temporary views of other jobs."""
        return self._spark()


class IncrementalTransformContext(TransformContext):
    """The context of a Spark transform under `@incremental`.

    Attributes:
        is_incremental: whether this run reads and writes only what is new.
    """

    is_incremental: bool = False


class LightweightContext(JobContext):
    """The context of a single-node transform.

    Attributes:
        is_incremental: whether this run reads and writes only what is new.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        fallback_branches: Sequence[str],
        inputs: Mapping[str, LightweightInput],
        is_incremental: bool,
    ) -> None:
        super().__init__(parameters, fallback_branches)
        self.is_incremental = is_incremental
        self._inputs = inputs

    def duckdb(self, read_modes: Mapping[str, str] | None = None) -> DuckDB:
        """Return an in-memory DuckDB; its connection, `conn`, has one table per input, named by the parameter.

        Args:
            read_modes: parameter name → 'added', 'previous' or 'current', for incremental transforms.
        """
        return connect(self._inputs, read_modes or {})


# External sources: URL and secrets from conf/sources.toml


class HttpsConnection:
    """The connection of a source.

    Attributes:
        url: URL of the source.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def get_client(self) -> Any:
        """Return a `requests` session."""
        return extra("requests").Session()


class ResolvedSource:
    """The source that a compute function receives."""

    def __init__(self, rid: str, settings: SourceSettings) -> None:
        self.rid = rid
        self._settings = settings

    def get_https_connection(self) -> HttpsConnection:
        """Return the connection to the source's URL.

        Raises:
            NotSupportedLocallyError: conf/sources.toml has no URL.
        """
        if self._settings.url is None:
            raise NotSupportedLocallyError(f"Source {self.rid} has no url in conf/sources.toml.")
        return HttpsConnection(self._settings.url)

    def get_secret(self, name: str) -> str:
        """Return a secret.

        Args:
            name: name of the secret.

        Raises:
            NotSupportedLocallyError: conf/sources.toml has no such secret.
        """
        if name not in self._settings.secrets:
            raise NotSupportedLocallyError(f"Source {self.rid} has no secret '{name}' in conf/sources.toml.")
        return self._settings.secrets[name]
