"""The storage of a warehouse on an object store, by fsspec. Its paths are UPaths, which have the methods of `Path`.

Credentials, region and endpoint come from the environment variables of the store's vendor (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pyarrow as pa
import pyarrow.parquet as pq

from transforms_api.errors import EnvironmentProblem
from transforms_api.extras import install_command
from transforms_api.warehouse.storage import FileInfo, refused

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_PARALLEL_REQUESTS = 16
"""Requests under way at a time; each waits for the network more than it computes."""
_FOOTER = 65_536
"""Bytes at the end of a Parquet file that contain nearly every footer."""

_T = TypeVar("_T")


class ObjectStorage:
    """A warehouse on an object store."""

    is_remote = True

    def require_reachable(self, root: Path) -> None:
        """Make sure that the store of `root` answers."""
        try:
            _system(root).ls(_key(root))
        except Exception as error:  # each of fsspec's stores raises errors of its own
            if isinstance(error, FileNotFoundError) and error.__cause__ is None:
                return  # the prefix is empty; for a missing bucket the store names a cause
            raise EnvironmentProblem(
                f"The warehouse {root} cannot be reached: {error}. Credentials, region and endpoint come from the "
                "environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL."
            ) from error

    def make_root(self, root: Path) -> None:
        """Do nothing: `root` exists as soon as it has an object."""

    def names(self, folder: Path) -> list[str]:
        """Return the names in `folder`, by one request."""
        return [_name(entry) for entry in _entries(folder)]

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in `folder`, by one request."""
        return [folder / _name(entry) for entry in _entries(folder) if entry["type"] == "directory"]

    def files_below(self, folder: Path) -> list[FileInfo]:
        """Return the objects below `folder`."""
        entries = _system(folder).find(_key(folder), detail=True).values()
        return [_info(folder, entry) for entry in entries if entry["name"] != _key(folder)]

    def infos(self, folder: Path, paths: Iterable[str]) -> dict[str, FileInfo | None]:
        """Return the objects `paths` of `folder`, by one request for each of their folders."""
        wanted = list(paths)
        parents = sorted({path.rpartition("/")[0] for path in wanted})
        listed = _in_parallel(lambda parent: _entries(folder / parent if parent else folder), parents)
        files = (_info(folder, entry) for entry in itertools.chain(*listed) if entry["type"] == "file")
        known = {info.path: info for info in files}
        return {path: known.get(path) for path in wanted}

    def exclusive_bytes(self, folder: Path, files: Iterable[FileInfo]) -> int:
        """Return the size of `files` of `folder`."""
        return sum(file.size for file in files)

    def changed_at(self, folder: Path, files: Iterable[FileInfo]) -> float:
        """Return the time of the newest of `files` of `folder`."""
        return max((file.modified for file in files), default=0.0)

    def row_counts(self, files: Sequence[Path]) -> list[int]:
        """Return the numbers of rows of `files`, reading their ends in parallel."""
        return _in_parallel(_row_count, files)

    def copy(self, source: Path, target: Path) -> None:
        """Copy `source` to `target`, within the store if both are on it."""
        if isinstance(source, Path):
            with source.open("rb") as read, target.open("wb") as written:
                shutil.copyfileobj(read, written, 1 << 20)
        else:
            _system(source).cp_file(_key(source), _key(target))

    def copy_all(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        """Copy `pairs` in parallel."""
        _in_parallel(lambda pair: self.copy(*pair), pairs)

    def copy_in(self, source: Path, target: Path) -> None:
        """Copy `source` to `target`; a store does not keep times."""
        self.copy(source, target)

    def rename(self, file: Path, target: Path) -> None:
        """Copy `file` to `target` and remove it."""
        target.write_bytes(file.read_bytes())
        file.unlink()

    def make_folder(self, folder: Path) -> None:
        """Do nothing: `folder` exists as soon as it has an object."""

    def remove_tree(self, folder: Path) -> None:
        """Remove the objects below `folder`."""
        with contextlib.suppress(FileNotFoundError):
            _system(folder).rm(_key(folder), recursive=True)

    def remove_if_empty(self, folder: Path) -> None:
        """Do nothing: an empty `folder` does not exist."""

    def remove_files(self, folder: Path, paths: Sequence[str]) -> None:
        """Remove the objects `paths` of `folder`."""
        if paths:
            _system(folder).rm([f"{_key(folder)}/{path}" for path in paths])

    def is_link(self, path: Path) -> bool:
        """Return False for any `path`."""
        return False

    def normalized(self, path: Path) -> Path:
        """Return `path` without '..'."""
        return path.resolve()

    def require_inside(self, table: Path, paths: Iterable[str]) -> None:
        """Make sure that the names `paths` lie below `table`; a store has no links, so the names suffice."""
        for path in paths:
            if ":" in path.split("/")[0] or ".." in path.split("/") or path.startswith("/"):
                raise refused(table, path, "is not in its folder, or is a link")

    def require_no_links(self, table: Path, paths: Iterable[str]) -> None:
        """Do nothing for `paths` of `table`: a store has no links."""

    def own_folder(self, root: Path, name: str) -> Path:
        """Return the folder `name` of `root`."""
        return root / name

    def delta_options(self) -> dict[str, str] | None:
        """Return options that allow an endpoint without TLS, if the environment names one.

        delta-rs commits by conditional puts, so that two commits of the same version never overwrite each other.
        """
        is_plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        return {"AWS_ALLOW_HTTP": "true"} if is_plain else {}

    def spark_uri(self, path: Path) -> str:
        """Return the URL of `path`, with Hadoop's scheme `s3a` for S3."""
        text = str(path)
        return f"s3a{text.removeprefix('s3')}" if text.startswith("s3://") else text

    def arrow_file_system(self, table: Path) -> tuple[FileSystem | None, str]:
        """Return delta-rs's file system, whose root is `table`."""
        from deltalake.fs import DeltaStorageHandler
        from pyarrow.fs import PyFileSystem

        return PyFileSystem(DeltaStorageHandler(str(table), self.delta_options())), ""


def object_path(url: str) -> Path:
    """Return a path on an object store.

    Args:
        url: URL with a scheme that fsspec knows, such as `s3://bucket/path`.

    Raises:
        EnvironmentProblem: a library for the scheme is not installed.
    """
    try:
        from upath import UPath

        path = UPath(url, use_listings_cache=False, **(_s3_options() if url.startswith("s3:") else {}))
        _ = path.fs
    except (ImportError, ValueError) as error:  # fsspec knows some schemes only by their libraries
        raise EnvironmentProblem(
            f"The warehouse {url} needs what is not installed: {error}. Install it: "
            f"{install_command('cluster')}, and adlfs for abfss:// or gcsfs for gs://"
        ) from error
    return cast(Path, path)


def _s3_options() -> dict[str, Any]:
    """Return region and endpoint of the environment; fsspec reuses a connection only for equal options."""
    region, endpoint = os.environ.get("AWS_REGION"), os.environ.get("AWS_ENDPOINT_URL")
    options = {"client_kwargs": {"region_name": region}} if region else {}
    return {**options, "endpoint_url": endpoint} if endpoint else options


def _in_parallel(function: Callable[[Any], _T], items: Sequence[Any]) -> list[_T]:
    with ThreadPoolExecutor(_PARALLEL_REQUESTS) as pool:
        return list(pool.map(function, items))


def _row_count(file: Path) -> int:
    try:
        tail = _system(file).cat_file(_key(file), start=-_FOOTER)
        return int(pq.read_metadata(pa.BufferReader(tail)).num_rows)
    except (pa.ArrowException, OSError):  # a longer footer, or no Parquet file
        return int(pq.read_metadata(pa.BufferReader(file.read_bytes())).num_rows)


def _entries(folder: Path) -> list[Mapping[str, Any]]:
    """Return the entries of a folder, without the marker object that some stores have for the folder itself."""
    try:
        entries = _system(folder).ls(_key(folder), detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry for entry in entries if entry["name"].rstrip("/") != _key(folder)]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["name"].rstrip("/").rpartition("/")[2])


def _system(path: Any) -> Any:
    return path.fs


def _key(path: Any) -> str:
    return str(path.path).rstrip("/")


def _info(folder: Path, entry: Mapping[str, Any]) -> FileInfo:
    return FileInfo(entry["name"][len(_key(folder)) + 1 :], int(entry["size"]), _time(entry))


def _time(entry: Mapping[str, Any]) -> float:
    """Return the time of an object, for which each of fsspec's stores has a name of its own."""
    time = next((entry[name] for name in ("LastModified", "last_modified", "mtime", "updated") if entry.get(name)), 0)
    if isinstance(time, str):
        time = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return time.timestamp() if isinstance(time, datetime) else float(time)
