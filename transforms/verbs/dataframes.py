"""Foundry's `transforms.verbs.dataframes`: names only. What Foundry does not document can be imported, not called."""

from transforms_api.verbs.parquet_names import sanitize_schema_for_parquet
from transforms_api.verbs.undocumented import undocumented_functions
from transforms_api.verbs.union import union_many

__all__ = ["map_columns", "sanitize_schema_for_parquet", "sort_array_columns", "union_many"]  # noqa: F822  __getattr__

__getattr__ = undocumented_functions(__name__)
