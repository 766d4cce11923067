"""The pytest plugin: the fixtures `spark_session` (Foundry's own tests have it), `run_transform` and `assert_snapshot`.

Every pytest run of the environment loads it, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from transforms_api.testing.in_memory import Computed
    from transforms_api.testing.run_transform import Outputs


SETTINGS = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""A session for a handful of rows; what decides the meaning of code is the same as in a build."""


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The Spark session of the test run: one that runs already, such as a project's own fixture, or a new one."""
    from pyspark.sql import SparkSession

    from transforms_api.engines import start_session

    if SparkSession.getActiveSession() is not None:
        yield SparkSession.builder.getOrCreate()
        return
    session = start_session(SETTINGS, tmp_path_factory.mktemp("spark") / "spark.log")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def run_transform(spark_session: SparkSession) -> Callable[..., Outputs]:
    """The function `transforms_api.testing.run_transform`, with a session to run in."""
    from transforms_api.testing.run_transform import run_transform

    return run_transform


@pytest.fixture(scope="session")
def compute_transform(spark_session: SparkSession) -> Callable[..., Computed]:
    """The function `transforms_api.testing.compute_transform`, with a session to compute in."""
    from transforms_api.testing.in_memory import compute_transform

    return compute_transform


@pytest.fixture
def assert_snapshot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """assert_snapshot(df, key=columns, name=…): the rows equal those recorded by `--snapshot-update`.

    Raises:
        SnapshotError: syrupy is not installed.
    """
    if not request.config.pluginmanager.hasplugin("syrupy"):
        from transforms_api.errors import SnapshotError

        raise SnapshotError("Snapshots need syrupy: pip install 'transforms-anywhere[testing]'.")
    from transforms_api.testing.snapshots import comparing

    return comparing(request.getfixturevalue("snapshot"))
