"""Outputs of a Spark transform, and the conversion of DataFrames to what datasets store.

Outputs can be pickled into Spark's Python workers, which can write files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.engines import (
    SessionFactory,
    as_pandas,
    as_stored,
    empty_frame,
    is_frame,
    lineage_of_frame,
    read_slice,
    read_staged,
    require_driver_session,
    write_files,
)
from transforms_api.errors import LightweightTypeError, SchemaMismatchError, WriteError
from transforms_api.extras import extra
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.inputs import (
    column_descriptions,
    column_typeclasses,
    dataset_rid,
    first_of_view,
    transaction_rid,
)
from transforms_api.runtime.output_state import OutputState, while_job_runs
from transforms_api.runtime.pandas_frames import from_pandas
from transforms_api.warehouse import full_view, require_partitions, storable

_LONGEST_DESCRIPTION = 800
_LONGEST_TYPECLASS = 100

Typeclasses = Mapping[str, Sequence[Mapping[str, str]]]


def refuse_arguments(
    path: str,
    df: Any,
    bucket_cols: Any,
    bucket_count: Any,
    descriptions: Mapping[str, str] | None,
    typeclasses: Typeclasses | None,
) -> None:
    """Raise for arguments of `write_dataframe` that Foundry refuses.

    Args:
        path: path of the dataset, for messages.
        df: the frame to write.
        bucket_cols: columns of buckets.
        bucket_count: number of buckets.
        descriptions: column name → description.
        typeclasses: column name → typeclasses.

    Raises:
        WriteError: an argument is invalid.
    """
    if not is_frame(df):
        hint = " Use write_pandas for it." if type(df).__module__.startswith("pandas") else ""
        raise WriteError(f"{path} is written from a Spark DataFrame, not from a {type(df).__name__}.{hint}")
    if (bucket_cols is None) != (bucket_count is None):
        raise WriteError(f"{path}: bucket_cols and bucket_count go together.")
    for name, description in (descriptions or {}).items():
        if len(description) > _LONGEST_DESCRIPTION:
            raise WriteError(f"{path}: the description of '{name}' has more than {_LONGEST_DESCRIPTION} characters.")
    for name, classes in (typeclasses or {}).items():
        if any(
            set(typeclass) != {"name", "kind"} or max(map(len, typeclass.values())) > _LONGEST_TYPECLASS
            for typeclass in classes
        ):
            raise WriteError(
                f"{path}: typeclasses of '{name}' are dicts with 'name' and 'kind' of at most "
                f"{_LONGEST_TYPECLASS} characters each."
            )


def schema_to_store(path: str, df: DataFrame) -> T.StructType:
    """Return the schema under which the rows of a frame are stored: every column is nullable.

    Args:
        path: path of the dataset, for messages.
        df: the frame.

    Raises:
        WriteError: a column has a type that datasets do not have.
    """
    try:
        schema = df.schema
    except ValueError as error:  # Python has no class for calendar intervals
        fields = df._jdf.schema().fields()
        shown = ", ".join(f"{field.name()}: {field.dataType().catalogString()}" for field in fields)
        raise WriteError(
            f"{path}: PySpark does not know the types of all columns ({shown}): cast them. {error}"
        ) from error
    for field in schema.fields:
        _require_stored_type(path, field.name, field.dataType)
    return as_stored(schema)


def _require_stored_type(path: str, column: str, data_type: T.DataType) -> None:
    nested = {
        T.ArrayType: lambda kind: [(f"{column}[]", kind.elementType)],
        T.MapType: lambda kind: [(f"{column}.key", kind.keyType), (f"{column}.value", kind.valueType)],
        T.StructType: lambda kind: [(f"{column}.{field.name}", field.dataType) for field in kind.fields],
    }
    parts = nested[type(data_type)](data_type) if type(data_type) in nested else []
    for name, part in parts:
        _require_stored_type(path, name, part)
    remedy = _REMEDIES.get(data_type.typeName())
    if isinstance(data_type, T.StructType) and not parts:
        remedy = "give it a field, or drop it"
    if isinstance(data_type, T.UserDefinedType):
        remedy = "make it an array or struct of plain types, as by vector_to_array"
    if remedy is not None:
        raise WriteError(
            f"{path}: column '{column}' is {data_type.simpleString()}, which datasets do not have: {remedy}."
        )


_INTERVAL = "make it a number, as by extract(day from …) or its seconds by unix_timestamp, or cast it to string"
_REMEDIES = {
    "void": "it has nulls alone; say its type, .cast('string') or CAST(NULL AS STRING)",
    "daytimeinterval": _INTERVAL,
    "yearmonthinterval": _INTERVAL,
    "interval": _INTERVAL,
    "variant": "make it text, to_json(…), or columns of its fields",
}


def frame_of_pandas(path: str, spark: SparkSession, pandas_df: Any) -> DataFrame:
    """Return pandas rows as a Spark DataFrame with the same values.

    Spark alone turns integers of more than 64 bits into null, bytes beside text into text such as `[B@238aca8a`, and
    pandas' nullable integers into floats.

    Args:
        path: path of the dataset, for messages.
        spark: the session.
        pandas_df: the rows.

    Raises:
        WriteError: a column has a type, or values of several types, that datasets do not have.
    """
    try:
        table = from_pandas(pandas_df)
        storable(table)
    except LightweightTypeError as error:
        raise WriteError(f"{path}: {error}") from error.__cause__
    unsigned = [name for name, kind in zip(table.column_names, table.schema.types, strict=True) if kind == pa.uint64()]
    objects = _with_objects(pandas_df, table)
    frame = spark.createDataFrame(objects)
    columns = [_inferred_by_spark(*pair) for pair in zip(frame.schema.fields, table.schema.types, strict=True)]
    for field, kind in zip(columns, table.schema.types, strict=True):
        _require_one_type(path, field.name, field.dataType, kind)
    if columns != frame.schema.fields:  # of Sail, whose client infers types by Arrow
        frame = spark.createDataFrame(objects, T.StructType(columns))
    exact = {name: F.col(f"`{name}`").cast("decimal(20,0)") for name in unsigned}
    return frame.withColumns(exact) if exact else frame


def _inferred_by_spark(field: T.StructField, kind: pa.DataType) -> T.StructField:
    """Return a column with the type that Spark infers from Python values: maps of dicts, decimals of 38 digits.

    Args:
        field: the column as an engine's client infers it.
        kind: its Arrow type.
    """
    return T.StructField(field.name, _type_inferred_by_spark(field.dataType, kind), field.nullable)


def _type_inferred_by_spark(data_type: T.DataType, kind: pa.DataType) -> T.DataType:
    if isinstance(data_type, T.DecimalType):
        return T.DecimalType(38, 18)
    if isinstance(data_type, T.ArrayType) and hasattr(kind, "value_type"):
        return T.ArrayType(_type_inferred_by_spark(data_type.elementType, kind.value_type), data_type.containsNull)
    if isinstance(data_type, T.StructType) and pa.types.is_struct(kind):
        parts = zip(data_type.fields, kind, strict=True)
        values = [
            _type_inferred_by_spark(part.dataType, of.type) for part, of in parts if not pa.types.is_null(of.type)
        ]
        return T.MapType(T.StringType(), values[0]) if values else data_type
    return data_type


def _with_objects(pandas_df: Any, table: pa.Table) -> Any:
    """Return pandas rows with Python decimals and integers instead of unsigned and nullable integers."""
    pandas = extra("pandas")
    frame = pandas_df.copy(deep=False)
    for position, kind in enumerate(table.schema.types):
        is_extension = isinstance(pandas_df.dtypes.iloc[position], pandas.api.extensions.ExtensionDtype)
        if kind == pa.uint64() or (pa.types.is_integer(kind) and is_extension):
            make = Decimal if kind == pa.uint64() else int
            values = [None if value is None else make(value) for value in table.column(position).to_pylist()]
            frame.isetitem(position, pandas.Series(values, dtype=object, index=frame.index))
    return frame


def _require_one_type(path: str, column: str, data_type: T.DataType, kind: pa.DataType) -> None:
    """Make sure that dicts, which Spark makes maps of, have values of one type: it makes null of those of others."""
    if isinstance(data_type, T.ArrayType) and hasattr(kind, "value_type"):
        _require_one_type(path, f"{column}[]", data_type.elementType, kind.value_type)
    if isinstance(data_type, T.MapType) and pa.types.is_struct(kind):
        kinds = {field.type for field in kind if not pa.types.is_null(field.type)}
        if len(kinds) > 1:
            raise WriteError(
                f"{path}: column '{column}' has dicts with values of several types ({', '.join(map(str, kinds))}), and "
                "Spark makes maps of dicts, whose values have one type: make Rows of them (pyspark.sql.Row)."
            )


def describe_columns(df: DataFrame, descriptions: Mapping[str, str], typeclasses: Typeclasses) -> DataFrame:
    """Return a frame with descriptions and typeclasses in its columns' metadata; names without a column are ignored.

    Args:
        df: the frame.
        descriptions: column name → description.
        typeclasses: column name → typeclasses.
    """
    if not descriptions and not typeclasses:
        return df

    def column(field: T.StructField) -> Column:
        metadata = dict(field.metadata)
        if field.name in descriptions:
            metadata["comment"] = descriptions[field.name]
        if field.name in typeclasses:
            metadata["typeclasses"] = json.dumps([dict(typeclass) for typeclass in typeclasses[field.name]])
        return df[f"`{field.name.replace('`', '``')}`"].alias(field.name, metadata=metadata)

    return df.select(*[column(field) for field in df.schema.fields])


def with_iceberg_types(df: DataFrame) -> DataFrame:
    """Return a frame with the types of an Iceberg table: integers of 8 and 16 bits become those of 32.

    Args:
        df: the frame.
    """

    def column(field: T.StructField) -> Column:
        kind, own = _iceberg_type(field.dataType), df[f"`{field.name.replace('`', '``')}`"]
        return own if kind == field.dataType else own.cast(kind).alias(field.name, metadata=field.metadata)

    fields = df.schema.fields
    if all(_iceberg_type(field.dataType) == field.dataType for field in fields):
        return df
    return df.select(*[column(field) for field in fields])


def _iceberg_type(data_type: T.DataType) -> T.DataType:
    if isinstance(data_type, (T.ByteType, T.ShortType)):
        return T.IntegerType()
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(_iceberg_type(data_type.elementType), data_type.containsNull)
    if isinstance(data_type, T.MapType):
        key, value = _iceberg_type(data_type.keyType), _iceberg_type(data_type.valueType)
        return T.MapType(key, value, data_type.valueContainsNull)
    if isinstance(data_type, T.StructType):
        fields = data_type.fields
        return T.StructType([T.StructField(f.name, _iceberg_type(f.dataType), f.nullable, f.metadata) for f in fields])
    return data_type


class TransformOutput:
    """An output dataset. Nothing is visible to others before the job commits.

    Attributes:
        path: path of the dataset as declared.
        branch: branch of the build.
        rid: the dataset's RID, derived from its path if none is declared.
    """

    def __init__(self, state: OutputState, spark: SessionFactory, rid: str | None = None) -> None:
        self.path = state.dataset
        self.branch = state.branch
        self.rid = rid or dataset_rid(state.dataset)
        self.state = state
        self._spark: SessionFactory | None = spark

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_spark": None}

    @while_job_runs
    def write_dataframe(
        self,
        df: DataFrame,
        partition_cols: Sequence[str] | None = None,
        bucket_cols: Sequence[str] | None = None,
        bucket_count: int | None = None,
        sort_by: Sequence[str] | None = None,
        output_format: str | None = None,
        options: Mapping[str, str] | None = None,
        column_descriptions: Mapping[str, str] | None = None,
        column_typeclasses: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
    ) -> None:
        """Write a Spark DataFrame.

        A second call in one job replaces the rows of the first; in the modes 'modify' and 'append' it adds to them.
        Rows are
        always stored as Delta's Parquet files; buckets, sorting and other formats do not change what readers see and
        are ignored.

        Args:
            df: the rows.
            partition_cols: columns by which the table is partitioned; checked and ignored for an Iceberg table.
            bucket_cols: checked and ignored.
            bucket_count: checked and ignored.
            sort_by: ignored.
            output_format: ignored.
            options: options of Spark's writer.
            column_descriptions: column name → description.
            column_typeclasses: column name → typeclasses.

        Raises:
            WriteError: `df` is no Spark DataFrame, an argument is invalid on Foundry, a column has a type that
                datasets do not have, the columns do not fit each other or the existing rows, or the job has ended.
        """
        refuse_arguments(self.path, df, bucket_cols, bucket_count, column_descriptions, column_typeclasses)
        written = describe_columns(df, column_descriptions or {}, column_typeclasses or {})
        partitions = tuple(partition_cols or (self.state.kept.partition_columns if self.state.kept else ()))
        if self.state.is_iceberg:
            require_partitions(self.path, as_stored(written.schema).json(), partitions)
            written, partitions = with_iceberg_types(written), ()
        schema = schema_to_store(self.path, written).json()
        self.state.require_names(written.columns)
        self.state.require_columns(schema, partitions)
        again = "append" if self.state.adds else "overwrite"
        with self.state.changing_rows():
            write_files(written, self.state.transaction.folder, again, partitions, options or {})
        self.state.note_lineage(schema, lambda: lineage_of_frame(written, self.state.read))
        self.state.partition_columns, self.state.schema = partitions, schema

    @while_job_runs
    def write_pandas(self, pandas_df: Any) -> None:
        """Write a pandas DataFrame; decimals become decimal(38,18).

        Args:
            pandas_df: the rows.

        Raises:
            WriteError: a column has a type, or values of several types, that datasets do not have.
        """
        self.write_dataframe(frame_of_pandas(self.path, require_driver_session(self._spark, self.path), pandas_df))

    def dataframe(self) -> DataFrame:
        """Return the rows written by this job.

        Raises:
            WriteError: the job has written no rows yet.
        """
        return self._written()

    def pandas(self) -> Any:
        """Return the rows written by this job as a pandas DataFrame."""
        return as_pandas(self.dataframe())

    def filesystem(self) -> FileSystem:
        """Return the file system that writes into the dataset."""
        return self.state.file_system(self._spark)

    def set_mode(self, mode: str) -> None:
        """Set what happens to the existing rows and files.

        Args:
            mode: 'replace', 'modify' or 'append'.

        Raises:
            WriteError: the mode is unknown, or data has been written already.
        """
        self.state.set_mode(mode)

    def abort(self) -> None:
        """Discard everything written to this output; the dataset keeps its last version and the job succeeds."""
        self.state.abort()

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description of the rows written, of the columns that have one."""
        return column_descriptions(self.state.schema) if self.state.schema else {}

    @property
    def column_typeclasses(self) -> dict[str, list[dict[str, str]]]:
        """Column name → typeclasses of the rows written, of the columns that have any."""
        return column_typeclasses(self.state.schema) if self.state.schema else {}

    @property
    def start_transaction_rid(self) -> str:
        """RID of the first transaction of the dataset's view."""
        kept = self.state.previous if self.state.adds else None
        return transaction_rid(first_of_view(kept.commits).transaction) if kept else self.end_transaction_rid

    @property
    def end_transaction_rid(self) -> str:
        """RID of the transaction that this job commits."""
        return transaction_rid(self.state.transaction.identifier)

    def _written(self, schema: str | None = None) -> DataFrame:
        """Return the rows written by this job."""
        if self.state.schema is None:
            raise WriteError(f"{self.path} has not been written in this job yet; there is nothing to read.")
        columns = T.StructType.fromJson(json.loads(schema or self.state.schema))
        return read_staged(require_driver_session(self._spark, self.path), columns, self.state.transaction)


class IncrementalTransformOutput(TransformOutput):
    """An output of an incremental transform, whose earlier rows can be read.

    Earlier rows stay readable while they are being replaced. Read modes: 'previous' is the dataset when the job began,
    'added' is what the job has written, 'current' is both; in the mode 'replace' only the new rows.
    """

    def dataframe(self, mode: str = "current", schema: T.StructType | None = None) -> DataFrame:
        """Return the rows of a read mode.

        Args:
            mode: 'added', 'previous' or 'current'.
            schema: expected schema of 'previous'; an empty frame of it stands for a missing version.

        Raises:
            ValueError: mode 'previous' without `schema`, and there is no earlier version or the run is not incremental.
            SchemaMismatchError: `schema` differs from that of the earlier version.
            WriteError: the mode reads what the job has written, and it has written nothing yet.
        """
        if mode == "previous":
            return self._previous(schema)
        kept = self.state.kept_beside_written()
        if mode == "current" and kept is not None:
            before = read_slice(require_driver_session(self._spark, self.path), full_view(kept))
            return before if self.state.schema is None else before.unionByName(self._written(kept.schema))
        if mode not in ("added", "current"):
            raise ValueError(f"{self.path} is read as 'current', 'added' or 'previous', not as {mode!r}.")
        return self._written()

    def pandas(self, mode: str = "current", schema: T.StructType | None = None) -> Any:
        """Return the rows of a read mode as a pandas DataFrame.

        Args:
            mode: 'added', 'previous' or 'current'.
            schema: see `dataframe`.
        """
        return as_pandas(self.dataframe(mode, schema))

    def filesystem(self, mode: str = "current") -> FileSystem:
        """Return the files of a read mode; only those of 'current' can be written.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        if mode == "current":
            return self.state.file_system(self._spark)
        previous = self.state.previous if mode == "previous" and self.state.is_incremental else None
        if mode == "previous" and previous is not None:
            folder = previous.files_folder or previous.table
            return FileSystem(self.path, folder, previous.file_entries, self._spark)
        if mode == "previous":
            return FileSystem(self.path, None, (), self._spark)
        if mode == "added":
            return self.state.file_system(self._spark, only_new=True)
        raise ValueError(f"{self.path} is read as 'current', 'added' or 'previous', not as {mode!r}.")

    def _previous(self, schema: T.StructType | None) -> DataFrame:
        previous = self.state.previous
        spark = require_driver_session(self._spark, self.path)
        if not self.state.is_incremental or previous is None or previous.holds_files_only:
            if schema is None:
                raise ValueError(
                    f"{self.path} has no previous rows in this run: pass the schema that an empty DataFrame is to "
                    "have, dataframe('previous', schema=…)."
                )
            return empty_frame(spark, schema)
        if schema is not None:
            _require_schema(self.path, T.StructType.fromJson(json.loads(previous.schema)), schema)
        return read_slice(spark, full_view(previous))


_MOST_DIFFERENCES = 3
"""How many differences between two schemas an error lists."""


def _require_schema(dataset: str, stored: T.StructType, expected: T.StructType) -> None:
    """Names, types, nullability and order count, at every depth; descriptions do not."""
    differences = list(_differences(stored, expected, ""))
    if differences:
        more = len(differences) - _MOST_DIFFERENCES
        listed = [*differences[:_MOST_DIFFERENCES], *([f"{more} more differences"] if more > 0 else [])]
        raise SchemaMismatchError(
            f"{dataset} holds {stored.simpleString()}, not {expected.simpleString()} as the schema of "
            f"dataframe('previous', schema=…) says: {'; '.join(listed)}. Order and nullability count, and every stored "
            "column is nullable."
        )


def _differences(stored: T.DataType, expected: T.DataType, where: str) -> Iterator[str]:
    """Yield the differences between two types in names, types and nullability, as texts.

    Args:
        stored: type of the earlier version.
        expected: type that the transform states.
        where: path of the column; empty for the complete schema.
    """
    if isinstance(stored, T.StructType) and isinstance(expected, T.StructType):
        if stored.names != expected.names:
            of = f"the fields of '{where}'" if where else "the columns"
            yield f"{of} are {', '.join(stored.names)}, not {', '.join(expected.names)}"
            return
        for old, new in zip(stored.fields, expected.fields, strict=True):
            name = f"{where}.{old.name}" if where else old.name
            yield from _difference_of_nullability(old.nullable, new.nullable, f"'{name}'")
            yield from _differences(old.dataType, new.dataType, name)
    elif isinstance(stored, T.ArrayType) and isinstance(expected, T.ArrayType):
        yield from _difference_of_nullability(stored.containsNull, expected.containsNull, f"an element of '{where}'")
        yield from _differences(stored.elementType, expected.elementType, f"{where}.element")
    elif isinstance(stored, T.MapType) and isinstance(expected, T.MapType):
        yield from _difference_of_nullability(
            stored.valueContainsNull, expected.valueContainsNull, f"a value of '{where}'"
        )
        yield from _differences(stored.keyType, expected.keyType, f"{where}.key")
        yield from _differences(stored.valueType, expected.valueType, f"{where}.value")
    elif stored != expected:
        yield f"'{where}' is {stored.simpleString()}, not {expected.simpleString()}"


def _difference_of_nullability(stored: bool, expected: bool, what: str) -> Iterator[str]:
    if stored != expected:
        yield f"{what} is {'nullable' if stored else 'not nullable'} and has nullable={expected} in the schema"
