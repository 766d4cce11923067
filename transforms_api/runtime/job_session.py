"""The Spark session of one job: settings and temporary views that a transform leaves behind do not reach another."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pyspark.sql import SparkSession

from transforms_api.runtime.driver import Session


def job_session(spark: Session, settings: Mapping[str, str]) -> Session:
    """Return a function that makes, once, a session of its own beside the build's, with these settings on top."""

    @functools.cache
    def session() -> SparkSession:
        own = spark().newSession()
        for name, value in settings.items():
            own.conf.set(name, value)
        return own

    return session
