"""Snapshots of Iceberg tables in the catalog of a warehouse, written and read by pyiceberg.

A snapshot lists the Parquet files of one version. The files have no field ids, so the table maps the names of columns
to ids (`schema.name-mapping.default`). A column keeps its id as long as its name and type last; if a name gets a type
that Iceberg cannot promote to, the snapshots begin anew, since one name would stand for two ids.

Files that Iceberg cannot read as they are get a copy in `<table>/_iceberg/data`: those with field ids of their own or
with times in INT96. Versions with partitions, deletion vectors or renamed columns are copied completely.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from pydantic import BaseModel, Field
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import PyArrowFileIO, parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.name_mapping import MappedField, NameMapping, create_mapping_from_schema
from pyiceberg.table.refs import SnapshotRef
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update import (
    AddSchemaUpdate,
    AssertTableUUID,
    SetCurrentSchemaUpdate,
    SetPropertiesUpdate,
    TableUpdate,
)
from sqlalchemy import URL, select
from sqlalchemy.orm import Session

from transforms_api.errors import StoreError, WriteError
from transforms_api.warehouse.arrow_rows import arrow_schema, has_int96, read_slice
from transforms_api.warehouse.iceberg_schema import FieldIds, iceberg_schema
from transforms_api.warehouse.local_storage import require_own_file
from transforms_api.warehouse.paths import ICEBERG, LOCKS, storage_of
from transforms_api.warehouse.storage import led_away
from transforms_api.warehouse.table import Slice, TableVersion, full_view

_VERSION, _TRANSACTION = "transforms.version", "transforms.transaction"
"""Properties of a snapshot: version and transaction in the Delta log."""
_SETTINGS = {
    TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED: "true",
    TableProperties.METADATA_PREVIOUS_VERSIONS_MAX: "20",
    TableProperties.MANIFEST_MERGE_ENABLED: "true",
    TableProperties.MANIFEST_MIN_MERGE_COUNT: "10",  # each commit reads all manifests
}
_CATALOG, _CATALOG_FILE = "warehouse", "catalog.db"


def publish(root: Path, table: Path, version: TableVersion) -> None:
    """Add a snapshot of a table's last version to the catalog, unless the catalog has it.

    Args:
        root: folder of the warehouse.
        table: folder of the table, whose lock is held.
        version: the last version of the table.

    Raises:
        StoreError: the snapshot cannot be written, or a link leads out of the table's folder.
    """
    storage_of(root).require_no_links(table, [f"{ICEBERG}/metadata/", f"{ICEBERG}/data/"])
    problem = f"{table} is committed, but its Iceberg snapshot cannot be made"
    with _locked_catalog(root) as catalog, _failures(problem, "The next build makes it."):
        _add_snapshot(catalog, _identifier(root, table), table / ICEBERG, version)


def forget(root: Path, tables: Iterable[Path]) -> None:
    """Remove tables from the catalog.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables.
    """
    with _locked_catalog(root) as catalog:
        for table in tables:
            _drop(catalog, _identifier(root, table))


def read(version: TableVersion) -> Table:
    """Return a version as an Iceberg table; see `iceberg.iceberg_table`.

    Args:
        version: the version to read.

    Raises:
        StoreError: the files cannot be read.
    """
    version.require_files(version.paths)
    root = next((parent for parent in version.table.parents if (parent / ICEBERG / _CATALOG_FILE).is_file()), None)
    if root is not None and (version.table / ICEBERG).is_dir():
        listed = None
        with suppress(OSError), _locked_catalog(root) as catalog:  # nothing can be locked in a read-only warehouse
            listed = _load(catalog, _identifier(root, version.table), version.table / ICEBERG)
        snapshot = listed and _snapshot_of(listed, version)
        if listed and snapshot and _lies_in(_at(listed, snapshot), version.table):
            return _at(listed, snapshot)
    folder = tempfile.TemporaryDirectory(prefix="transforms-iceberg-")
    with _failures(f"{version.table} cannot be read as an Iceberg table", "Read it without iceberg()."):
        catalog = _catalog(Path(folder.name))
        table = _add_snapshot(catalog, ("master", "table"), Path(folder.name), version)
        snapshot = _snapshot_of(table, version)
    assert snapshot is not None
    table.io = _TemporaryFiles(folder, table.io.properties)
    return _at(table, snapshot)


# The catalog


@contextmanager
def _locked_catalog(root: Path) -> Iterator[SqlCatalog]:
    """Open the catalog of a warehouse, which one process and thread at a time may change."""
    storage = storage_of(root)
    folder, lock = storage.own_folder(root, ICEBERG), storage.own_folder(root, LOCKS) / "iceberg.lock"
    storage.make_folder(folder)
    storage.make_folder(lock.parent)
    require_own_file(lock)
    if storage.is_link(folder / _CATALOG_FILE):
        raise led_away(folder / _CATALOG_FILE)
    with FileLock(lock):
        catalog = _catalog(folder)
        try:
            yield catalog
        finally:
            catalog.close()


def _catalog(folder: Path) -> SqlCatalog:
    uri = URL.create("sqlite", database=str(folder / _CATALOG_FILE)).render_as_string()
    return SqlCatalog(_CATALOG, uri=uri, warehouse=str(folder))


def _identifier(root: Path, table: Path) -> tuple[str, ...]:
    """Return the name of a table in the catalog: branch and dataset by their folders; a dot separates the parts."""
    return tuple(part.replace(".", "~2e~") for part in table.relative_to(root.resolve()).parts)


def _load(catalog: SqlCatalog, identifier: tuple[str, ...], location: Path) -> Table | None:
    """Return a table of the catalog; None if it is not there, or its metadata are not those that this module wrote.

    They are not if the warehouse was moved or copied, since they name files by absolute paths. A warehouse may come
    from anywhere, so they are checked before pyiceberg acts upon them: it imports the class that `py-io-impl` names,
    and removes the files of the metadata log.
    """
    own = IcebergTables.table_namespace == ".".join(identifier[:-1]), IcebergTables.table_name == identifier[-1]
    with Session(catalog.engine) as session:
        file = session.scalar(select(IcebergTables.metadata_location).where(*own))
    return catalog.load_table(identifier) if file and _is_own_metadata(Path(file), location) else None


def _is_own_metadata(file: Path, location: Path) -> bool:
    try:
        metadata = _Metadata.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return False
    files = [file, *(entry.file for entry in metadata.log), *(snapshot.manifests for snapshot in metadata.snapshots)]
    return (
        metadata.location == str(location)
        and metadata.properties.keys() <= {*_SETTINGS, TableProperties.DEFAULT_NAME_MAPPING}
        and all(os.path.realpath(path) == str(path) and path.is_relative_to(location) for path in files)
    )


class _LogEntry(BaseModel):
    file: Path = Field(alias="metadata-file")


class _SnapshotEntry(BaseModel):
    manifests: Path = Field(alias="manifest-list")


class _Metadata(BaseModel):
    """The parts of a table's metadata that name files or change what pyiceberg does."""

    location: str
    properties: dict[str, str] = {}
    log: list[_LogEntry] = Field(default=[], alias="metadata-log")
    snapshots: list[_SnapshotEntry] = []


def _create(catalog: SqlCatalog, identifier: tuple[str, ...], location: Path, schema: Schema) -> Table:
    _drop(catalog, identifier)
    catalog.create_namespace_if_not_exists(identifier[:-1])
    return catalog.create_table(identifier, schema, str(location), properties=_SETTINGS)


def _drop(catalog: SqlCatalog, identifier: tuple[str, ...]) -> None:
    try:
        catalog.drop_table(identifier)
    except NoSuchTableError:
        return


@contextmanager
def _failures(problem: str, remedy: str) -> Iterator[None]:
    """Turn the errors of pyiceberg, Arrow and SQLite into a StoreError with a problem and what to do."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # pyiceberg raises errors of many libraries
        raise StoreError(f"{problem}: {type(error).__name__}: {error}. {remedy}") from error


# Snapshots


def _add_snapshot(catalog: SqlCatalog, identifier: tuple[str, ...], location: Path, version: TableVersion) -> Table:
    columns = arrow_schema(version.schema)
    table = _load(catalog, identifier, location)
    ids = FieldIds.of_schemas(table.metadata.schemas) if table else FieldIds()
    schema = iceberg_schema(columns, ids)
    if table is None or ids.has_conflict:
        schema = iceberg_schema(columns, FieldIds())
        table = _create(catalog, identifier, location, schema)
    elif (latest := table.current_snapshot()) and _is_of(latest, version) and schema == table.schema():
        return table
    elif schema != table.schema():
        _replace_schema(table, schema)
        table = catalog.load_table(identifier)
    _replace_files(table, location, version)
    return catalog.load_table(identifier)


def _replace_schema(table: Table, schema: Schema) -> None:
    """Commit a schema, with a mapping that also has the names of columns of earlier snapshots."""
    new = create_mapping_from_schema(schema)
    names = {name for field in new for name in field.names}
    before = table.metadata.name_mapping() or NameMapping([])
    removed: list[MappedField] = [field for field in before if not names.intersection(field.names)]
    mapping = NameMapping([*new, *removed]).model_dump_json()
    number = 1 + max(known.schema_id for known in table.metadata.schemas)
    updates: tuple[TableUpdate, ...] = (
        AddSchemaUpdate(schema=Schema(*schema.fields, schema_id=number)),
        SetCurrentSchemaUpdate.model_validate({"schema-id": number}),
        SetPropertiesUpdate(updates={TableProperties.DEFAULT_NAME_MAPPING: mapping}),
    )
    table.catalog.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), updates)


def _replace_files(table: Table, location: Path, version: TableVersion) -> None:
    """Commit a snapshot that has the files of a version and no others."""
    before = _data_files(table)
    files = _files(location, version, before.keys())
    transaction = str(version.commit.transaction)
    with table.transaction() as changes:
        if table.metadata.name_mapping() is None:  # the catalog has numbered the fields of a new table
            mapping = create_mapping_from_schema(table.schema()).model_dump_json()
            changes.set_properties({TableProperties.DEFAULT_NAME_MAPPING: mapping})
        metadata = changes.table_metadata  # a copy, made at each use
        update = changes.update_snapshot({_VERSION: str(version.version), _TRANSACTION: transaction})
        kept = set(files)
        removed = [file for path, file in before.items() if path not in kept]
        with update.overwrite() if removed else update.merge_append() as producer:
            for path in files:
                if path not in before:
                    producer.append_data_file(parquet_file_to_data_file(table.io, metadata, path))
            for file in removed:
                producer.delete_data_file(file)


def _data_files(table: Table) -> dict[str, DataFile]:
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io) if snapshot else []
    entries = [entry for manifest in manifests for entry in manifest.fetch_manifest_entry(table.io)]
    return {entry.data_file.file_path: entry.data_file for entry in entries}


def _lies_in(table: Table, folder: Path) -> bool:
    """Return whether all files of a table's current snapshot lie in a folder."""
    return all(os.path.realpath(path) == path and Path(path).is_relative_to(folder) for path in _data_files(table))


def _is_of(snapshot: Snapshot, version: TableVersion) -> bool:
    summary = snapshot.summary
    transaction = str(version.commit.transaction)
    return summary is not None and (summary.get(_VERSION), summary.get(_TRANSACTION)) == (
        str(version.version),
        transaction,
    )


def _snapshot_of(table: Table, version: TableVersion) -> Snapshot | None:
    return next((snapshot for snapshot in reversed(table.metadata.snapshots) if _is_of(snapshot, version)), None)


# Files


def _files(location: Path, version: TableVersion, known: Collection[str]) -> list[str]:
    """Return the Parquet files of a version that Iceberg can read: its own, or copies; `known` ones are not opened."""
    if not version.is_plain:
        transaction = version.commit.transaction
        return [_copy(location / "data" / f"version-{version.version}-{transaction}.parquet", full_view(version))]
    copies = {path: str(location / "data" / path) for path in version.paths}
    return [
        copies[path] if copies[path] in known else file if file in known else _readable(version, path, copies[path])
        for path, file in zip(version.paths, version.files, strict=True)
    ]


def _readable(version: TableVersion, path: str, copy: str) -> str:
    """Return a Parquet file of a version, or its copy without field ids and INT96."""
    file = version.table / path
    if b"PARQUET:field_id" not in _field_metadata(pq.read_schema(file)) and not has_int96(file):
        return str(file)
    return _copy(Path(copy), Slice(version, (path,), (), is_full=False))


def _copy(target: Path, part: Slice) -> str:
    """Write rows of a version to a Parquet file, which appears when it is complete."""
    if not target.exists():
        rows = read_slice(part)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.unfinished")
        with pq.ParquetWriter(unfinished, rows.schema) as writer:
            for batch in rows.to_batches():
                writer.write_batch(batch)
        unfinished.replace(target)
    return str(target)


def _field_metadata(fields: Iterable[pa.Field]) -> set[bytes]:
    """Return the keys of the metadata of fields at every depth."""
    return {key for field in fields for key in (*(field.metadata or {}), *_field_metadata(_children(field.type)))}


def _children(kind: pa.DataType) -> list[pa.Field]:
    return [kind.field(number) for number in range(kind.num_fields)]


# Reading


class _TemporaryFiles(PyArrowFileIO):
    """The files of a table in a temporary folder, which lasts as long as the table or one of its scans."""

    def __init__(self, folder: tempfile.TemporaryDirectory[str], properties: dict[str, str]) -> None:
        super().__init__(properties)
        self.folder = folder


class _ReadOnly(NoopCatalog):
    """The catalog of a table that a transform reads: it commits nothing, and `refresh` returns the same version.

    Attributes:
        table: the table.
    """

    table: Table

    def commit_table(self, table: Table, *_: Any, **__: Any) -> Any:
        raise WriteError(
            f"The Iceberg table {'.'.join(table.name())} is read-only here, so that a job that fails changes nothing: "
            "write to an output of the transform, output.iceberg().write(rows)."
        )

    def load_table(self, identifier: Any) -> Table:
        return self.table


def _at(table: Table, snapshot: Snapshot) -> Table:
    """Return a table whose current snapshot is this one."""
    ref = SnapshotRef.model_validate({"snapshot-id": snapshot.snapshot_id, "type": "branch"})
    log = [entry for entry in table.metadata.snapshot_log if entry.timestamp_ms <= snapshot.timestamp_ms]
    kept = [known for known in table.metadata.snapshots if known.timestamp_ms <= snapshot.timestamp_ms]
    metadata = table.metadata.model_copy(
        update={
            "current_snapshot_id": snapshot.snapshot_id,
            "current_schema_id": snapshot.schema_id,
            "refs": {"main": ref},
            "snapshots": kept,
            "snapshot_log": log,
        }
    )
    catalog = _ReadOnly(_CATALOG)
    catalog.table = Table(table.name(), metadata, table.metadata_location, table.io, catalog)
    return catalog.table
