"""Tables of a few rows for the dashboards, written without Spark."""

import socket
import threading

import pyarrow
import pytest
import uvicorn
from deltalake import write_deltalake

from revops_dashboards.tables import Tables


@pytest.fixture
def tables(warehouse):
    return Tables(warehouse)


@pytest.fixture
def write(warehouse):
    """write(dataset, rows) → the dataset has just these rows, in a new version."""

    def write_rows(dataset, rows):
        write_deltalake(str(warehouse.table(dataset)), pyarrow.Table.from_pylist(rows), mode="overwrite")

    return write_rows


@pytest.fixture
def serve():
    """serve(application) → its address, until the test ends."""
    running = []

    def start(application):
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)
