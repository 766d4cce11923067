"""Inputs and outputs that a transform declares as tables: those of datasets, and `iceberg()`.

A table is read and written like a dataset. `iceberg()` adds pyiceberg's view of it: an input's version as a
`pyiceberg.table.Table`, and an output that takes Arrow rows.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from transforms_api.errors import LightweightTypeError, WriteError
from transforms_api.runtime.inputs import (
    IncrementalLightweightInput,
    IncrementalTransformInput,
    LightweightInput,
    TransformInput,
)
from transforms_api.runtime.output_state import OutputState
from transforms_api.runtime.outputs import IncrementalTransformOutput, TransformOutput
from transforms_api.runtime.single_node_outputs import IncrementalLightweightOutput, LightweightOutput
from transforms_api.warehouse import InputView, TableVersion, iceberg_table

if TYPE_CHECKING:
    from pyiceberg.table import Table


class IcebergInput:
    """An input as `iceberg()` returns it.

    Args:
        path: path of the table as declared.
        version: the version that the job reads.
    """

    def __init__(self, path: str, version: TableVersion) -> None:
        self._path, self._version = path, version

    def table(self) -> Table:
        """Return the version that the job reads as a table of pyiceberg, read-only; every call returns the same object.

        Raises:
            EnvironmentProblem: pyiceberg is not installed.
            StoreError: the table has no columns, or its files cannot be read.
        """
        return self._table

    @cached_property
    def _table(self) -> Table:
        return iceberg_table(self._path, self._version)


class IcebergOutput:
    """An output as `iceberg()` returns it.

    Args:
        state: state of the output.
    """

    def __init__(self, state: OutputState) -> None:
        self._state = state

    def write(self, df: Any) -> None:
        """Write rows: they replace those of the table, and in an incremental run they are added to them.

        Nothing is visible to others before the job commits. A second call in one job replaces the rows of the first; in
        an incremental run it adds to them.

        Args:
            df: an Arrow table, dataset, record batch or reader, or another object with Arrow's stream interface.

        Raises:
            LightweightTypeError: `df` has no rows of Arrow, or a column of a type that tables do not have.
            WriteError: the columns do not fit each other or the existing rows, or the job has ended.
        """
        rows = pa.Table.from_batches([df]) if isinstance(df, pa.RecordBatch) else df
        is_arrow = type(df).__module__.startswith("pyarrow") or hasattr(df, "__arrow_c_stream__")
        if not is_arrow or type(df).__module__.startswith("pandas"):
            raise LightweightTypeError(
                f"{self._state.dataset}: iceberg().write() takes Arrow rows, not a {type(df).__name__}: make it a "
                "pyarrow.Table, or use write_table() of a single-node output."
            )
        LightweightOutput(self._state).write_table(rows)

    def table(self) -> Table:
        """Return the table as it was when the job began, as a table of pyiceberg, read-only.

        Raises:
            WriteError: the table has no version yet.
        """
        if self._state.previous is None:
            raise WriteError(f"{self._state.dataset} has no version yet: write to it by iceberg().write(rows).")
        return iceberg_table(self._state.dataset, self._state.previous)


class _ReadsIceberg:
    """What inputs of both engines add for tables."""

    view: InputView

    def iceberg(self) -> IcebergInput:
        """Return the input for use with pyiceberg: `source.iceberg().table().scan().to_arrow()`."""
        return IcebergInput(self.view.dataset, self.view.version)


class _WritesIceberg:
    """What outputs of both engines add for tables."""

    state: OutputState

    def iceberg(self) -> IcebergOutput:
        """Return the output for Arrow rows: `output.iceberg().write(table)`.

        Raises:
            WriteError: the output is a table of another format.
        """
        if not self.state.is_iceberg:
            raise WriteError(
                f"{self.state.dataset} is declared as a Delta table: write it by write_dataframe() or write_table(), "
                "or declare it without a location, TableOutput(path), to have an Iceberg table."
            )
        return IcebergOutput(self.state)


class TableTransformInput(_ReadsIceberg, TransformInput):
    """A table that a Spark transform reads."""


class IncrementalTableTransformInput(TableTransformInput, IncrementalTransformInput):
    """A table that an incremental Spark transform reads; `iceberg()` has all rows."""


class TableLightweightInput(_ReadsIceberg, LightweightInput):
    """A table that a single-node transform reads."""


class IncrementalTableLightweightInput(TableLightweightInput, IncrementalLightweightInput):
    """A table that an incremental single-node transform reads; `iceberg()` has all rows."""


class TableTransformOutput(_WritesIceberg, TransformOutput):
    """A table that a Spark transform writes."""


class IncrementalTableTransformOutput(TableTransformOutput, IncrementalTransformOutput):
    """A table that an incremental Spark transform writes."""


class TableLightweightOutput(_WritesIceberg, LightweightOutput):
    """A table that a single-node transform writes."""


class IncrementalTableLightweightOutput(TableLightweightOutput, IncrementalLightweightOutput):
    """A table that an incremental single-node transform writes."""
