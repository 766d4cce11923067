"""Foundry's `transforms.verbs.dataframes`: names only. What Foundry does not document can be imported, not called."""

from transforms_api.runtime import sanitize_schema_for_parquet, undocumented_functions, union_many

__all__ = ["map_columns", "sanitize_schema_for_parquet", "sort_array_columns", "union_many"]  # noqa: F822  __getattr__

__getattr__ = undocumented_functions(__name__)
