"""Iceberg tables of a warehouse: for each commit to such a table one snapshot in a catalog that other tools read.

A `TableOutput` is stored, locked, staged and committed as every dataset. Its commit names the format, and right after
the commit the table gets an Iceberg snapshot of the same Parquet files: metadata in `<table>/_iceberg/metadata`, listed
in the catalog `<warehouse>/_iceberg/catalog.db` (SQLite). The Delta log alone decides which version exists, so a table
and the other outputs of its job become visible together, and a job that was killed before the snapshot gets it from the
next build.

This module imports no pyiceberg, which takes a second; `iceberg_catalog` does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from transforms_api.errors import EnvironmentProblem, NotSupportedLocallyError
from transforms_api.extras import install_command
from transforms_api.warehouse.paths import ICEBERG, storage_of
from transforms_api.warehouse.provenance import newest_change
from transforms_api.warehouse.table import TableVersion, latest_version, require_rows

if TYPE_CHECKING:
    from pyiceberg.table import Table

ICEBERG_FORMAT = "iceberg"
"""Value of `Provenance.table_format` in the commits of Iceberg tables."""


def require_iceberg(root: Path) -> None:
    """Make sure that a warehouse can have Iceberg tables.

    Args:
        root: folder of the warehouse.

    Raises:
        EnvironmentProblem: pyiceberg is not installed.
        NotSupportedLocallyError: the warehouse lies on an object store, which cannot have a catalog of SQLite.
    """
    if not _is_installed():
        raise EnvironmentProblem(
            f"Iceberg tables need pyiceberg with sqlalchemy, which is not installed: {install_command('iceberg')}"
        )
    if storage_of(root).is_remote:
        raise NotSupportedLocallyError(
            f"{root}: an Iceberg table needs a warehouse on a disk, since its catalog is a file of SQLite. Build into "
            "a folder, or write a dataset (Output) instead."
        )


def is_iceberg(table: Path) -> bool:
    """Return whether the last version of a table was written as an Iceberg table.

    Args:
        table: folder of the table.
    """
    commit = newest_change(table, "")
    return commit is not None and commit.provenance is not None and commit.provenance.table_format == ICEBERG_FORMAT


def publish_snapshots(root: Path, tables: Iterable[Path]) -> None:
    """Give each Iceberg table a snapshot of its last version; a table that became a dataset leaves the catalog.

    Without pyiceberg nothing happens: the next commit with it catches up.

    Args:
        root: folder of the warehouse.
        tables: folders of tables that have just been committed, whose locks are held.

    Raises:
        StoreError: a snapshot cannot be written.
    """
    if storage_of(root).is_remote:
        return
    for table in tables:
        if is_iceberg(table):
            if _is_installed():
                from transforms_api.warehouse import iceberg_catalog

                iceberg_catalog.publish(root, table, latest_version(table))
        else:
            forget_snapshots(root, [table])


def renew_snapshots(root: Path, table: Path) -> None:
    """Begin the snapshots of an Iceberg table anew with its last version, after files of earlier ones were removed.

    Args:
        root: folder of the warehouse.
        table: folder of the table.
    """
    if not storage_of(root).is_remote and (table / ICEBERG).is_dir():
        forget_snapshots(root, [table])
        publish_snapshots(root, [table])


def forget_snapshots(root: Path, tables: Iterable[Path]) -> None:
    """Remove tables from the catalog, with their snapshots. Their rows stay.

    Args:
        root: folder of the warehouse.
        tables: folders of the tables; those that are not in the catalog are left alone.
    """
    listed = [] if storage_of(root).is_remote else [table for table in tables if (table / ICEBERG).is_dir()]
    if listed and _is_installed():
        from transforms_api.warehouse import iceberg_catalog

        iceberg_catalog.forget(root, listed)
    for table in listed:
        storage_of(root).remove_tree(table / ICEBERG)


def iceberg_table(dataset: str, version: TableVersion) -> Table:
    """Return a version as an Iceberg table, read-only, whose current snapshot is this version.

    The table has the earlier snapshots if the version is in the catalog. A version that is not, such as one of a
    dataset, gets metadata of its own in a temporary folder.

    Args:
        dataset: path of the dataset, for messages.
        version: the version to read.

    Raises:
        EnvironmentProblem: pyiceberg is not installed.
        NotSupportedLocallyError: the version lies on an object store.
        StoreError: the version has no rows, or its files cannot be read.
    """
    require_iceberg(version.table)
    require_rows(dataset, version)
    from transforms_api.warehouse import iceberg_catalog

    return iceberg_catalog.read(version)


def _is_installed() -> bool:
    with suppress(ValueError):  # sys.modules has None for it, as a test may set
        return all(importlib.util.find_spec(name) is not None for name in ("pyiceberg", "sqlalchemy"))
    return False
