"""F203, F204 and F205: rows that depend on chance, or on how many partitions there happen to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.lint.frames import is_frame
from transforms_api.lint.module import FUNCTIONS, Module, argument, method_of
from transforms_api.lint.rules import Finding
from transforms_api.lint.sql_texts import sql_calls
from transforms_api.lint.uses import is_dropped, is_logged

_GENERATORS = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})
_NEVER_SEEDED = frozenset({"uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom"})
_NO_DRAWS = frozenset({"seed", "getstate", "setstate", "get_state", "set_state", "Generator", "SeedSequence", "PCG64"})
_WITHOUT_SEED = frozenset({"rand", "randn", "random", "uuid"})
_BY_PARTITION = "monotonically_increasing_id"


def check_python_chance(module: Module) -> Iterator[Finding]:
    """Yield draws of Python and numpy without a seed, but for those of a common generator that the module seeds."""
    seeded = {
        origin.rpartition(".")[0]
        for call in module.all_of(ast.Call)
        if call.args and (origin := module.origin(call.func)) in ("random.seed", "numpy.random.seed")
    }
    for call in module.all_of(ast.Call):
        origin = module.origin(call.func)
        if origin and _draws(origin, call, seeded) and not is_logged(module, call):
            yield module.finding(call, "F203", f"{ast.unparse(call.func)}() has no seed")


def _draws(origin: str, call: ast.Call, seeded: set[str]) -> bool:
    if origin in _GENERATORS:
        return not call.args and not call.keywords
    library, _, name = origin.rpartition(".")
    is_common = library in ("random", "numpy.random") and name not in _NO_DRAWS and library not in seeded
    return is_common or origin in _NEVER_SEEDED or library == "secrets"


def check_spark_chance(module: Module) -> Iterator[Finding]:
    """Yield Spark's draws without a seed, but for columns that are dropped again, as those that spread skewed keys."""
    for call in module.all_of(ast.Call):
        if (name := _drawn(module, call)) and not is_dropped(module, call):
            yield module.finding(call, "F204", f"'{name}' has no seed")
    for text, name, _ in sql_calls(module, _WITHOUT_SEED, ""):
        if not is_dropped(module, text):
            yield module.finding(text, "F204", f"'{name}' has no seed")


def _drawn(module: Module, call: ast.Call) -> str | None:
    """Return what a call draws with and without a seed, None for other calls."""
    package, _, name = (module.origin(call.func) or "").rpartition(".")
    if package == FUNCTIONS:
        is_draw = (name in _WITHOUT_SEED and not call.args and not call.keywords) or name == "shuffle"
        return name if is_draw else None
    method = method_of(call)
    if method is None or argument(call, None, "seed"):
        return None
    if method == "sample" and is_frame(module, call.func.value):  # type: ignore[attr-defined]
        replaces = bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, bool)
        return method if len(call.args) < (3 if replaces else 2) else None
    seeded_from = {"randomSplit": 2, "sampleBy": 3}
    return method if method in seeded_from and len(call.args) < seeded_from[method] else None


def check_partition_numbers(module: Module) -> Iterator[Finding]:
    """Yield `monotonically_increasing_id`, but for columns that are dropped again."""
    message = f"{_BY_PARTITION} numbers each partition on its own"
    for call in module.all_of(ast.Call):
        if module.origin(call.func) == f"{FUNCTIONS}.{_BY_PARTITION}" and not is_dropped(module, call):
            yield module.finding(call, "F205", message)
    for text, _, _ in sql_calls(module, frozenset({_BY_PARTITION}), ""):
        if not is_dropped(module, text):
            yield module.finding(text, "F205", message)
