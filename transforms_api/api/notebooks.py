"""Foundry's `foundry.transforms.Dataset`, with which notebooks read datasets, on the local warehouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from transforms_api.errors import NotSupportedLocallyError, TransformTypeError

if TYPE_CHECKING:
    from transforms_api.api.dataset import Dataset


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
