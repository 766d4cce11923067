"""F402: all rows of a dataset in the driver's memory."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.frames import has_few_rows, is_frame
from transforms_api.lint.module import Module, method_of
from transforms_api.lint.rules import Finding


def check_fetched_rows(module: Module) -> Iterator[Finding]:
    """Yield each `collect` and `toPandas` of a Spark DataFrame that nothing in its function makes small."""
    for call in module.all_of(ast.Call):
        method = method_of(call)
        is_of_a_module = module.origin(call.func) is not None  # such as gc.collect()
        if method in ("collect", "toPandas") and isinstance(call.func, ast.Attribute) and not is_of_a_module:
            frame = call.func.value
            if (method == "toPandas" or _collects(module, frame)) and not has_few_rows(module, frame):
                yield module.finding(call, "F402", f"'{method}' fetches as many rows as the data has")


def _collects(module: Module, frame: ast.expr) -> bool:
    """Tell whether it is Spark that collects, and not Polars, whose lazy frames have a `collect`, too."""
    uses_spark = "pyspark" in module.imported and "polars" not in module.imported
    return uses_spark or is_frame(module, frame)
