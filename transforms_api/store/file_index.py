"""The table of a dataset that holds files only: one row per file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import Schema

from transforms_api.store.files import FileEntry
from transforms_api.store.places import make_folder

_ARROW = pa.schema([("path", pa.string()), ("size", pa.int64()), ("modified", pa.int64())])
INDEX_SCHEMA = Schema.from_arrow(_ARROW).to_json()
"""One row per file: its name, bytes, and milliseconds since 1970-01-01 UTC."""


def write_index(folder: Path, entries: Sequence[FileEntry]) -> None:
    """Write the listing of a dataset's files as Parquet into `folder`."""
    make_folder(folder)
    table = pa.Table.from_pylist([entry._asdict() for entry in entries], schema=_ARROW)
    with (folder / "files.parquet").open("wb") as stream:
        pq.write_table(table, stream)
