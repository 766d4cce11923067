"""Jobs run one by one, and datasets written without any."""

from dataclasses import replace

import pyarrow as pa
import pytest

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.testing.run_transform import engine_of_tests
from transforms_api.warehouse.arrow_rows import stage
from transforms_api.warehouse.provenance import Provenance, TransactionType
from transforms_api.warehouse.transaction import Transaction


@pytest.fixture
def write(warehouse):
    """write(dataset, column=[…]) → the version committed. `adds` keeps the rows that are there, `files` are names."""

    def commit(dataset, branch="master", adds=False, files=(), made_from=None, **columns):
        own = replace(warehouse, branch=branch, fallback_branches=("master",))
        transaction = Transaction(own.table(dataset), own.latest(dataset) if adds else None)
        schema = stage(pa.table(columns), transaction) if columns else None
        for name in files:
            transaction.files_folder.mkdir(parents=True, exist_ok=True)
            (transaction.files_folder / name).write_text(f"text of {name}")
        kind = TransactionType.APPEND if adds else TransactionType.SNAPSHOT
        transaction.publish(schema, (), Provenance.model_validate({"branch": branch, **(made_from or {})}), kind)
        return own.latest(dataset)

    return commit


@pytest.fixture
def environment(spark, warehouse):
    """environment(build, warehouse, setting=value, …) → the environment of a build on the engine of the suite."""
    own = warehouse

    def make(build="build-1", warehouse=own, **settings):
        return BuildEnvironment(lambda: spark, warehouse, build, other_engine=engine_of_tests(), **settings)

    return make


@pytest.fixture
def run(environment):
    """run(transform, **parameters) → what the job published."""
    return lambda transform, **parameters: run_job(transform, environment(parameters=parameters))


@pytest.fixture
def run_without_spark(warehouse):
    """run_without_spark(transform) → the result of the job; fails if the job needs a session."""

    def no_session():
        raise AssertionError("the job started Spark")

    return lambda transform: run_job(transform, BuildEnvironment(no_session, warehouse, "build-1"))
