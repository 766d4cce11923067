"""F201 and F202: rows that depend on when they are built."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.module import FUNCTIONS, Module
from transforms_api.lint.rules import Finding
from transforms_api.lint.sql_texts import sql_calls
from transforms_api.lint.uses import is_logged, is_recorded, uses_of

_ALWAYS = frozenset({
    "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today",
    "time.time", "time.time_ns", "pandas.Timestamp.now", "pandas.Timestamp.today", "pandas.Timestamp.utcnow",
    "pendulum.now", "pendulum.today", "arrow.now", "arrow.utcnow",
})  # fmt: skip
_WITHOUT_ARGUMENTS = frozenset({"time.localtime", "time.gmtime", "time.ctime"})
_OF_SPARK = frozenset(
    {"current_timestamp", "current_date", "curdate", "now", "localtimestamp", "unix_timestamp", "current_time"}
)


def check_python_clock(module: Module) -> Iterator[Finding]:
    """Yield calls of Python's clocks, but for those that are logged or that measure how long something takes."""
    for call in module.all_of(ast.Call):
        if _asks(module, call) and not is_logged(module, call) and not _measures(module, call):
            yield module.finding(
                call, "F201", f"{ast.unparse(call.func)}() is the time at which the build happens to run"
            )


def check_spark_clock(module: Module) -> Iterator[Finding]:
    """Yield calls of Spark's clocks, in Python and in SQL, with whose result something is computed."""
    message = "'{}' is computed with: what it decides changes with the day, and the dataset stays as it was built"
    for call in module.all_of(ast.Call):
        package, _, name = (module.origin(call.func) or "").rpartition(".")
        if package == FUNCTIONS and name in _OF_SPARK and not call.args and not is_recorded(module, call):
            yield module.finding(call, "F202", message.format(name))
    for text, name, is_column in sql_calls(module, _OF_SPARK, ""):
        if not is_column and not _is_recorded_expression(module, text):
            yield module.finding(text, "F202", message.format(name))


def _asks(module: Module, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    origin = module.origin(node.func)
    return origin in _ALWAYS or (origin in _WITHOUT_ARGUMENTS and not node.args)


def _measures(module: Module, call: ast.Call) -> bool:
    """Tell whether a time is only ever subtracted from, or has subtracted from it, another reading of the clock."""
    above = module.parents.get(call)
    if isinstance(above, ast.Assign):
        uses = uses_of(module, above)
        return bool(uses) and all(_is_in_difference(module, use) or is_logged(module, use) for use in uses)
    return _is_in_difference(module, call)


def _is_in_difference(module: Module, node: ast.AST) -> bool:
    above = module.parents.get(node)
    if not isinstance(above, ast.BinOp) or not isinstance(above.op, ast.Sub):
        return False
    other = above.right if node is above.left else above.left
    return _asks(module, other) or (isinstance(other, ast.Name) and _is_reading(module, other))


def _is_reading(module: Module, name: ast.Name) -> bool:
    """Tell whether a name was given the time, in the function around it."""
    around = [one for one in ast.walk(module.function_of(name)) if isinstance(one, ast.Assign)]
    return any(_asks(module, one.value) and ast.unparse(one.targets[0]) == name.id for one in around)


def _is_recorded_expression(module: Module, text: ast.expr) -> bool:
    """Tell whether SQL is nothing but a call, in an `expr` whose value becomes a column of its own."""
    call = module.parents[text]
    is_alone = isinstance(text, ast.Constant) and str(text.value).strip().endswith("()") and " " not in str(text.value)
    return is_alone and isinstance(call, ast.Call) and is_recorded(module, call)
