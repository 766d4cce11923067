"""What becomes of a value that an expression gives, as far as the code around it tells."""

from __future__ import annotations

import ast

from transforms_api.lint.module import FUNCTIONS, Module, argument, is_stored, method_of, text_of

_LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_CONVERSIONS = frozenset(
    f"{FUNCTIONS}.{name}"
    for name in ("lit", "to_date", "to_timestamp", "date_format", "date_trunc", "trunc", "to_utc_timestamp",
                 "from_utc_timestamp")
)  # fmt: skip


def is_logged(module: Module, node: ast.AST) -> bool:
    """Tell whether a value only goes into a log or onto the screen."""
    calls = [one for one in module.above(node) if isinstance(one, ast.Call)]
    return any(
        (isinstance(call.func, ast.Name) and call.func.id == "print") or method_of(call) in _LOGS for call in calls
    )


def is_recorded(module: Module, node: ast.expr, seen: frozenset[ast.AST] = frozenset()) -> bool:
    """Tell whether a column's value becomes a column of its own and nothing is computed with it.

    Such are the column of a `withColumn`, what is renamed by `alias`, and a name all of whose uses are such.
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
    """Tell whether a value is that of a column which the same function drops again, or just spreads rows around."""
    for call in (one for one in module.above(node) if isinstance(one, ast.Call)):
        if method_of(call) in ("repartition", "repartitionByRange"):
            return True
        if method_of(call) == "withColumn" and (name := text_of(argument(call, 0, "colName"))) is not None:
            others = ast.walk(module.function_of(node))
            drops = (one for one in others if isinstance(one, ast.Call) and method_of(one) == "drop")
            if any(text_of(dropped) == name for drop in drops for dropped in drop.args):
                return True
    return False


def uses_of(module: Module, assignment: ast.Assign) -> list[ast.Name]:
    """Return where the one name that an assignment gives a value is used, in the function or module around it."""
    match assignment.targets:
        case [ast.Name(id=name)]:
            around = ast.walk(module.function_of(assignment))
            return [one for one in around if isinstance(one, ast.Name) and one.id == name and not is_stored(one)]
    return []
