"""The objects that a `@transform` function receives: one per input, one per output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.errors import WriteError
from transforms_api.runtime.tables import as_stored, read_staged, read_table
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.transaction import Transaction

_LONGEST_DESCRIPTION = 800


class TransformInput:
    """A dataset to read, at the version that was its last when the job began.

    Attributes:
        path: the dataset's name as declared.
        branch: branch that it is read from.
    """

    def __init__(self, path: str, branch: str, spark: SparkSession, table: TableVersion) -> None:
        self.path = path
        self.branch = branch
        self._spark = spark
        self._table = table
        self._dataframe: DataFrame | None = None

    def dataframe(self) -> DataFrame:
        """Return all rows; the same object at every call."""
        if self._dataframe is None:
            self._dataframe = read_table(self._spark, self._table)
        return self._dataframe

    def pandas(self) -> Any:
        """Return all rows as a pandas DataFrame."""
        return self.dataframe().toPandas()

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description, where a column has one."""
        return {f.name: f.metadata["comment"] for f in self.dataframe().schema.fields if "comment" in f.metadata}


class TransformOutput:
    """A dataset to write; nothing is visible to anyone before the job commits.

    Attributes:
        path: the dataset's name as declared.
        branch: branch that is built.
        is_aborted: `abort()` was called: the dataset keeps its last version.
    """

    def __init__(self, path: str, branch: str, spark: SparkSession, transaction: Transaction) -> None:
        self.path = path
        self.branch = branch
        self.is_aborted = False
        self.partition_columns: tuple[str, ...] = ()
        self.schema: T.StructType | None = None
        self._spark = spark
        self._transaction = transaction

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
        column_typeclasses: Mapping[str, Any] | None = None,
    ) -> None:
        """Write `df` as the dataset's new rows; a second call in one job replaces what the first wrote.

        Rows are always stored as Delta's Parquet: buckets, sorting, other formats and typeclasses change nothing that
        a reader of the table could see and are ignored.

        Raises:
            WriteError: `df` is no Spark DataFrame, or an argument is one that Foundry would refuse.
        """
        _check_arguments(self.path, df, bucket_cols, bucket_count, column_descriptions)
        described = _with_descriptions(df, column_descriptions or {})
        self.partition_columns = tuple(partition_cols or ())
        self.schema = as_stored(described.schema)
        described.write.mode("overwrite").partitionBy(*self.partition_columns).options(**dict(options or {})).parquet(
            str(self._transaction.folder)
        )

    def write_pandas(self, pandas_df: Any) -> None:
        """Write a pandas DataFrame as the dataset's new rows."""
        self.write_dataframe(self._spark.createDataFrame(pandas_df))

    def dataframe(self) -> DataFrame:
        """Return the rows that this job has written.

        Raises:
            WriteError: it has written none yet.
        """
        if self.schema is None:
            raise WriteError(f"{self.path} has not been written in this job yet; there is nothing to read.")
        return read_staged(self._spark, self.schema, self._transaction.folder)

    def set_mode(self, mode: str) -> None:
        """Choose how rows are written; without `@incremental` there is 'replace' alone.

        Raises:
            WriteError: another mode, or data has been written already.
        """
        if self.schema is not None:
            raise WriteError(f"{self.path}: set_mode comes before the first write.")
        if mode != "replace":
            raise WriteError(f"{self.path}: mode '{mode}' needs @incremental, which this version does not run yet.")

    def abort(self) -> None:
        """Void what was and will be written here; the dataset keeps its last version and the job succeeds."""
        self.is_aborted = True


def _check_arguments(
    path: str, df: Any, bucket_cols: Any, bucket_count: Any, column_descriptions: Mapping[str, str] | None
) -> None:
    if not isinstance(df, DataFrame):
        hint = " Use write_pandas for it." if type(df).__module__.startswith("pandas") else ""
        raise WriteError(f"{path} is written from a Spark DataFrame, not from a {type(df).__name__}.{hint}")
    if (bucket_cols is None) != (bucket_count is None):
        raise WriteError(f"{path}: bucket_cols and bucket_count go together.")
    for name, description in (column_descriptions or {}).items():
        if len(description) > _LONGEST_DESCRIPTION:
            raise WriteError(f"{path}: the description of '{name}' has more than {_LONGEST_DESCRIPTION} characters.")


def _with_descriptions(df: DataFrame, descriptions: Mapping[str, str]) -> DataFrame:
    if not descriptions:
        return df
    return df.select(
        *[
            df[f"`{field.name}`"].alias(
                field.name, metadata={**field.metadata, "comment": descriptions.get(field.name, "")}
            )
            if field.name in descriptions
            else df[f"`{field.name}`"]
            for field in df.schema.fields
        ]
    )
