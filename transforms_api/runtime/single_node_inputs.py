"""The objects that a single-node transform reads from: pandas, Polars, Arrow and files, without Spark."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from transforms_api.extras import extra
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.inputs import column_descriptions, dataset_rid
from transforms_api.runtime.pandas_frames import to_pandas
from transforms_api.warehouse import InputView, link_files, read_slice, replace_nanoseconds, require_rows

if TYPE_CHECKING:
    import pyarrow.dataset as ds


class LightweightInput:
    """A dataset to read, at the version that was its last when the job began.

    Attributes:
        alias: the dataset's name as declared.
        branch: branch that it is read from.
        rid: the dataset's RID; made of its path where none is known.
        view: what of the dataset can be read.
    """

    default_mode = "current"

    def __init__(self, view: InputView, rid: str | None = None) -> None:
        self.alias = view.dataset
        self.branch = view.version.branch
        self.rid = rid or dataset_rid(view.dataset)
        self.view = view
        self._folders: list[tempfile.TemporaryDirectory[str]] = []
        """Removed together with this object."""

    def dataframe(self) -> Any:
        """Return the rows as a pandas DataFrame."""
        return self.pandas()

    def pandas(self) -> Any:
        """Return the rows as a pandas DataFrame; times have the zone UTC."""
        return to_pandas(self._arrow(None))

    def polars(self, lazy: bool = False) -> Any:
        """Return the rows as a Polars DataFrame, or as a LazyFrame."""
        return self._polars(lazy, None)

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._arrow(None)

    def path(self) -> str:
        """Return a folder that holds the rows as Parquet files."""
        return self._path(None)

    def filesystem(self) -> FileSystem:
        """Return the dataset's files, to read."""
        return self._filesystem(None)

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description, where a column has one."""
        return column_descriptions(self.view.version.schema)

    def arrow_dataset(self, mode: str | None = None) -> ds.Dataset:
        """Return the rows as an Arrow dataset, which is read when it is used.

        Raises:
            StoreError: the dataset has files and no table.
            ValueError: there is no such read mode.
        """
        require_rows(self.alias, self.view.version)
        return read_slice(self.view.slice(mode or self.default_mode))

    def spark_like_pandas(self) -> Any:
        """Return the rows as a pandas DataFrame as Spark makes it: times in UTC without a zone."""
        return to_pandas(self._arrow(None), naive=True)

    def _arrow(self, mode: str | None) -> pa.Table:
        return self.arrow_dataset(mode).to_table()

    def _polars(self, lazy: bool, mode: str | None) -> Any:
        polars = extra("polars")
        return polars.scan_pyarrow_dataset(self.arrow_dataset(mode)) if lazy else polars.from_arrow(self._arrow(mode))

    def _path(self, mode: str | None) -> str:
        """Links to the files that the read mode shows, since the table's folder has older ones, too."""
        require_rows(self.alias, self.view.version)
        shown = self.view.slice(mode or self.default_mode)
        folder = tempfile.TemporaryDirectory(prefix="transforms-input-")
        self._folders.append(folder)
        link_files(shown.version.table, Path(folder.name), shown.paths)
        if "timestamp" in shown.version.schema:
            replace_nanoseconds(Path(folder.name, path) for path in shown.paths)
        return folder.name

    def _filesystem(self, mode: str | None) -> FileSystem:
        shown = self.view.slice(mode or self.default_mode)
        return FileSystem(self.alias, shown.version.files_folder or shown.version.table, shown.entries)


class IncrementalLightweightInput(LightweightInput):
    """A dataset that an incremental single-node transform reads; a read mode says how much of it.

    'added' is what came since the last run (everything where the run is not incremental), 'previous' what the last run
    had seen (nothing where it is not), 'current' everything.
    """

    default_mode = "added"

    def dataframe(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame."""
        return self.pandas(mode)

    def pandas(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame; times have the zone UTC."""
        return to_pandas(self._arrow(mode))

    def polars(self, lazy: bool = False, mode: str = "added") -> Any:
        """Return the rows of a read mode as a Polars DataFrame, or as a LazyFrame."""
        return self._polars(lazy, mode)

    def arrow(self, mode: str = "added") -> pa.Table:
        """Return the rows of a read mode as an Arrow table."""
        return self._arrow(mode)

    def path(self, mode: str = "added") -> str:
        """Return a folder that holds the rows of a read mode as Parquet files."""
        return self._path(mode)

    def filesystem(self, mode: str = "added") -> FileSystem:
        """Return the files of a read mode, to read."""
        return self._filesystem(mode)
