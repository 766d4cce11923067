"""What a test asserts of DataFrames: that they keep a contract, that they are equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms_api.checks.builders import col, primary_key, schema
from transforms_api.checks.check import Check
from transforms_api.checks.evaluate import evaluate
from transforms_api.contracts.contract import Contract
from transforms_api.contracts.fields import most_of, values_of
from transforms_api.testing.differences import difference
from transforms_api.testing.tables import table_of


def assert_contract(df: Any, contract: Contract) -> None:
    """Assert that the rows of a DataFrame keep a contract: by its `checks()`, or else by what its fields say.

    These are columns and types, nulls, enumerations, sizes of arrays and the key, all in one pass over the rows.

    Args:
        df: a DataFrame of Spark, or a DataFrame or LazyFrame of Polars.

    Raises:
        AssertionError: it breaks the contract; the text has everything that it breaks, with some of the rows.
    """
    results = evaluate(contract.name, df, _checks_of(contract))
    broken = [str(result) for result in results if result.problem is not None]
    if broken:
        head = f"{len(broken)} of {len(results)} promises of the contract are broken:"
        raise AssertionError("\n".join([head, *broken]))


def assert_df_equality(
    actual: DataFrame, expected: DataFrame, *, precision: float | None = None, **options: Any
) -> None:
    """Assert that two DataFrames of Spark have the same columns and rows: chispa's assertion, as datasets need it.

    A dataset has no order of rows, and all its columns can be null: unless `options` say otherwise neither counts, nor
    do comments of columns; NaN equals NaN.

    Args:
        precision: how far numbers may be apart; they are equal by default.
        options: those of `chispa.assert_df_equality`, with a precision of `chispa.assert_approx_df_equality`.

    Raises:
        AssertionError: they differ; the text names columns, or else rows and what differs in them.
        ModuleNotFoundError: chispa is missing: `pip install 'transforms-anywhere[testing]'`.
    """
    from chispa import DataFramesNotEqualError, assert_approx_df_equality
    from chispa import assert_df_equality as assert_exact
    from chispa.schema_comparer import SchemasNotEqualError

    how = {"ignore_row_order": True, "ignore_nullable": True, "allow_nan_equality": True, **options}
    try:
        if precision is None:
            assert_exact(actual, expected, **{"ignore_metadata": True, **how})
        else:
            assert_approx_df_equality(_without_comments(actual), _without_comments(expected), precision, **how)
    except (DataFramesNotEqualError, SchemasNotEqualError) as error:
        told = difference(table_of(actual), table_of(expected)) or [str(error)]
        raise AssertionError("\n".join(["The DataFrames differ:", *told])) from None


def _without_comments(df: DataFrame) -> DataFrame:
    """Return `df` without metadata, which chispa compares where a precision is given."""
    names = [(name, name.replace("`", "``")) for name in df.columns]
    return df.select(*[F.col(f"`{quoted}`").alias(name, metadata={}) for name, quoted in names])


def _checks_of(contract: Contract) -> list[Check]:
    own = getattr(contract, "checks", None)
    return list(own()) if callable(own) else list(_checks_of_fields(contract))


def _checks_of_fields(contract: Contract) -> Iterator[Check]:
    fields = contract.schema.fields
    yield Check(schema().equals({field.name: field.dataType for field in fields}), "has the columns of its contract")
    if contract.primary_key:
        yield Check(primary_key(*contract.primary_key), f"{', '.join(contract.primary_key)} is its key")
    for field in fields:
        if not field.nullable:
            yield Check(col(field.name).non_null(), f"{field.name} is known")
        if values := values_of(field):
            yield Check(col(field.name).is_in(*values, None), f"{field.name} is one of {', '.join(map(str, values))}")
        if (most := most_of(field)) is not None:
            yield Check(col(field.name).size().lte(most), f"{field.name} has at most {most} elements")
