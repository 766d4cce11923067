"""Imports of CRM exports: reads the files and calls the loader that the mapping names. Starts no Spark.

What the columns of a CRM mean is knowledge of the pipeline (`transforms/revops/crm`), not of the engine.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api.builds import require_checks_passed
from transforms_api.declare import Output, bind_output
from transforms_api.errors import ImportMappingError
from transforms_api.expectations import evaluate_checks
from transforms_api.extras import extra
from transforms_api.importing.detection import TableOptions
from transforms_api.importing.text_tables import TextTable, read_table
from transforms_api.runtime import LightweightOutput, OutputState
from transforms_api.warehouse import Provenance, Warehouse, full_view, open_multi_table_transaction, read_slice

if TYPE_CHECKING:
    import polars as pl

Loader = Callable[..., Mapping[Output, "pl.LazyFrame"]]


class ExportFolder:
    """The files of an export, those of a folder or a single file; and what the last import wrote.

    Args:
        source: the folder or file.
        warehouse: has the last import; None: there is none.

    Attributes:
        is_single: whether the export is one file, which then is the file of deals whatever the mapping calls it.
    """

    def __init__(self, source: Path, warehouse: Warehouse | None = None) -> None:
        self.is_single, self._warehouse = source.is_file(), warehouse
        self._files = {source.name: source} if self.is_single else _files_of(source)

    def find(self, pattern: str) -> list[str]:
        """Return the names of the files that fit a pattern, without regard to case; an exact name fits alone.

        Args:
            pattern: file name or pattern; of a single file any.
        """
        if self.is_single:
            return list(self._files)
        if pattern in self._files:
            return [pattern]
        return [name for name in self._files if fnmatch(name.lower(), pattern.lower())]

    def read(self, name: str, source: Any) -> TextTable:
        """Return a file as text.

        Args:
            name: its name.
            source: the section of the mapping, with the options of the file.
        """
        options = TableOptions(source.encoding, source.separator, source.quote, source.header_row, source.sheet)
        return read_table(self._files[name], options)

    def last_import(self, dataset: str) -> pl.LazyFrame | None:
        """Return the rows of a dataset as the last import wrote them; None if its last version is no import's.

        Args:
            dataset: path of the dataset.
        """
        version = None if self._warehouse is None else self._warehouse.latest(dataset)
        if version is None or version.commit.provenance is None or version.commit.provenance.kind != "import":
            return None
        rows: pl.LazyFrame = extra("polars").scan_pyarrow_dataset(read_slice(full_view(version)))
        return rows


def run_import(
    source: Path,
    mapping: Mapping[str, Any],
    warehouse: Warehouse,
    today: date | None = None,
    text: str = "",
    name: str = "the mapping",
) -> dict[str, int]:
    """Load the files of a CRM export as its mapping describes.

    Args:
        source: the folder of the files, or one file.
        mapping: the mapping file's content.
        warehouse: receives the datasets.
        today: day of the export, in place of the mapping's.
        text: the mapping file's text, to name lines in messages.
        name: the mapping file's name, for messages.

    Returns:
        Dataset path → number of published rows.

    Raises:
        ImportMappingError: the mapping names no loader, or does not fit the files, or no row can be used.
        ChecksFailedError: a dataset breaks its contract; nothing is published.
    """
    frames = read_export(source, mapping, today, text, name, warehouse)
    datasets = {spec: bind_output("mapping", spec).dataset for spec in frames}
    tables = {spec: warehouse.table(dataset) for spec, dataset in datasets.items()}
    provenance = Provenance.of_import(source, warehouse.branch)
    with open_multi_table_transaction(warehouse.root, list(tables.values()), f"an import of {source}") as job:
        states = [OutputState(datasets[spec], warehouse.branch, job.transactions[tables[spec]]) for spec in frames]
        checks = []
        for state, (spec, frame) in zip(states, frames.items(), strict=True):
            checks += evaluate_checks(state.dataset, _write(state, frame), spec.checks)
        require_checks_passed(checks)
        counts = job.publish([state.stage_commit(provenance) for state in states])
    return {state.dataset: count for state, count in zip(states, counts, strict=True)}


def read_export(
    source: Path,
    mapping: Mapping[str, Any],
    today: date | None = None,
    text: str = "",
    name: str = "the mapping",
    warehouse: Warehouse | None = None,
) -> Mapping[Output, pl.LazyFrame]:
    """Return the datasets of an export and write nothing; the arguments are those of `run_import`.

    Args:
        source: the folder of the files, or one file.
        mapping: the mapping file's content.
        today: day of the export, in place of the mapping's.
        text: the mapping file's text.
        name: the mapping file's name.
        warehouse: has the last import, whose deals become earlier deals; None: there is none.

    Raises:
        ImportMappingError: as `run_import`.
    """
    loader = _loader(mapping)
    try:
        return loader(ExportFolder(source, warehouse), mapping, today, text, name)
    except ValueError as error:
        raise ImportMappingError(str(error)) from error


def _write(state: OutputState, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Write the rows to Parquet in a stream, so that millions of them need little memory; return what was written."""
    output = LightweightOutput(state)
    folder = Path(output.path_for_write_table)
    frame.sink_parquet(folder / "rows.parquet")
    written: pl.LazyFrame = extra("polars").scan_parquet(folder / "rows.parquet")
    output.write_table(str(folder))
    return written


def _files_of(folder: Path) -> dict[str, Path]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith((".", "~")))
    return {file.relative_to(folder).as_posix(): file for file in files}


def _loader(mapping: Mapping[str, Any]) -> Loader:
    module, _, function = str(mapping.get("loader", "")).partition(":")
    try:
        loader: Loader = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImportMappingError(
            "The mapping has to name the function that reads such an export, as in "
            f"loader = \"transforms.revops.crm.load:load\"; '{mapping.get('loader')}' is none: {error}"
        ) from error
    return loader
