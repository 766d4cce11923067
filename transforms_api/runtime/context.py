"""`ctx`: what a compute function learns of the build that it runs in."""

from __future__ import annotations

from typing import Any, NoReturn

from pyspark.sql import SparkSession


class JobAborted(BaseException):
    """Raised by `ctx.abort_job()`; no error, so that no `except Exception` of a transform swallows it."""


class TransformContext:
    """The context of one job.

    Attributes:
        spark_session: the session that the job runs in.
        parameters: values of the transform's parameters by name.
        fallback_branches: branches that inputs are read from where the build's branch lacks them; none yet.
        auth_header: Foundry's token; a placeholder here.
        environment: Foundry's solved packages; empty here.
    """

    def __init__(self, spark_session: SparkSession, parameters: dict[str, Any]) -> None:
        self.spark_session = spark_session
        self.parameters = parameters
        self.fallback_branches: list[str] = []
        self.auth_header = "Bearer local"
        self.environment: list[str] = []

    def abort_job(self) -> NoReturn:
        """End the job at once; its outputs keep their last version and the job counts as done."""
        raise JobAborted
