"""Simple data flow in a module's text: uses of a value, function calls in SQL strings, and Spark DataFrames."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from transforms_api.porting.lint.module import (
    FUNCTIONS,
    Function,
    Module,
    argument,
    arguments_of,
    inner_nodes,
    is_stored,
    method_of,
    text_of,
)

_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_CONVERSIONS = frozenset(
    f"{FUNCTIONS}.{name}"
    for name in ("lit", "to_date", "to_timestamp", "date_format", "date_trunc", "trunc", "to_utc_timestamp",
                 "from_utc_timestamp")
)  # fmt: skip


def is_logged(module: Module, node: ast.AST) -> bool:
    """Return whether a value is only logged or printed.

    Args:
        module: the module.
        node: expression of the value.
    """
    return any(
        (isinstance(call.func, ast.Name) and call.func.id == "print") or method_of(call) in _LOGS
        for call in module.above(node, ast.Call)
    )


def is_recorded(module: Module, node: ast.expr, seen: frozenset[ast.AST] = frozenset()) -> bool:
    """Return whether a value becomes a column of its own and nothing is computed from it.

    Examples are the column of a `withColumn`, a renaming by `alias`, and a name all of whose uses are such.

    Args:
        module: the module.
        node: expression of the value.
        seen: names already followed.
    """
    above = module.parents.get(node)
    if isinstance(above, ast.Attribute):
        call = module.parents.get(above)
        if not isinstance(call, ast.Call) or call.func is not above:
            return False
        return above.attr == "alias" or (above.attr in ("cast", "astype") and is_recorded(module, call, seen))
    if isinstance(above, ast.Call):
        if method_of(above) == "withColumn":
            return True
        return module.origin(above.func) in _CONVERSIONS and is_recorded(module, above, seen)
    if isinstance(above, ast.Dict):
        call = module.parents.get(above)
        return isinstance(call, ast.Call) and method_of(call) == "withColumns"
    if isinstance(above, ast.Assign) and above not in seen:
        uses = uses_of(module, above)
        return bool(uses) and all(is_recorded(module, use, seen | {above}) for use in uses)
    return False


def is_dropped(module: Module, node: ast.expr) -> bool:
    """Return whether a value is that of a column that the same function drops, or only distributes rows.

    Args:
        module: the module.
        node: expression of the value.
    """
    for call in module.above(node, ast.Call):
        if method_of(call) in ("repartition", "repartitionByRange"):
            return True
        if method_of(call) == "withColumn" and (name := text_of(argument(call, 0, "colName"))) is not None:
            calls = inner_nodes(module.function_of(node), ast.Call)
            if any(text_of(dropped) == name for drop in calls if method_of(drop) == "drop" for dropped in drop.args):
                return True
    return False


def uses_of(module: Module, assignment: ast.Assign) -> list[ast.Name]:
    """Return the uses of the name that an assignment binds, in the function or module around it.

    Args:
        module: the module.
        assignment: binds one name.
    """
    match assignment.targets:
        case [ast.Name(id=name)]:
            names = inner_nodes(module.function_of(assignment), ast.Name)
            return [use for use in names if use.id == name and not is_stored(use)]
    return []


_METHODS = frozenset({"selectExpr", "where", "filter", "sql"})
_AUDIT = re.compile(r"(?:^|,|\bselect\b)\s*$", re.IGNORECASE), re.compile(r"\s+as\s+\w+", re.IGNORECASE)


def sql_calls(module: Module, functions: frozenset[str], arguments: str) -> Iterator[tuple[ast.expr, str, bool]]:
    """Yield calls of functions in SQL strings: the string, the function, and whether the call is a column of its own.

    Args:
        module: the module.
        functions: names of the functions.
        arguments: regular expression of the text between the parentheses.
    """
    pattern = re.compile(rf"\b({'|'.join(sorted(functions))})\s*\(\s*{arguments}\)", re.IGNORECASE)
    for call in module.all_of(ast.Call):
        if method_of(call) in _METHODS or module.origin(call.func) == f"{FUNCTIONS}.expr":
            for node in call.args:
                text = text_of(node)
                for match in pattern.finditer(text or ""):
                    assert text is not None
                    before, after = _AUDIT
                    is_column = before.search(text[: match.start()]) and after.match(text, match.end())
                    yield node, match[1].lower(), bool(is_column)


DATAFRAME = "pyspark.sql.DataFrame"
_MAKERS = frozenset({"dataframe", "createDataFrame", "toDF", "unionByName", "withColumn", "groupBy"})
"""Methods that only Spark's objects and Foundry's inputs have, in a module that imports Spark."""
_FEW = frozenset({"limit", "head", "take", "tail", "describe", "summary", "parallelize", "createDataFrame", "files"})
_MORE = frozenset({"join", "crossJoin", "union", "unionAll", "unionByName", "flatMap"})
_AGGREGATES = frozenset(
    f"{FUNCTIONS}.{name}"
    for name in ("min", "max", "sum", "avg", "mean", "count", "countDistinct", "count_distinct",
                 "approx_count_distinct", "first", "last", "max_by", "min_by", "stddev", "variance",
                 "percentile_approx")
)  # fmt: skip


def is_frame(module: Module, node: ast.expr) -> bool:
    """Return whether an expression is certainly a Spark DataFrame.

    Args:
        module: the module.
        node: the expression.
    """
    steps, root = _chain(module, node)
    if "pyspark" not in module.imported:
        return isinstance(root, ast.Name) and _is_frame_parameter(module, root)
    return any(step in _MAKERS for step, _ in steps) or (
        isinstance(root, ast.Name) and _is_frame_parameter(module, root)
    )


def has_few_rows(module: Module, node: ast.expr) -> bool:
    """Return whether a DataFrame is limited, aggregated to one row, built in the code, or distinct values of a column.

    Args:
        module: the module.
        node: expression of the DataFrame.
    """
    steps, _ = _chain(module, node)
    for index, (step, call) in enumerate(steps):
        inner = [name for name, _ in steps[index + 1 :]]
        if step in _MORE and not (step == "flatMap" and _takes_rows_apart(call)):
            return False
        if step in _FEW or (step == "agg" and not _is_grouped(steps[index + 1 :])):
            return True
        if step == "select" and call.args and all(_is_aggregate(module, column) for column in call.args):
            return True
        if step in ("distinct", "dropDuplicates", "drop_duplicates") and inner[:1] == ["select"]:
            return len(steps[index + 1][1].args) == 1 and not isinstance(steps[index + 1][1].args[0], ast.Starred)
        if step == "sql" and (text_of(call.args[0] if call.args else None) or "").lower().startswith("show "):
            return True
    return False


def _chain(module: Module, node: ast.expr) -> tuple[list[tuple[str, ast.Call]], ast.expr]:
    """Return the method calls of an expression, the last first, and the expression that the first is called on.

    A name stands for its last assignment above its use in the same function.
    """
    steps: list[tuple[str, ast.Call]] = []
    while True:
        if isinstance(node, ast.Call) and (name := method_of(node)) and isinstance(node.func, ast.Attribute):
            steps.append((name, node))
            node = node.func.value
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.Name) and (value := _last_assigned(module, node)) is not None:
            node = value
        else:
            return steps, node


def _takes_rows_apart(call: ast.Call) -> bool:
    """Return whether a `flatMap` yields the columns of its rows: at most one value per column and row."""
    function = call.args[0] if call.args else None
    if isinstance(function, ast.Name):
        return function.id in ("list", "tuple")
    if not isinstance(function, ast.Lambda) or len(function.args.args) != 1:
        return False
    row = function.args.args[0].arg
    return isinstance(function.body, ast.Name) and function.body.id == row


def _last_assigned(module: Module, name: ast.Name) -> ast.expr | None:
    around = module.function_of(name)
    line = next((statement.lineno for statement in module.above(name, ast.stmt)), name.lineno)
    assignments = [
        assignment
        for assignment in inner_nodes(around, ast.Assign)
        if (assignment.end_lineno or assignment.lineno) < line
        and any(isinstance(target, ast.Name) and target.id == name.id for target in assignment.targets)
        and module.function_of(assignment) is around
    ]
    return max(assignments, key=lambda assignment: assignment.lineno).value if assignments else None


def _is_frame_parameter(module: Module, name: ast.Name) -> bool:
    """Return whether a name is a parameter annotated as a DataFrame, or one that `transform_df` fills."""
    function = module.function_of(name)
    parameter = next((argument for argument in arguments_of(function) if argument.arg == name.id), None)
    if not isinstance(function, Function) or parameter is None or isinstance(function, ast.Lambda):
        return False
    if parameter.annotation is not None:
        return module.origin(parameter.annotation) == DATAFRAME or text_of(parameter.annotation) == "DataFrame"
    called = [decorator.func for decorator in function.decorator_list if isinstance(decorator, ast.Call)]
    return name.id != "ctx" and any(module.origin(maker) == "transforms.api.transform_df" for maker in called)


def _is_grouped(steps: list[tuple[str, ast.Call]]) -> bool:
    return bool(steps) and steps[0][0] in ("groupBy", "groupby", "rollup", "cube", "pivot") and bool(steps[0][1].args)


def _is_aggregate(module: Module, node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("alias", "cast"):
        node = node.func.value
    return isinstance(node, ast.Call) and module.origin(node.func) in _AGGREGATES
