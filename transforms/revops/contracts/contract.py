"""A dataset's contract: its schema and key, and the expectations that make a build enforce them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check

from .fields import COMMON_FIELDS


@dataclass(frozen=True)
class Contract:
    """Fields, grain and primary key that a dataset promises to its readers."""

    name: str
    """Name of the interface in dashboard_data_contracts.md, or one formed like it."""
    grain: str
    """Grain: 'one row per …'."""
    primary_key: tuple[str, ...]
    schema: T.StructType
    """Every field with its type and documentation, `CommonFields` last."""

    def checks(self) -> list[Check]:
        """Return the expectations that stop a job whose output breaks this contract.

        A wrong type or a missing or additional field fails the schema check, a null the field's own check (unless the
        field gives a reason for nulls), an unknown enumeration value its `is_in`, a repeated row the primary key.
        """
        return [
            Check(E.schema().equals(self._types()), f"{self.name}: has the fields of its contract"),
            Check(E.primary_key(*self.primary_key), f"{self.name}: {', '.join(self.primary_key)} is its key"),
            *(check for field in self.schema.fields for check in self._field_checks(field)),
        ]

    def conform(self, df: DataFrame) -> DataFrame:
        """Return `df` with the contract's columns alone, in their order, of their types and with their comments."""
        return df.select(
            *[
                F.col(field.name)
                .cast(field.dataType)
                .alias(field.name, metadata={"comment": field.metadata["comment"]})
                for field in self.schema.fields
            ]
        )

    def typed(self, df: DataFrame) -> DataFrame:
        """Return the columns of `conform` without comments, for rows that are computed with and not written.

        Sail fails if only some of the columns that it unites or gathers have comments.

        Args:
            df: rows with the fields of the contract.
        """
        return df.select(*[F.col(field.name).cast(field.dataType).alias(field.name) for field in self.schema.fields])

    def _types(self) -> dict[str, T.DataType]:
        return {field.name: field.dataType for field in self.schema.fields}

    def _field_checks(self, field: T.StructField) -> Iterator[Check]:
        label, values = f"{self.name}.{field.name}", field.metadata.get("values")
        if not field.nullable:
            yield Check(E.col(field.name).non_null(), f"{label} is known")
        if values:
            yield Check(E.col(field.name).is_in(*values, None), f"{label} is one of {', '.join(values)}")
        if "most" in field.metadata:
            most = field.metadata["most"]
            yield Check(E.col(field.name).size().lte(most), f"{label} has at most {most} elements")


def contract(name: str, grain: str, primary_key: tuple[str, ...], fields: list[T.StructField]) -> Contract:
    """Return the contract of a dataset with these fields and, after them, the `CommonFields`.

    Args:
        name: name of the row's type.
        grain: what a row stands for.
        primary_key: columns that identify a row.
        fields: the fields without the common ones.
    """
    return Contract(name, grain, primary_key, T.StructType([*fields, *COMMON_FIELDS]))
