"""Foundry's `transforms.expectations`: names only, `transforms_api` does the work."""

from transforms_api.checks.builders import all, any, col, count, primary_key, schema

__all__ = ["all", "any", "col", "count", "primary_key", "schema"]
