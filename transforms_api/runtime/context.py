"""`ctx`: what a compute function learns of the build that it runs in.

DuckDB over a transform's inputs: each is a table under its parameter's name.
"""

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
    """A DuckDB connection that can also run a file of SQL."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sql_from_file(self, path: str) -> Any:
        """Return the relation of the query in a file, whose path is relative to the file of the calling code."""
        caller = Path(sys._getframe(1).f_code.co_filename).parent
        return self._connection.sql((caller / path).read_text(encoding="utf-8"))


class DuckDB:
    """What `ctx.duckdb()` returns: an object whose `conn` is the connection."""

    def __init__(self, connection: Connection) -> None:
        self.conn = connection


def connect(inputs: Mapping[str, LightweightInput], read_modes: Mapping[str, str]) -> DuckDB:
    """Return a DuckDB in memory, in UTC, that reads these inputs when a query asks for them."""
    connection = extra("duckdb").connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, source in inputs.items():
        connection.register(name, source.arrow_dataset(read_modes.get(name)))
    return DuckDB(Connection(connection))


class JobAborted(BaseException):
    """Raised by `ctx.abort_job()`; no error, so that no `except Exception` of a transform swallows it."""


class JobContext:
    """What the contexts of all transforms have.

    Attributes:
        parameters: values of the transform's parameters by name.
        fallback_branches: branches that inputs are read from where the build's branch lacks them.
        auth_header: Foundry's token; a placeholder here.
        environment: Foundry's solved packages; empty here.
    """

    auth_header = "Bearer local"

    def __init__(self, parameters: Mapping[str, Any], fallback_branches: Sequence[str]) -> None:
        self.parameters = dict(parameters)
        self.fallback_branches = list(fallback_branches)
        self.environment: list[str] = []

    def abort_job(self) -> NoReturn:
        """End the job at once; its outputs keep their last version and the job counts as done."""
        raise JobAborted


class TransformContext(JobContext):
    """The context of a transform on Spark."""

    def __init__(
        self, spark: SessionFactory, parameters: Mapping[str, Any], fallback_branches: Sequence[str] = ()
    ) -> None:
        super().__init__(parameters, fallback_branches)
        self._spark = spark

    @property
    def spark_session(self) -> SparkSession:
        """The job's session: settings and temporary views of other jobs are not in it."""
        return self._spark()


class IncrementalTransformContext(TransformContext):
    """The context of a transform under `@incremental`.

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
        """Return a DuckDB whose connection, `conn`, has every input as a table under its parameter's name.

        Args:
            read_modes: parameter name → 'added', 'previous' or 'current', for incremental transforms.
        """
        return connect(self._inputs, read_modes or {})
