"""DuckDB over a transform's inputs: each is a table under its parameter's name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transforms_api.runtime.extras import extra
from transforms_api.runtime.single_node_inputs import LightweightInput


class Connection:
    """A DuckDB connection that can also run a file of SQL."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sql_from_file(self, path: str) -> Any:
        """Return the relation of the query in a file, whose path is relative to the file of the calling code."""
        caller = Path(sys._getframe(1).f_code.co_filename).parent
        return self._connection.sql((caller / path).read_text(encoding="utf-8"))


class DuckDB:
    """What `ctx.duckdb()` returns: an object whose `conn` is the connection."""

    def __init__(self, connection: Connection) -> None:
        self.conn = connection


def connect(inputs: Mapping[str, LightweightInput], read_modes: Mapping[str, str]) -> DuckDB:
    """Return a DuckDB in memory, in UTC, that reads these inputs when a query asks for them."""
    connection = extra("duckdb").connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, source in inputs.items():
        connection.register(name, source.arrow_dataset(read_modes.get(name)))
    return DuckDB(Connection(connection))
