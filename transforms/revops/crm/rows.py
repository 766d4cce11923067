"""Rows of an exported file under our names, judged: used, rejected with a reason, or set aside; never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import polars as pl

from .cells import corrected, trimmed
from .mapping import Constant, ExportMapping, Join, RowNumber, Source

REASONS = {
    "ragged_row": "it has more cells than the header",
    "no_id": "it has no id",
    "duplicate_id": "an earlier row has the same id",
    "unknown_stage": "its stage is not in the mapping",
    "unknown_rep": "its rep is in no file of reps",
    "unknown_deal": "its deal is none of those that are used",
    "unknown_type": "its type is not in the mapping",
    "bad_close_date": "its close date is no date",
    "bad_amount": "its amount is no number",
    "bad_date": "its date is no date",
    "negative_amount": "its amount is negative",
    "won_without_amount": "it is won but has no amount",
    "closed_without_close_date": "it is closed but has no close date",
    "closes_before_opens": "it closes before it opens",
    "closed_in_future": "it is closed but its close date is in the future",
    "in_future": "its date is in the future",
}
"""Kind of a reject → the reason in words."""

Rule = tuple[pl.Expr, str]
"""When a row cannot be used, and the kind of the reject: a key of `REASONS`."""


class RaggedRow(Protocol):
    """A row with more cells than the header."""

    @property
    def row(self) -> int:
        """Number of the row, 1 for the first behind the header."""

    @property
    def raw(self) -> str:
        """Its text."""


class TextTable(Protocol):
    """A file as text."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""

    @property
    def frame(self) -> pl.LazyFrame:
        """Columns of text, and `_row`: the number of the row, 1 for the first behind the header."""

    @property
    def ragged(self) -> Sequence[RaggedRow]:
        """Rows with more cells than the header; `frame` lacks them."""

    @property
    def not_rows(self) -> Sequence[object]:
        """Lines that are no rows, such as a footer or a total."""

    def raw(self, rows: Sequence[int]) -> Mapping[int, str]:
        """Return number → text of these rows.

        Args:
            rows: numbers of rows, from 1.
        """


class ExportFiles(Protocol):
    """The files of an export, as the engine reads them."""

    def find(self, pattern: str) -> list[str]:
        """Return the names of the files that fit a pattern; of an export of a single file always this one.

        Args:
            pattern: file name or pattern, as a mapping states it.
        """

    def read(self, name: str, source: Source) -> TextTable:
        """Return a file as text, with the options that its section states.

        Args:
            name: name of the file.
            source: the section.
        """

    def last_import(self, dataset: str) -> pl.LazyFrame | None:
        """Return the rows of a dataset as the last import wrote them; None if there was none.

        Args:
            dataset: path of the dataset.
        """


@dataclass
class SourceRows:
    """A file of the export under our names.

    Attributes:
        section: its section of the mapping.
        name: file name.
        source: what the mapping says about it.
        table: the file.
        frame: `_row` and one column of trimmed and corrected text for each field of the section.
        rejects: number of the row, its id and the kind of the reject, in the order of reading.
        lost: kind and field of values that could not be used → how many, and an example.
        aside: rows that are none of the dataset's, such as planned activities.
        used: rows that are used.
        deals: deals that these are about; counted for activities alone.
    """

    section: str
    name: str
    source: Source
    table: TextTable
    frame: pl.LazyFrame
    rejects: list[pl.DataFrame] = field(default_factory=list)
    lost: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    aside: int = 0
    used: int = 0
    deals: int = 0

    def has(self, name: str) -> bool:
        """Return whether the mapping names a column for a field, and the file has it.

        Args:
            name: the field.
        """
        return name in self.present

    @property
    def present(self) -> set[str]:
        """Fields for which the file has a column."""
        return self._present

    _present: set[str] = field(default_factory=set)


def source_rows(files: ExportFiles, mapping: ExportMapping, section: str) -> SourceRows | None:
    """Return the rows of a section; None if the mapping has no such section, or its file is missing and may be.

    Args:
        files: the files of the export.
        mapping: the mapping.
        section: name of the section.

    Raises:
        ValueError: there is no such file, several fit the pattern, or a column is missing.
    """
    source = mapping.sources().get(section)
    if source is None or source.file is None:
        return None
    matches = files.find(source.file) if section == "opportunities" or not getattr(files, "is_single", False) else []
    if not matches and mapping.skip_missing and section != "opportunities":
        return None
    if len(matches) != 1:
        which = f"fits {', '.join(matches)}: name one of them" if matches else "is not in the export"
        raise ValueError(f"{section}.file: {source.file!r} {which}")
    table = files.read(matches[0], source)
    fields = type(source.columns).model_fields
    specs = {
        name: _expression(section, name, getattr(source.columns, name), table, mapping, matches[0]) for name in fields
    }
    missing = [name for name, info in fields.items() if specs[name] is None and info.is_required()]
    if missing and mapping.skip_missing and section != "opportunities":
        return None
    if missing:
        raise ValueError(
            f"{section}.columns.{missing[0]}: {matches[0]} has no such column: choose one of {', '.join(table.columns)}"
        )
    texts = [
        pl.lit(None, pl.String).alias(name)
        if spec is None
        else corrected(spec, source.corrections.get(name, {})).alias(name)
        for name, spec in specs.items()
    ]
    rows = SourceRows(section, matches[0], source, table, table.frame.select("_row", *texts))
    rows._present = {name for name, spec in specs.items() if spec is not None}
    if table.ragged:
        ragged = [(line.row, None, "ragged_row") for line in table.ragged]
        rows.rejects.append(pl.DataFrame(ragged, schema=_REJECTS, orient="row"))
    return rows


_REJECTS = {"_row": pl.Int64, "id": pl.String, "kind": pl.String}


def judged(rows: pl.LazyFrame, rules: Sequence[Rule]) -> pl.LazyFrame:
    """Return the rows with `kind`: that of the first rule which forbids to use the row, null for a usable one.

    Args:
        rows: rows of a file.
        rules: conditions that forbid to use a row, each with its kind, in order.
    """
    kinds = [pl.when(forbids.fill_null(False)).then(pl.lit(kind)) for forbids, kind in rules]
    return rows.with_columns(pl.coalesce(*kinds).alias("kind") if kinds else pl.lit(None, pl.String).alias("kind"))


def repeated(rows: pl.LazyFrame, keys: Sequence[str] = ("id",)) -> pl.Expr:
    """Return whether an earlier row has the same key: a condition on `_row`.

    Args:
        rows: rows of a file.
        keys: columns of the key.
    """
    groups = rows.select("_row", *keys).drop_nulls(keys).group_by(keys).agg(first=pl.col("_row").min(), n=pl.len())
    several = groups.filter(pl.col("n") > 1).select(*keys, "first").collect(engine="streaming")
    if several.is_empty():
        return pl.lit(False)
    later = (
        rows.select("_row", *keys).join(several.lazy(), on=list(keys)).filter(pl.col("_row") > pl.col("first"))
        .select("_row").collect(engine="streaming")
    )  # fmt: skip
    return pl.col("_row").is_in(later["_row"].implode())


def note_lost(rows: SourceRows, frame: pl.DataFrame, text: str, value: pl.Expr, kind: str = "unreadable") -> None:
    """Count the values of an optional field that could not be read, with the first as an example.

    Args:
        rows: the file.
        frame: its usable rows.
        text: the field as text.
        value: the field as it was read.
        kind: kind of the problem.
    """
    if rows.has(text):
        lost = frame.filter(pl.col(text).is_not_null() & value.is_null())
        if lost.height:
            rows.lost[kind, text] = (lost.height, str(lost[text][0]))


def take_rejects(rows: SourceRows, judged_rows: pl.DataFrame, identifier: str = "id") -> pl.DataFrame:
    """Note the rejects of a file and return the usable rows.

    Args:
        rows: the file.
        judged_rows: rows of `judged`.
        identifier: column of the row's identifier.
    """
    rejects = judged_rows.filter(pl.col("kind").is_not_null())
    rows.rejects.append(rejects.select("_row", pl.col(identifier).cast(pl.String).alias("id"), "kind"))
    used = judged_rows.filter(pl.col("kind").is_null()).drop("kind")
    rows.used = used.height
    return used


def rejects_of(rows: SourceRows, today: date) -> pl.DataFrame:
    """Return the rejects of a file as the contract IMPORT_REJECTS has them.

    Args:
        rows: the file.
        today: day of the export.
    """
    rejects = pl.concat(rows.rejects) if rows.rejects else pl.DataFrame(schema=_REJECTS)
    ragged = {line.row: line.raw for line in rows.table.ragged}
    raw = {**rows.table.raw([row for row in rejects["_row"] if row not in ragged]), **ragged}
    return rejects.select(
        pl.lit(rows.name).alias("source_file"),
        pl.col("_row").alias("row_number"),
        pl.col("id").alias("row_id"),
        pl.col("kind").alias("reason_kind"),
        pl.col("kind").replace(REASONS).alias("reason"),
        pl.Series("row", [raw.get(row, "") for row in rejects["_row"]], pl.String),
        *recorded_on(today),
    ).sort("row_number")


def recorded_on(day: date) -> list[pl.Expr]:
    """Return the `CommonFields` of a row that states no dates of its own: all three the day of the export.

    Args:
        day: day of the export.
    """
    return [pl.lit(day).alias(name) for name in ("created_at", "updated_at", "data_freshness")]


def _expression(
    section: str, name: str, spec: Any, table: TextTable, mapping: ExportMapping, file: str
) -> pl.Expr | None:
    """Return the text of a field; None if the mapping or the file has none."""
    if spec is None:
        return None
    parts = [_part(part, table) for part in (spec if isinstance(spec, list) else [spec])]
    known = [part for part in parts if part is not None]
    if known:
        return pl.coalesce(*known)
    if mapping.skip_missing:
        return None
    raise ValueError(
        f"{section}.columns.{name} names {spec!r}, which {file} does not have: choose one of {', '.join(table.columns)}"
    )


def _part(spec: Any, table: TextTable) -> pl.Expr | None:
    match spec:
        case Constant(constant=value):
            return pl.lit(value)
        case RowNumber():
            return pl.col("_row").cast(pl.String)
        case Join(join=names, separator=separator):
            if any(_column(name, table) is None for name in names):
                return None
            columns = [trimmed(pl.col(str(_column(name, table)))) for name in names]
            joined = pl.concat_str(columns, separator=separator, ignore_nulls=True)
            return pl.when(pl.any_horizontal(column.is_not_null() for column in columns)).then(joined)
    column = _column(spec, table)
    return None if column is None else trimmed(pl.col(column))


def _column(name: str, table: TextTable) -> str | None:
    """Return the file's column of a name; upper and lower case and blanks around it make no difference."""
    if name in table.columns:
        return name
    return next((column for column in table.columns if column.strip().lower() == name.strip().lower()), None)
