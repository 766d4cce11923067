"""Foundry's `transforms.expectations`: names only, `transforms_api` does the work."""

from transforms_api.expectations import (
    all,
    any,
    col,
    count,
    dataset_ref,
    false,
    group_by,
    negate,
    primary_key,
    schema,
    true,
    when,
)

__all__ = [
    "all",
    "any",
    "col",
    "count",
    "dataset_ref",
    "false",
    "group_by",
    "negate",
    "primary_key",
    "schema",
    "true",
    "when",
]
