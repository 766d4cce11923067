"""A dataset of a project: its rows as frames of four libraries, its versions, and its differences between branches.

`NotebookDataset` is Foundry's `foundry.transforms.Dataset`, with which notebooks read datasets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from transforms_api import comparing, runtime, warehouse
from transforms_api.errors import (
    NotSupportedLocallyError,
    StoreError,
    TransformsError,
    TransformTypeError,
    UnknownTargetError,
)
from transforms_api.expectations import PrimaryKey
from transforms_api.porting import IfExists, writer_for
from transforms_api.project import BuildGraph, did_you_mean_dataset
from transforms_api.text import html_table

if TYPE_CHECKING:
    import polars
    import pyarrow
    from pyspark.sql import DataFrame

    from transforms_api.api.project import Project
    from transforms_api.comparing import Difference
    from transforms_api.warehouse import HistoryEntry, Rollback, TableVersion


@dataclass(frozen=True)
class Dataset:
    """A dataset as it stands on the branch of a project, or as it was at a version.

    Rows are read when a method is called, from the branch of the project or, if that has no such dataset, from the
    default branch, as builds read them. Only `spark` starts Spark.

    Attributes:
        project: the project whose warehouse has the dataset.
        path: such as /RevOps/Analytics/dashboard_kpis.
        at: number of the version; None: the last one.
    """

    project: Project
    path: str
    at: int | None = None

    @property
    def version(self) -> TableVersion:
        """The version that is read: its number, branch, rows, schema and provenance.

        Raises:
            StoreError: there is no such dataset or version, or its files have been removed; the text says which
                versions can be read.
        """
        return warehouse.find_version(self.project.warehouse, self.path, self.at)

    def polars(self) -> polars.DataFrame:
        """Return the rows as a Polars DataFrame. Raises as `arrow` does."""
        frame: polars.DataFrame = runtime.LightweightInput(self._view()).polars()
        return frame

    def pandas(self) -> Any:
        """Return the rows as a pandas DataFrame, in which times have the zone UTC. Raises as `arrow` does."""
        return runtime.LightweightInput(self._view()).pandas()

    def arrow(self) -> pyarrow.Table:
        """Return the rows as an Arrow table.

        Raises:
            StoreError: see `version`; or the dataset has files and no rows.
            EnvironmentProblem: the library is not installed: pip install 'transforms-anywhere[single-node]'.
        """
        return runtime.LightweightInput(self._view()).arrow()

    def spark(self) -> DataFrame:
        """Return the rows as a DataFrame of the project's Spark session, which starts if none runs.

        Raises:
            StoreError: see `version`.
            EnvironmentProblem: Spark cannot start.
        """
        return runtime.TransformInput(self._view(), self.project.spark).dataframe()

    def filesystem(self) -> runtime.FileSystem:
        """Return the files of a dataset that has files, to list and open as a transform does.

        Raises:
            StoreError: see `version`.
        """
        return runtime.LightweightInput(self._view()).filesystem()

    def head(self, rows: int = 20) -> list[Mapping[str, Any]]:
        """Return the first rows as dicts, without reading the others.

        Args:
            rows: how many at most.

        Raises:
            StoreError: see `version`.
        """
        version = self.version
        delta = warehouse.open_delta(version.table, version.version)
        sample: list[Mapping[str, Any]] = warehouse.arrow_dataset(delta).head(rows).to_pylist()
        return sample

    def _repr_html_(self) -> str:
        """Return the version, and the first rows as a table, for a notebook."""
        try:
            version, first = self.version, self.head(10)
        except StoreError as error:
            return html_table(f"{self.path}: {error}", (), ())
        columns = warehouse.types_of(version.schema) if version.schema else ()
        title = f"{self.path}: version {version.version} of branch {version.branch}, {version.rows:,} rows"
        return html_table(title, tuple(columns), [[row[name] for name in columns] for row in first])

    def profile(self) -> list[comparing.ColumnProfile]:
        """Return per column the number of nulls and of different values, the smallest and the largest value.

        One aggregation over the files; no rows are returned and Spark does not start.

        Raises:
            StoreError: see `version`.
        """
        return comparing.profile_rows(self.version)

    def batches(
        self, columns: Sequence[str] | None = None, where: str | None = None, limit: int | None = None
    ) -> pyarrow.RecordBatchReader:
        """Return rows as a stream of Arrow batches, for datasets that do not fit into memory.

        Args:
            columns: their names, in the order of the result; None: all.
            where: condition in DuckDB's SQL, such as "amount > 100 AND stage = 'Proposal'"; None: all rows.
            limit: how many rows at most; None: all.

        Raises:
            StoreError: see `version`; or a column does not exist, or the condition cannot be evaluated.
        """
        version = self.version
        return warehouse.read_batches(warehouse.open_delta(version.table, version.version), columns, where, limit)

    def write(
        self,
        target: str,
        table: str | None = None,
        if_exists: IfExists = IfExists.FAIL,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        limit: int | None = None,
    ) -> int:
        """Write rows out of the warehouse and return their number.

        Args:
            target: path of a .csv, .xlsx or .parquet file; `iceberg:FOLDER`; or a URL, as in postgresql://host/database.
            table: `namespace.table` of Iceberg, or the table of Postgres; None for files.
            if_exists: what happens to a target that exists.
            columns, where, limit: see `batches`.

        Raises:
            StoreError: see `batches`.
            ExportError: the target exists, or cannot have these rows.
            EnvironmentProblem: a library is not installed; the text has the command that installs it.
        """
        return writer_for(target, table).write(self.batches(columns, where, limit), if_exists)

    def history(self, limit: int | None = None) -> list[HistoryEntry]:
        """Return the versions up to this one, the newest first, with time, rows, transform and inputs.

        Args:
            limit: how many at most; None: all.

        Raises:
            StoreError: there is no such dataset, or its log cannot be read.
        """
        return warehouse.read_history(self.version, limit)

    def restore(self, number: int) -> TableVersion:
        """Commit a new last version with the rows and files of an earlier one, and return it.

        Args:
            number: the earlier version.

        Raises:
            StoreError: there is no such version, it is the last one, or the commit fails.
            LockedError: a build is writing the dataset.
        """
        return warehouse.restore_version(self.project.warehouse, self.path, number)

    def restore_downstream(self, number: int) -> list[Rollback]:
        """Restore an earlier version, and of each dataset made from it the version made from this one; return them.

        A dataset without such a version keeps its last one; its `version` in the result is None.

        Args:
            number: of the version to restore.

        Raises:
            StoreError: there is no such version, or a dataset cannot be restored.
            LockedError: a build is writing one of the datasets.
        """
        return warehouse.restore_downstream(self.project.warehouse, self.path, number)

    def changes_since(self, before: Dataset) -> Difference:
        """Return how rows and columns differ from those of an earlier version or a different branch.

        Rows are matched by the primary key that the dataset's checks expect; without one, entire rows are compared.

        Args:
            before: the dataset to compare with.

        Raises:
            StoreError: see `version`.
        """
        return comparing.compare(before.version, self.version, primary_key_of(self.path, self.project.graph))

    def _view(self) -> warehouse.InputView:
        return warehouse.InputView(self.path, self.version)


def primary_key_of(dataset: str, graph: BuildGraph) -> tuple[str, ...]:
    """Return the columns that a check of a dataset expects to be its primary key; empty without such a check.

    Args:
        dataset: path of the dataset.
        graph: the graph with the transform that writes it.
    """
    writer = graph.writers.get(dataset)
    outputs = [bound for bound in writer.bound_outputs if bound.dataset == dataset] if writer else []
    expectations = [check.expectation for bound in outputs for check in bound.checks]
    keys = [expectation.columns for expectation in expectations if isinstance(expectation, PrimaryKey)]
    return keys[0] if keys else ()


def resolve_name(name: str, project: Project) -> str:
    """Return the path of a dataset, of its path, the last part of it, or its RID or alias in a shrinkwrap file.

    The warehouse is searched first: to import the modules of the project takes a second.

    Args:
        name: the name to resolve.
        project: the project whose warehouse and transforms are searched.

    Raises:
        StoreError: several datasets of the warehouse end so.
        UnknownTargetError: neither the warehouse nor the project has such a dataset; the text has the nearest.
    """
    name = project.settings.called_here(name)
    if name.startswith("/") and project.warehouse.last_change(name) is not None:
        return name
    own = (project.warehouse.branch, *project.warehouse.fallback_branches)
    known = {path for branch in project.branches() if branch.name in own for path in branch.tables}
    matches = _ending_with(name, known)
    if len(matches) > 1:
        raise StoreError(f"'{name}' may mean {' or '.join(matches)}: give the whole path.")
    return matches[0] if matches else _resolve_unbuilt(name, project, known)


def _resolve_unbuilt(name: str, project: Project, known: set[str]) -> str:
    """Return the path of a dataset that no branch has yet, but a transform writes; of an unknown path, the path."""
    try:
        written = {path for transform in project.transforms for path in transform.writes}
    except TransformsError:
        written = set()  # a warehouse can be read although its project has errors
    if matches := _ending_with(name, written):
        return matches[0]
    every, is_path = known | written, name.startswith("/")
    alike = did_you_mean_dataset(name, every if is_path else {path.rpartition("/")[2] for path in every})
    if is_path and not alike:
        return name  # reading it says that it does not exist
    raise UnknownTargetError(f"Neither the warehouse nor the project has a dataset that is called '{name}'.{alike}")


def _ending_with(name: str, paths: set[str]) -> list[str]:
    return sorted(path for path in paths if path == name or path.endswith(f"/{name}"))


@dataclass(frozen=True)
class NotebookDataset:
    """A dataset as notebooks on Foundry read it: `Dataset.get("orders").read_table(format="polars")`.

    Rows come from the warehouse of the project that the current folder belongs to, else of the RevOps demo, on its
    default branch. Writing and files need Foundry.

    Attributes:
        alias: name of the dataset: its path, the last part of it, or its RID or alias in a shrinkwrap file.
        columns: names of the columns to read; None: all.
        row_limit: how many rows at most; None: all.
    """

    alias: str
    columns: tuple[str, ...] | None = None
    row_limit: int | None = None

    @classmethod
    def get(cls, alias: str) -> NotebookDataset:
        """Return a dataset; nothing is read yet.

        Args:
            alias: see the class.

        Raises:
            TransformTypeError: the alias is no text.
        """
        if not isinstance(alias, str):
            raise TransformTypeError(f"Dataset.get takes the name of a dataset as a text, not {alias!r}.")
        return cls(alias)

    def select(self, *columns: str) -> NotebookDataset:
        """Return the dataset with these columns alone.

        Args:
            columns: their names.
        """
        return replace(self, columns=tuple(columns))

    def limit(self, rows: int) -> NotebookDataset:
        """Return the dataset with so many rows at most.

        Args:
            rows: how many.
        """
        return replace(self, row_limit=rows)

    def read_table(
        self,
        columns: Sequence[str] | None = None,
        row_limit: int | None = None,
        format: str = "arrow",
        mode: str | None = None,
        force_dataset_download: bool = False,
        schema: Any = None,
    ) -> Any:
        """Return the rows.

        Args:
            columns: names of the columns to read; None: all, or those of `select`.
            row_limit: how many rows at most; None: all, or those of `limit`.
            format: 'arrow', 'pandas', 'polars', 'lazy-polars' or 'spark'; only the last starts Spark.
            mode: accepted if it is None or 'current', which means all rows; the others need a transform.
            force_dataset_download: no effect: the rows are on this machine.
            schema: no effect: a dataset in the warehouse has its schema.

        Raises:
            TransformTypeError: the format is none of these.
            NotSupportedLocallyError: the mode is a different one.
            UnknownTargetError: there is no such dataset; the text has the nearest.
            StoreError: the dataset has not been built, has files and no rows, or lacks a column.
        """
        if format not in _FORMATS:
            raise TransformTypeError(f"read_table: format is one of {', '.join(_FORMATS)}, not {format!r}.")
        if mode not in (None, "current"):
            raise NotSupportedLocallyError(f"read_table(mode={mode!r}) needs an incremental transform; leave out mode.")
        from transforms_api.api.project import Project

        dataset = Project.open().dataset(self.alias)
        chosen = columns if columns is not None else self.columns
        return _FORMATS[format](dataset, chosen, self.row_limit if row_limit is None else row_limit)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(f"foundry.transforms.Dataset has no attribute '{name}'")
        raise NotSupportedLocallyError(
            f"foundry.transforms.Dataset.{name} needs Foundry. Here read_table, select and limit read datasets; "
            "transforms write them."
        )

    def _repr_html_(self) -> str:
        from transforms_api.api.project import Project

        return Project.open().dataset(self.alias)._repr_html_()


def _arrow(dataset: Dataset, columns: Sequence[str] | None, limit: int | None) -> Any:
    return dataset.arrow() if columns is None and limit is None else dataset.batches(columns, limit=limit).read_all()


def _polars(dataset: Dataset, columns: Sequence[str] | None, limit: int | None) -> Any:
    import polars

    return polars.from_arrow(_arrow(dataset, columns, limit))


def _pandas(dataset: Dataset, columns: Sequence[str] | None, limit: int | None) -> Any:
    rows = dataset.pandas() if columns is None and limit is None else _arrow(dataset, columns, limit).to_pandas()
    return rows


def _spark(dataset: Dataset, columns: Sequence[str] | None, limit: int | None) -> Any:
    rows = dataset.spark()
    rows = rows if columns is None else rows.select(*["`" + name.replace("`", "``") + "`" for name in columns])
    return rows if limit is None else rows.limit(limit)


_FORMATS: dict[str, Callable[[Any, Sequence[str] | None, int | None], Any]] = {
    "arrow": _arrow,
    "pandas": _pandas,
    "polars": _polars,
    "lazy-polars": lambda dataset, columns, limit: _polars(dataset, columns, limit).lazy(),
    "spark": _spark,
}
