"""Filters of a preview: a condition or a function of the project lets only some rows, or files, of an input pass."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.sandbox import DatasetSource, sample_of, write_dataset
from transforms_api.declare import Engine, Input, Transform
from transforms_api.engines import CancelToken, SessionFactory, SparkEngine, is_frame
from transforms_api.engines import read_slice as read_spark_slice
from transforms_api.errors import TransformsError, TrialError
from transforms_api.project import did_you_mean
from transforms_api.syntax import parse_python
from transforms_api.warehouse import TableVersion, Warehouse, full_view, link_files
from transforms_api.warehouse import read_slice as read_arrow_slice

_CALL = re.compile(r"(?P<module>[^()]+):(?P<function>\w+)\s*(?P<arguments>\(.*\))?\s*", re.DOTALL)
_NO_SUCH_COLUMN = ("UNRESOLVED_COLUMN", "BinderException", "cannot resolve attribute")
"""Parts of the errors of Spark, DuckDB and Sail for a column that does not exist."""


class FilterKind(Enum):
    """What a filter function takes and returns, by the annotation of its first parameter."""

    SPARK = "Spark DataFrame"
    POLARS = "Polars LazyFrame"
    FILES = "files"


@dataclass(frozen=True)
class InputFilter:
    """A filter of one input, or of all.

    Attributes:
        text: the filter as the user wrote it, for messages.
        dataset: the dataset that it applies to; None for each input that it fits.
        condition: a condition in SQL; of Spark for transforms on Spark, else of DuckDB.
        function: a function of the project, instead of a condition.
        arguments: its further arguments.
    """

    text: str
    dataset: str | None
    condition: str | None = None
    function: Callable[..., Any] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> FilterKind | None:
        """What its function takes; None for a condition, and for a function that does not say so."""
        return kind_of(self.function) if self.function else None


def parse_condition(text: str, transform: Transform[Any, Any]) -> InputFilter:
    """Return the filter of a condition such as 'amount > 10' (every input with such a column) or 'orders: amount > 10'.

    Args:
        text: the condition, after the name of an input and a colon if it applies to one input.
        transform: the transform whose inputs are filtered.

    Raises:
        TrialError: it names an input that the transform does not have.
    """
    dataset, condition = _input_and_rest(text, transform)
    return InputFilter(text, dataset, condition=condition)


def parse_function(text: str, transform: Transform[Any, Any], folder: Path) -> InputFilter:
    """Return the filter of a function such as 'shop.filters:recent(days=7)' or 'orders: filters.py:recent'.

    Args:
        text: module or path of a file, a colon, and the function's name; before them an input and a colon if the
            filter applies to one input, after them further arguments, which are literals.
        transform: the transform whose inputs are filtered.
        folder: the folder that paths of files are relative to.

    Raises:
        TrialError: there is no such function, its module cannot be imported, or its arguments are no literals.
    """
    dataset, call = _input_and_rest(text, transform)
    match = _CALL.fullmatch(call)
    if match is None:
        raise TrialError(f"'{text}' names no filter: write module:function, or module:function(name=value).")
    function = getattr(_module(match["module"].strip(), folder), match["function"], None)
    if not callable(function):
        raise TrialError(f"'{text}': {match['module'].strip()} has no function '{match['function']}'.")
    return InputFilter(text, dataset, function=function, arguments=_arguments(match["arguments"] or "()", text))


def kind_of(function: Callable[..., Any]) -> FilterKind | None:
    """Return what a filter function takes by the annotation of its first parameter, None without one that says so.

    Args:
        function: a function of the project.
    """
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # names that exist for type checkers alone
        hints = dict(getattr(function, "__annotations__", {}))
    first = next(iter(inspect.signature(function).parameters), None)
    annotation = hints.get(first, "") if first else ""
    module, text = getattr(annotation, "__module__", ""), str(annotation)
    if "LazyFrame" in text:
        return FilterKind.POLARS
    if "FileStatus" in text or "Iterator" in text or "Iterable" in text:
        return FilterKind.FILES
    return FilterKind.SPARK if "DataFrame" in text and "polars" not in f"{module}{text}" else None


def filter_inputs(
    transform: Transform[Any, Any],
    versions: Mapping[str, TableVersion],
    filters: Sequence[InputFilter],
    sample: int | float | None,
    environment: BuildEnvironment,
    folder: Path,
) -> dict[str, DatasetSource]:
    """Return dataset → what of its version the filters and the sample let pass: a version, or rows in Arrow, or files.

    With `--engine sail` Sail computes conditions and functions on Spark DataFrames. With `--engine auto` Spark does:
    nothing shows that Sail computes them alike.

    Args:
        transform: the transform whose inputs are filtered.
        versions: dataset → the version to read.
        filters: the filters of all inputs, in the order in which they are applied.
        sample: rows, or a fraction of them, to read of what has passed; None for all.
        environment: the environment of the preview.
        folder: a folder for the rows and files that passed.

    Raises:
        TrialError: a filter fits no input, cannot be applied to the one that it names, or fails.
    """
    sources, used = dict[str, DatasetSource](), list[InputFilter]()
    engine = SparkEngine(environment.spark) if environment.prefers_sail else environment.engine
    with engine.open_job({}, CancelToken()) as session:
        for dataset, version in versions.items():
            scratch = folder / str(len(sources))
            source, applied = filtered(dataset, version, filters, sample, transform.engine, session, scratch)
            sources[dataset] = _without_session(dataset, source, session, scratch) if is_frame(source) else source
            used += applied
    if unused := [unused_filter.text for unused_filter in filters if unused_filter not in used]:
        raise TrialError(f"The filter '{unused[0]}' fits no input: none has its columns, or rows or files for it.")
    return sources


def _without_session(dataset: str, rows: DatasetSource, session: SessionFactory, folder: Path) -> TableVersion:
    """Return rows of a session as a table, which can be read when the session has ended."""
    try:
        return write_dataset(dataset, rows, Warehouse(folder / "rows"), session)
    except TransformsError:
        raise
    except Exception as error:
        text = str(error).strip().splitlines()[0]
        raise TrialError(f"The filters of {dataset} fail when they run: {text}") from error


def filtered(
    dataset: str,
    version: TableVersion,
    filters: Sequence[InputFilter],
    sample: int | float | None,
    engine: Engine,
    spark: SessionFactory,
    folder: Path,
) -> tuple[DatasetSource, list[InputFilter]]:
    """Return what of a dataset the filters let pass, as a trial takes it, and those of them that applied.

    Args:
        dataset: name of the dataset.
        version: the version to read.
        filters: the filters of all inputs, in the order in which they are applied.
        sample: rows, or a fraction of them, to read of what has passed; None for all.
        engine: what computes the transform: conditions are in its SQL.
        spark: the session of conditions and functions of Spark.
        folder: a folder for the files that passed.

    Raises:
        TrialError: a filter that names this dataset cannot be applied to it, or its function raises.
    """
    applied: list[InputFilter] = []
    source: DatasetSource = version
    for input_filter in filters:
        if input_filter.dataset not in (None, dataset):
            continue
        try:
            passed = _apply(input_filter, dataset, source, engine, spark, folder / f"{len(applied)}")
        except _DoesNotFit as error:
            if input_filter.dataset is not None:
                raise TrialError(
                    f"The filter '{input_filter.text}' does not fit {dataset}: {error}"
                ) from error.__cause__
            continue
        source = passed
        applied.append(input_filter)
    return _sample(source, sample), applied


class _DoesNotFit(Exception):
    """A filter is about other columns, or another kind of dataset."""


def _apply(
    input_filter: InputFilter, dataset: str, source: DatasetSource, engine: Engine, spark: SessionFactory, folder: Path
) -> DatasetSource:
    has_files_only = isinstance(source, Path) or (isinstance(source, TableVersion) and source.holds_files_only)
    kind = input_filter.kind or (FilterKind.SPARK if engine is Engine.SPARK else FilterKind.POLARS)
    if has_files_only != (kind is FilterKind.FILES):
        raise _DoesNotFit("the dataset holds files" if has_files_only else "the dataset holds rows")
    if kind is FilterKind.FILES:
        return _files_that_pass(input_filter, dataset, source, folder)
    if input_filter.condition is not None:
        return _where(input_filter.condition, dataset, source, engine, spark, folder)
    if kind is FilterKind.SPARK:
        return _call(input_filter, dataset, _spark_frame(dataset, source, spark, folder))
    import polars as pl  # an extra

    result = _call(input_filter, dataset, pl.from_arrow(_arrow_table(dataset, source, spark, folder)).lazy())  # type: ignore[union-attr]
    table: pa.Table = (result.collect() if isinstance(result, pl.LazyFrame) else result).to_arrow()
    return table


def _where(
    condition: str, dataset: str, source: DatasetSource, engine: Engine, spark: SessionFactory, folder: Path
) -> DatasetSource:
    try:
        if engine is Engine.SPARK:
            return _analyzed(_spark_frame(dataset, source, spark, folder).where(condition))
        with duckdb.connect() as connection:
            return (
                connection.from_arrow(_arrow_table(dataset, source, spark, folder)).filter(condition).to_arrow_table()
            )
    except Exception as error:
        text = str(error).strip().splitlines()[0]
        if any(name in f"{type(error).__name__} {error}" for name in _NO_SUCH_COLUMN):
            raise _DoesNotFit(text) from error
        raise TrialError(f"The condition '{condition}' cannot be evaluated: {text}") from error


def _sample(source: DatasetSource, sample: int | float | None) -> DatasetSource:
    if sample is None or isinstance(source, Path) or (isinstance(source, TableVersion) and source.holds_files_only):
        return source
    if isinstance(source, TableVersion):
        return sample_of(source, sample)
    if is_frame(source):
        return source.limit(sample) if isinstance(sample, int) else source.sample(sample, seed=0)
    return source.slice(0, sample if isinstance(sample, int) else round(source.num_rows * sample))


def _files_that_pass(input_filter: InputFilter, dataset: str, source: DatasetSource, folder: Path) -> Path:
    if isinstance(source, Path):
        raise TrialError(
            f"The filter '{input_filter.text}': {dataset} has a filter of files already; write one function."
        )
    assert isinstance(source, TableVersion)
    passed = list(_call(input_filter, dataset, iter(source.file_entries)))
    link_files(source.files_folder or source.table, folder, [entry.path for entry in passed])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _call(input_filter: InputFilter, dataset: str, rows: Any) -> Any:
    assert input_filter.function is not None
    try:
        result = input_filter.function(rows, **input_filter.arguments)
        return list(result) if isinstance(result, Iterator) else _analyzed(result)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise TrialError(f"The filter '{input_filter.text}' raised on {dataset}: {text}") from error


def _analyzed(rows: Any) -> Any:
    """Return rows; a Spark DataFrame of which a name or type is wrong raises here, on Sail as on Spark."""
    if is_frame(rows):
        _ = rows.schema
    return rows


def _spark_frame(dataset: str, source: DatasetSource, spark: SessionFactory, folder: Path) -> DataFrame:
    """Return rows for Spark; those that an earlier filter left in Arrow are written to `folder` first."""
    if is_frame(source):
        return source
    return read_spark_slice(spark(), full_view(write_dataset(dataset, source, Warehouse(folder), spark)))


def _arrow_table(dataset: str, source: DatasetSource, spark: SessionFactory, folder: Path) -> pa.Table:
    """Return rows for Polars and DuckDB; those that an earlier filter left in Spark are written to `folder` first."""
    if isinstance(source, pa.Table):
        return source
    return read_arrow_slice(full_view(write_dataset(dataset, source, Warehouse(folder), spark))).to_table()


def _input_and_rest(text: str, transform: Transform[Any, Any]) -> tuple[str | None, str]:
    """Return the dataset that the part before the first colon and blank names, and the rest of the text."""
    named, colon, rest = text.partition(": ")
    if not colon:
        return None, text.strip()
    known = {name: str(spec.alias) for name, spec in _named_inputs(transform)}
    if (dataset := known.get(named.strip())) is not None:
        return dataset, rest.strip()
    if re.fullmatch(r"\w+|/.*|ri\..*", named.strip()):
        raise TrialError(
            f"'{named.strip()}' is no input of transform '{transform.__name__}'.{did_you_mean(named.strip(), known)} "
            f"There are: {', '.join(transform.inputs)}."
        )
    return None, text.strip()


def _named_inputs(transform: Transform[Any, Any]) -> Iterator[tuple[str, Input]]:
    """Yield the inputs by the last part of their paths, by their paths and by their parameters."""
    for spec in transform.read_specs:
        yield str(spec.alias).rpartition("/")[2], spec
        yield str(spec.alias), spec
    for name, declared in transform.inputs.items():
        if isinstance(declared, Input):
            yield name, declared


def _module(name: str, folder: Path) -> Any:
    try:
        if not name.endswith(".py"):
            return importlib.import_module(name)
        file = folder / name
        spec = importlib.util.spec_from_file_location(f"filters_of_{file.stem}", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except Exception as error:
        raise TrialError(
            f"The module of filters '{name}' cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _arguments(text: str, full_text: str) -> dict[str, Any]:
    """Return the keyword arguments of a call, which are literals.

    Raises:
        TrialError: they are anything else.
    """
    try:
        call = parse_python(f"f{text}", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise TrialError(f"'{full_text}': arguments are written name=value, with literals as values.") from None
