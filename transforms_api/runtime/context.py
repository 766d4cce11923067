"""The `ctx` of compute functions, and DuckDB over a transform's inputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from transforms_api.engines import SessionFactory
from transforms_api.extras import extra
from transforms_api.runtime.single_node_inputs import LightweightInput

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Connection:
    """A DuckDB connection that can also run a SQL file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sql_from_file(self, path: str) -> Any:
        """Return the relation of a query in a file.

        Args:
            path: path relative to the file of the calling code.
        """
        caller = Path(sys._getframe(1).f_code.co_filename).parent
        return self._connection.sql((caller / path).read_text(encoding="utf-8"))


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
    return DuckDB(Connection(connection))


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
