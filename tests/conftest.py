"""The one Spark session of the whole suite; started by the first test that asks for it, after all that need none."""

import pytest
from deltalake import DeltaTable

from transforms_api.cli.settings import read_settings
from transforms_api.runtime.session import start_session
from transforms_api.store.warehouse import Warehouse


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "spark" in item.fixturenames)


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    session = start_session(read_settings().spark, tmp_path_factory.mktemp("logs") / "spark.log")
    yield session
    session.stop()


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def rows(warehouse):
    """rows(dataset) → its committed rows, sorted."""

    def read(dataset):
        found = DeltaTable(str(warehouse.table(dataset))).to_pyarrow_table().to_pylist()
        return sorted(found, key=lambda row: [str(value) for value in row.values()])

    return read
