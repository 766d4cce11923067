"""Whether rows with certain columns can be a dataset, or be added to one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from transforms_api.errors import WriteError
from transforms_api.store.delta_log import TableVersion


def demand_names(dataset: str, names: Iterable[str], base: TableVersion | None) -> None:
    """Make sure that rows with columns of these names can be a dataset, or be added to `base`.

    Raises:
        WriteError: two of all the names differ in case only, or not at all.
    """
    new = list(names)
    kept = [name for name in (types_of(base.schema) if base else ()) if name not in new]
    if pair := alike([*new, *kept]):
        raise WriteError(
            f"{dataset} cannot have the columns '{pair[0]}' and '{pair[1]}': Spark, which ignores case, does not tell "
            "them apart. Rename one of them, or drop it."
        )


def alike(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names that differ in case only, or not at all; None where there are none."""
    known: dict[str, str] = {}
    for name in names:
        if name.lower() in known:
            return known[name.lower()], name
        known[name.lower()] = name
    return None


def columns_to_add(
    dataset: str, schema: str, partition_columns: Sequence[str], base: TableVersion
) -> list[dict[str, Any]]:
    """Return the columns of new rows that the rows of `base` have not.

    Raises:
        WriteError: the rows have other types or partitions than those of `base`.
    """
    known = types_of(base.schema)
    new = json.loads(schema)["fields"]
    for column in new:
        name = column["name"]
        if name in known and known[name] != column["type"]:
            raise WriteError(
                f"Rows cannot be added to {dataset}: column '{name}' is {known[name]} there and {column['type']} in "
                "the new rows. Give it the same type, or replace the dataset: set_mode('replace')."
            )
    if tuple(partition_columns) != base.partition_columns:
        raise WriteError(
            f"Rows cannot be added to {dataset}: it is partitioned by {list(base.partition_columns)}, the new rows by "
            f"{list(partition_columns)}."
        )
    return [column for column in new if column["name"] not in known]


def in_a_word(data_type: Any) -> str:
    """Return a type of a schema as JSON in a word; what is nested by the kind of its nesting."""
    return str(data_type if isinstance(data_type, str) else data_type["type"])


def types_of(schema: str) -> dict[str, Any]:
    """Return column → type, of a schema as JSON."""
    return {column["name"]: column["type"] for column in json.loads(schema)["fields"]}
