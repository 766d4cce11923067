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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the engine, for the command line and the configuration file."""
    text = "what computes Spark transforms in tests: spark, or sail (extra [sail]), which needs no Java"
    parser.addini("transforms_engine", text, default="spark")
    parser.addoption("--transforms-engine", choices=["spark", "sail"], help=text)


def _engine_of(config: pytest.Config) -> str:
    engine = str(config.getoption("--transforms-engine") or config.getini("transforms_engine"))
    if engine not in ("spark", "sail"):
        raise pytest.UsageError(f"transforms_engine is '{engine}', but has to be spark or sail.")
    return engine


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[SparkSession]:
    """The session of the test run: one that runs already, such as a project's own fixture, or a new one.

    With `transforms_engine = sail` it is a session of Sail.
    """
    if _engine_of(pytestconfig) == "sail":
        from transforms_api.testing.run_transform import session_on_sail

        with session_on_sail(tmp_path_factory.mktemp("sail") / "sail.log", [pytestconfig.rootpath]) as on_sail:
            yield on_sail
        return
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
        from transforms_api.extras import install_command

        raise SnapshotError(f"Snapshots need syrupy: {install_command('testing')}.")
    from transforms_api.testing.assertions import comparing

    return comparing(request.getfixturevalue("snapshot"))
