"""Rows of an exported file under our names, judged: used or rejected with a reason, never lost."""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from .cells import corrected, trimmed
from .mapping import NEEDED_FIELDS, OPTIONAL_FIELDS, ExportMapping, SourceFile

ROW_NUMBER = "_row_number"
"""Column in which a file comes with the place of each row, 1 for the first."""

Rule = tuple[Column, str]
"""When a row cannot be used, and the reason to give for it."""


def named_rows(file: DataFrame, source: SourceFile) -> DataFrame:
    """Return `row_number`, `row` (the row as JSON) and the struct `text` with every field of the section.

    A field is trimmed and corrected text, null where the cell is blank or the mapping names no column for it.
    ValueError where the file lacks a column that the mapping names.
    """
    columns = [name for name in file.columns if name != ROW_NUMBER]
    for field, column in source.columns.items():
        if column not in columns:
            raise ValueError(
                f"{source.section}.columns.{field} names the column {column!r}, which {source.name} does not have: "
                f"choose one of {', '.join(columns)}"
            )
    return file.select(
        F.col(ROW_NUMBER).cast("long").alias("row_number"),
        F.to_json(F.struct(*[_column(name) for name in columns]), {"ignoreNullFields": "false"}).alias("row"),
        F.struct(*[_field(source, field).alias(field) for field in fields(source.section)]).alias("text"),
    )


def no_rows(spark: SparkSession, section: str) -> DataFrame:
    """Return what `named_rows` returns for a file without rows: it stands in for a file that an export lacks."""
    text = T.StructType([T.StructField(field, T.StringType()) for field in fields(section)])
    schema = T.StructType().add("row_number", T.LongType()).add("row", T.StringType()).add("text", text)
    return spark.createDataFrame([], schema)


def fields(section: str) -> tuple[str, ...]:
    """Return the names of all fields that a file of this section can have."""
    return (*NEEDED_FIELDS[section], *OPTIONAL_FIELDS[section])


def key_rules() -> list[Rule]:
    """Return the rules that every file keeps: each row has an id, and of several with one id the first is used."""
    first = F.min("row_number").over(Window.partitionBy("text.id"))
    return [
        (F.col("text.id").isNull(), "it has no id"),
        (F.col("row_number") > first, "an earlier row has the same id"),
    ]


def judged(rows: DataFrame, rules: list[Rule]) -> DataFrame:
    """Return the rows with `reason`: that of the first rule which forbids to use the row, null for a usable one."""
    return rows.select("*", F.coalesce(*[F.when(forbids, reason) for forbids, reason in rules]).alias("reason"))


def usable(judged_rows: DataFrame) -> DataFrame:
    """Return the rows without a reason against them."""
    return judged_rows.where(F.col("reason").isNull())


def rejected(judged_rows: DataFrame, source: SourceFile, export: ExportMapping) -> DataFrame:
    """Return the other rows as the contract IMPORT_REJECTS has them."""
    return judged_rows.where(F.col("reason").isNotNull()).select(
        F.lit(source.name).alias("source_file"), "row_number", "reason", "row", *recorded_on(F.lit(export.today))
    )


def counted(judged_rows: DataFrame, source: SourceFile, export: ExportMapping) -> DataFrame:
    """Return one row of the contract IMPORT_SUMMARY: how many rows of the file were read, used and rejected."""
    return judged_rows.agg(
        F.lit(source.name).alias("source_file"),
        F.count(F.lit(1)).alias("rows_read"),
        F.count(F.when(F.col("reason").isNull(), 1)).alias("rows_used"),
        F.count("reason").alias("rows_rejected"),
    ).select("*", *recorded_on(F.lit(export.today)))


def recorded_on(day: Column) -> list[Column]:
    """Return the `CommonFields` of a row that states no dates of its own: all three the day of the export."""
    return [day.alias(name) for name in ("created_at", "updated_at", "data_freshness")]


def _field(source: SourceFile, field: str) -> Column:
    if field not in source.columns:
        return F.lit(None).cast("string")
    return corrected(trimmed(_column(source.columns[field])), source.corrections.get(field, {}))


def _column(name: str) -> Column:
    escaped = name.replace("`", "``")
    return F.col(f"`{escaped}`")
