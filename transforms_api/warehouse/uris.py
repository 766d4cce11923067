"""Where a warehouse lies: in a folder of this machine or on an object store; and how each library calls the place.

Three libraries speak to a store, each with its own spelling of a URL: fsspec lists and reads (`s3://`), delta-rs
commits (`s3://`), Spark computes (`s3a://`). All of them take credentials and endpoint from the environment variables
of the store's vendor (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`): none stand here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from deltalake import DeltaTable

from transforms_api.errors import EnvironmentProblem

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from pyarrow.fs import FileSystem


_URL = re.compile(r"([a-z][a-z0-9+.-]*)://?(.+)", re.DOTALL)
_SCHEMES = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs", "abfs": "abfss", "abfss": "abfss", "hdfs": "hdfs"}
"""Scheme that a user writes → the one that fsspec and delta-rs know."""


def storage_path(location: str | Path, base: Path | None = None) -> Path:
    """Return the place that a path or a URL names.

    A place on a store is no `pathlib.Path`, but has the same methods (universal-pathlib); what differs has `places`.

    Args:
        location: a folder, or a URL such as `s3a://bucket/path`.
        base: what a relative folder is relative to; None: the working directory.

    Raises:
        EnvironmentProblem: the URL is of no known kind, or what reads it is not installed.
    """
    url = _URL.fullmatch(str(location))
    if url is None:
        return (base or Path()).joinpath(location).absolute()
    if url[1] not in _SCHEMES:
        raise EnvironmentProblem(
            f"{location} is no place for a warehouse: give a folder, or a URL that begins with s3a, abfss, gs or hdfs."
        )
    return _on_store(f"{_SCHEMES[url[1]]}://{url[2].strip('/')}")


def is_on_store(place: Path) -> bool:
    """Tell whether a place is on an object store, where there are no links, no locks and no folders without files."""
    return not isinstance(place, Path)


def open_delta(table: Path, version: int | None = None) -> DeltaTable:
    """Return delta-rs's view of a table.

    Raises:
        DeltaError: there is none, or its log cannot be read.
    """
    return DeltaTable(str(table), version=version, storage_options=delta_options(table))


def arrow_dataset(delta: DeltaTable) -> ds.Dataset:
    """Return the rows of a version of a table as an Arrow dataset, which is read when it is used."""
    return delta.to_pyarrow_dataset(parquet_read_options=parquet_format().read_options)


def parquet_format() -> ds.ParquetFileFormat:
    """Return the Arrow format by which the Parquet files of datasets are read.

    Spark's default for times is INT96, and datasets that version 0.1.0 built by Spark have it. Without a unit Arrow
    reads INT96 in nanoseconds, which end in the year 2262.
    """
    import pyarrow.dataset as ds  # imports pandas: half a second that only readers of rows should wait for

    return ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us"))


def is_delta(table: Path) -> bool:
    """Tell whether a Delta table has been committed there."""
    return DeltaTable.is_deltatable(str(table), delta_options(table))


def delta_options(table: Path) -> dict[str, str] | None:
    """Return what delta-rs has to be told about a table's store, None for a folder.

    Commits are made by conditional puts ("if there is no such object yet"), which is its default: two that commit the
    same version never overwrite each other, without a lock and without a rename.
    """
    if not is_on_store(table):
        return None
    plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    return {"AWS_ALLOW_HTTP": "true"} if plain else {}


def for_spark(place: Path) -> str:
    """Return the path or URL by which Spark reads and writes a place."""
    text = str(place)
    return f"s3a{text.removeprefix('s3')}" if is_on_store(place) and text.startswith("s3://") else text


def for_arrow(table: Path) -> tuple[FileSystem | None, str]:
    """Return the file system by which Arrow reads a table's files, and what stands before their names in the table."""
    if not is_on_store(table):
        return None, f"{table}/"
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import PyFileSystem

    return PyFileSystem(DeltaStorageHandler(str(table), delta_options(table))), ""


def _on_store(url: str) -> Path:
    try:
        from upath import UPath

        place = UPath(url, use_listings_cache=False, **(_s3_options() if url.startswith("s3:") else {}))
        _ = place.fs
    except (ImportError, ValueError) as error:  # fsspec knows some schemes only by their libraries
        raise EnvironmentProblem(
            f"The warehouse {url} needs what is not installed: {error}. Install it: "
            "pip install 'transforms-anywhere[cluster]', and adlfs for abfss:// or gcsfs for gs://"
        ) from error
    return cast(Path, place)


def _s3_options() -> dict[str, Any]:
    """Return region and endpoint of the environment; fsspec hands out one connection for equal options alone."""
    region, endpoint = os.environ.get("AWS_REGION"), os.environ.get("AWS_ENDPOINT_URL")
    told = {"client_kwargs": {"region_name": region}} if region else {}
    return {**told, "endpoint_url": endpoint} if endpoint else told
