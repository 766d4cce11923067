"""Tables of a few rows for the dashboards, written without Spark."""

import re
import socket
import threading
from dataclasses import fields
from html import unescape

import pyarrow
import pytest
import uvicorn
from deltalake import write_deltalake

from revops_dashboards.render import render_widget
from revops_dashboards.tables import Tables

TYPES = {
    "str": (pyarrow.string(), ""),
    "float": (pyarrow.float64(), 0.0),
    "int": (pyarrow.int64(), 0),
    "bool": (pyarrow.bool_(), False),
    "date": (pyarrow.date32(), None),
    "list[str]": (pyarrow.list_(pyarrow.string()), None),
}
"""Type of a field → type of the column, and the value of a row that does not say one."""


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
def write_as(warehouse):
    """write_as(dataset, kinds, rows, **columns) → the dataset has the columns of some dataclasses, and these rows.

    Values that a row does not say are zero, empty or, if the field may be None, null. `columns` are further columns
    with their value in rows that do not say one.
    """

    def write_rows(dataset, kinds, rows, **columns):
        schema, defaults = {}, {}
        for attribute in (attribute for kind in kinds for attribute in fields(kind)):
            name, may_be_null = re.sub(r" \| None$", "", attribute.type), attribute.type.endswith("None")
            schema[attribute.name], defaults[attribute.name] = TYPES[name]
            if may_be_null:
                defaults[attribute.name] = None
        for name, value in columns.items():
            schema[name], defaults[name] = TYPES[type(value).__name__][0], value
        table = pyarrow.Table.from_pylist([{**defaults, **row} for row in rows], pyarrow.schema(schema))
        write_deltalake(str(warehouse.table(dataset)), table, mode="overwrite", schema_mode="overwrite")

    return write_rows


@pytest.fixture
def text_of(tables):
    """text_of(widget, choice) → the text of a widget on a page, without the explanations of its figures."""

    def text(widget, choice, path="/"):
        html = str(render_widget(widget, tables, choice, {}, path).html)
        plain = re.sub(r"<details class=.explain.*?</details>", "", html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())

    return text


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
