"""A DataFrame on its way into a dataset: what is refused, and what columns carry with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from transforms_api.errors import WriteError

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
    """Make sure that `write_dataframe` was called with what Foundry would take.

    Raises:
        WriteError: what `path` is written from, or with, is not that.
    """
    if not isinstance(df, DataFrame):
        hint = " Use write_pandas for it." if type(df).__module__.startswith("pandas") else ""
        raise WriteError(f"{path} is written from a Spark DataFrame, not from a {type(df).__name__}.{hint}")
    if (bucket_cols is None) != (bucket_count is None):
        raise WriteError(f"{path}: bucket_cols and bucket_count go together.")
    for name, description in (descriptions or {}).items():
        if len(description) > _LONGEST_DESCRIPTION:
            raise WriteError(f"{path}: the description of '{name}' has more than {_LONGEST_DESCRIPTION} characters.")
    for name, classes in (typeclasses or {}).items():
        if any(set(one) != {"name", "kind"} or max(map(len, one.values())) > _LONGEST_TYPECLASS for one in classes):
            raise WriteError(
                f"{path}: typeclasses of '{name}' are dicts with 'name' and 'kind' of at most "
                f"{_LONGEST_TYPECLASS} characters each."
            )


def described(df: DataFrame, descriptions: Mapping[str, str], typeclasses: Typeclasses) -> DataFrame:
    """Return `df` with descriptions and typeclasses in its columns' metadata; names that it lacks are left out."""
    if not descriptions and not typeclasses:
        return df

    def column(field: T.StructField) -> Column:
        metadata = dict(field.metadata)
        if field.name in descriptions:
            metadata["comment"] = descriptions[field.name]
        if field.name in typeclasses:
            metadata["typeclasses"] = json.dumps([dict(one) for one in typeclasses[field.name]])
        return df[f"`{field.name.replace('`', '``')}`"].alias(field.name, metadata=metadata)

    return df.select(*[column(field) for field in df.schema.fields])
