"""`ctx`: what a compute function learns of the build that it runs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from transforms_api.runtime.driver import Session
from transforms_api.runtime.duckdb_connection import DuckDB, connect
from transforms_api.runtime.single_node_inputs import LightweightInput

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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

    def __init__(self, spark: Session, parameters: Mapping[str, Any], fallback_branches: Sequence[str] = ()) -> None:
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
