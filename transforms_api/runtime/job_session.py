"""The Spark session of one job: settings and temporary views that a transform leaves behind do not reach another."""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import Mapping

from pyspark.sql import SparkSession

from transforms_api.runtime.driver import Session
from transforms_api.runtime.stop import Stop


def job_session(spark: Session, settings: Mapping[str, str], stop: Stop) -> Session:
    """Return a function that makes, once, a session of its own beside the build's, with these settings on top.

    The Spark jobs of the thread that first asks for it are cancelled when the job is told to stop.
    """

    @functools.cache
    def session() -> SparkSession:
        own = spark().newSession()
        for name, value in settings.items():
            own.conf.set(name, value)
        group = uuid.uuid4().hex
        name = threading.current_thread().name
        own.sparkContext.setLocalProperty("mdc.job", name)  # what tasks log carries it, see log4j2.properties
        own.sparkContext.setJobGroup(group, name, interruptOnCancel=True)
        stop.on_order(lambda: own.sparkContext.cancelJobGroup(group))
        return own

    return session
