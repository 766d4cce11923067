"""Spark DataFrames as the text tells them: which expressions are some, and which of them have few rows for certain."""

from __future__ import annotations

import ast

from transforms_api.lint.module import FUNCTIONS, Function, Module, arguments_of, is_stored, method_of, text_of

DATAFRAME = "pyspark.sql.DataFrame"
_MAKERS = frozenset({"dataframe", "createDataFrame", "toDF", "unionByName", "withColumn", "groupBy"})
"""Methods that, where Spark is imported, nothing but Spark's objects and Foundry's inputs have."""
_FEW = frozenset({"limit", "head", "take", "tail", "describe", "summary", "parallelize", "createDataFrame", "files"})
_MORE = frozenset({"join", "crossJoin", "union", "unionAll", "unionByName", "flatMap"})
_AGGREGATES = frozenset(
    f"{FUNCTIONS}.{name}"
    for name in ("min", "max", "sum", "avg", "mean", "count", "countDistinct", "count_distinct",
                 "approx_count_distinct", "first", "last", "max_by", "min_by", "stddev", "variance",
                 "percentile_approx")
)  # fmt: skip


def is_frame(module: Module, node: ast.expr) -> bool:
    """Tell whether an expression is certainly a Spark DataFrame, or made of one by its methods."""
    steps, root = _chain(module, node)
    if "pyspark" not in module.imported:
        return isinstance(root, ast.Name) and _is_frame_parameter(module, root)
    return any(step in _MAKERS for step, _ in steps) or (
        isinstance(root, ast.Name) and _is_frame_parameter(module, root)
    )


def has_few_rows(module: Module, node: ast.expr) -> bool:
    """Tell whether a DataFrame is limited, aggregated to one row, made in the code, or distinct values of a column."""
    steps, _ = _chain(module, node)
    for place, (step, call) in enumerate(steps):
        inner = [name for name, _ in steps[place + 1 :]]
        if step in _MORE and not (step == "flatMap" and _takes_rows_apart(call)):
            return False
        if step in _FEW or (step == "agg" and not _is_grouped(steps[place + 1 :])):
            return True
        if step == "select" and call.args and all(_is_aggregate(module, one) for one in call.args):
            return True
        if step in ("distinct", "dropDuplicates", "drop_duplicates") and inner[:1] == ["select"]:
            return len(steps[place + 1][1].args) == 1 and not isinstance(steps[place + 1][1].args[0], ast.Starred)
        if step == "sql" and (text_of(call.args[0] if call.args else None) or "").lower().startswith("show "):
            return True
    return False


def _chain(module: Module, node: ast.expr) -> tuple[list[tuple[str, ast.Call]], ast.expr]:
    """Return the method calls that an expression is made by, the last first, and what the first is called on.

    A name stands for what it was last given above its use, in the same function.
    """
    steps: list[tuple[str, ast.Call]] = []
    while True:
        if isinstance(node, ast.Call) and (name := method_of(node)) and isinstance(node.func, ast.Attribute):
            steps.append((name, node))
            node = node.func.value
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.Name) and (given := _last_given(module, node)) is not None:
            node = given
        else:
            return steps, node


def _takes_rows_apart(call: ast.Call) -> bool:
    """Tell whether a `flatMap` gives the columns of its rows: no more values than columns for each row."""
    function = call.args[0] if call.args else None
    if isinstance(function, ast.Name):
        return function.id in ("list", "tuple")
    if not isinstance(function, ast.Lambda) or len(function.args.args) != 1:
        return False
    row = function.args.args[0].arg
    return isinstance(function.body, ast.Name) and function.body.id == row


def _last_given(module: Module, name: ast.Name) -> ast.expr | None:
    around = module.function_of(name)
    statement = next((one for one in module.above(name) if isinstance(one, ast.stmt)), name)
    given = [
        one
        for one in ast.walk(around)
        if isinstance(one, ast.Assign)
        and (one.end_lineno or one.lineno) < statement.lineno
        and any(isinstance(target, ast.Name) and is_stored(target) and target.id == name.id for target in one.targets)
        and module.function_of(one) is around
    ]
    return max(given, key=lambda one: one.lineno).value if given else None


def _is_frame_parameter(module: Module, name: ast.Name) -> bool:
    """Tell whether a name is a parameter that says it is a DataFrame, or one that `transform_df` fills."""
    function = module.function_of(name)
    given = next((one for one in arguments_of(function) if one.arg == name.id), None)
    if not isinstance(function, Function) or given is None or isinstance(function, ast.Lambda):
        return False
    if given.annotation is not None:
        return module.origin(given.annotation) == DATAFRAME or text_of(given.annotation) == "DataFrame"
    decorators = [one.func for one in function.decorator_list if isinstance(one, ast.Call)]
    return name.id != "ctx" and any(module.origin(one) == "transforms.api.transform_df" for one in decorators)


def _is_grouped(steps: list[tuple[str, ast.Call]]) -> bool:
    return bool(steps) and steps[0][0] in ("groupBy", "groupby", "rollup", "cube", "pivot") and bool(steps[0][1].args)


def _is_aggregate(module: Module, node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("alias", "cast"):
        node = node.func.value
    return isinstance(node, ast.Call) and module.origin(node.func) in _AGGREGATES
