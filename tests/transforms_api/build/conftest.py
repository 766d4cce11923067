"""Jobs run one by one, and what they leave behind."""

import pytest

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.job import run_job


@pytest.fixture
def run(spark, warehouse):
    """run(transform, **parameters) → what the job published."""
    return lambda transform, **parameters: run_job(
        transform, BuildEnvironment(lambda: spark, warehouse, "build-1", parameters)
    )


@pytest.fixture
def run_without_spark(warehouse):
    """run_without_spark(transform) → what the job published; fails where it asks for a session."""

    def no_session():
        raise AssertionError("the job started Spark")

    return lambda transform: run_job(transform, BuildEnvironment(no_session, warehouse, "build-1"))
