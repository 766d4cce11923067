"""Rules on determinism: F201, F202 (time of the build), F203, F204, F205 (randomness, partitions), F402 (driver
memory)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.porting.lint.dataflow import (
    has_few_rows,
    is_dropped,
    is_frame,
    is_logged,
    is_recorded,
    sql_calls,
    uses_of,
)
from transforms_api.porting.lint.module import FUNCTIONS, Finding, Module, argument, method_of
from transforms_api.porting.lint.project import LintedProject
from transforms_api.porting.lint.rule import ModuleRule

_GENERATORS = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})
_NEVER_SEEDED = frozenset({"uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom"})
_NO_DRAWS = frozenset({"seed", "getstate", "setstate", "get_state", "set_state", "Generator", "SeedSequence", "PCG64"})
_WITHOUT_SEED = frozenset({"rand", "randn", "random", "uuid"})
_BY_PARTITION = "monotonically_increasing_id"


class PythonRandomness(ModuleRule):
    """Draws by chance without a seed, so each build gives other rows.

    Draw from `random.Random(seed)` or `numpy.random.default_rng(seed)`; make ids from the row's own key.
    """

    code = "F203"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield draws of Python and NumPy without a seed, except from a generator that the module seeds."""
        seeded = {
            origin.rpartition(".")[0]
            for call in module.all_of(ast.Call)
            if call.args and (origin := module.origin(call.func)) in ("random.seed", "numpy.random.seed")
        }
        for call in module.all_of(ast.Call):
            origin = module.origin(call.func)
            if origin and _draws(origin, call, seeded) and not is_logged(module, call):
                yield module.finding(call, self.code, f"{ast.unparse(call.func)}() has no seed")


def _draws(origin: str, call: ast.Call, seeded: set[str]) -> bool:
    if origin in _GENERATORS:
        return not call.args and not call.keywords
    library, _, name = origin.rpartition(".")
    is_common = library in ("random", "numpy.random") and name not in _NO_DRAWS and library not in seeded
    return is_common or origin in _NEVER_SEEDED or library == "secrets"


class SparkRandomness(ModuleRule):
    """Lets Spark draw without a seed, so each build gives other rows.

    Give a seed; make ids from the row's own key: `F.sha2(key, 256)`.
    """

    code = "F204"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield Spark's draws without a seed, except for columns that are dropped again, such as salts."""
        for call in module.all_of(ast.Call):
            if (name := _drawn(module, call)) and not is_dropped(module, call):
                yield module.finding(call, self.code, f"'{name}' has no seed")
        for text, name, _ in sql_calls(module, _WITHOUT_SEED, ""):
            if not is_dropped(module, text):
                yield module.finding(text, self.code, f"'{name}' has no seed")


def _drawn(module: Module, call: ast.Call) -> str | None:
    """Return the function that a call draws by, with and without a seed; None for other calls."""
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


class PartitionNumbers(ModuleRule):
    """Keeps numbers by partition, which are others on each number of partitions, here and on Foundry.

    Use `F.row_number()` over a window with an order by a key, or `F.xxhash64` of the key.
    """

    code = "F205"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield `monotonically_increasing_id`, except for columns that are dropped again."""
        message = f"{_BY_PARTITION} numbers each partition on its own"
        for call in module.all_of(ast.Call):
            if module.origin(call.func) == f"{FUNCTIONS}.{_BY_PARTITION}" and not is_dropped(module, call):
                yield module.finding(call, self.code, message)
        for text, _, _ in sql_calls(module, frozenset({_BY_PARTITION}), ""):
            if not is_dropped(module, text):
                yield module.finding(text, self.code, message)


_ALWAYS = frozenset({
    "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today",
    "time.time", "time.time_ns", "pandas.Timestamp.now", "pandas.Timestamp.today", "pandas.Timestamp.utcnow",
    "pendulum.now", "pendulum.today", "arrow.now", "arrow.utcnow",
})  # fmt: skip
_WITHOUT_ARGUMENTS = frozenset({"time.localtime", "time.gmtime", "time.ctime"})
_OF_SPARK = frozenset(
    {"current_timestamp", "current_date", "curdate", "now", "localtimestamp", "unix_timestamp", "current_time"}
)


class PythonClock(ModuleRule):
    """Reads Python's clock, so each build gives other rows, and a naive time is in the machine's own time zone.

    Take it from the data or a parameter; a column that just records the build is `F.current_timestamp()`.
    """

    code = "F201"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield calls of Python's clocks, except for logs and measured durations."""
        for call in module.all_of(ast.Call):
            if _reads_clock(module, call) and not is_logged(module, call) and not _measures(module, call):
                yield module.finding(
                    call, self.code, f"{ast.unparse(call.func)}() is the time at which the build happens to run"
                )


class SparkClock(ModuleRule):
    """Computes with Spark's clock, so rows depend on when they were built, and grow old without becoming stale.

    Take the day from the data or a parameter; a column that just records the build may have it.
    """

    code = "F202"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield calls of Spark's clocks, in Python and in SQL, from whose result something is computed."""
        message = "'{}' is computed with: what it decides changes with the day, and the dataset stays as it was built"
        for call in module.all_of(ast.Call):
            package, _, name = (module.origin(call.func) or "").rpartition(".")
            if package == FUNCTIONS and name in _OF_SPARK and not call.args and not is_recorded(module, call):
                yield module.finding(call, self.code, message.format(name))
        for text, name, is_column in sql_calls(module, _OF_SPARK, ""):
            if not is_column and not _is_recorded_expression(module, text):
                yield module.finding(text, self.code, message.format(name))


def _reads_clock(module: Module, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    origin = module.origin(node.func)
    return origin in _ALWAYS or (origin in _WITHOUT_ARGUMENTS and not node.args)


def _measures(module: Module, call: ast.Call) -> bool:
    """Return whether a time is only subtracted from, or by, another reading of the clock."""
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
    return _reads_clock(module, other) or (isinstance(other, ast.Name) and _is_reading(module, other))


def _is_reading(module: Module, name: ast.Name) -> bool:
    """Return whether a name holds the time, in the function around it."""
    around = [one for one in ast.walk(module.function_of(name)) if isinstance(one, ast.Assign)]
    return any(_reads_clock(module, one.value) and ast.unparse(one.targets[0]) == name.id for one in around)


def _is_recorded_expression(module: Module, text: ast.expr) -> bool:
    """Return whether SQL is a single call, in an `expr` whose value becomes a column of its own."""
    call = module.parents[text]
    is_alone = isinstance(text, ast.Constant) and str(text.value).strip().endswith("()") and " " not in str(text.value)
    return is_alone and isinstance(call, ast.Call) and is_recorded(module, call)


class FetchedRows(ModuleRule):
    """Fetches all rows of a dataset into the driver, whose memory Foundry's data can exceed.

    Stay in Spark, or `limit`, aggregate, or take the distinct values of a column first.
    """

    code = "F402"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield `collect` and `toPandas` of a Spark DataFrame that its function does not make small."""
        for call in module.all_of(ast.Call):
            method = method_of(call)
            is_of_a_module = module.origin(call.func) is not None  # such as gc.collect()
            if method in ("collect", "toPandas") and isinstance(call.func, ast.Attribute) and not is_of_a_module:
                frame = call.func.value
                if (method == "toPandas" or _collects(module, frame)) and not has_few_rows(module, frame):
                    yield module.finding(call, self.code, f"'{method}' fetches as many rows as the data has")


def _collects(module: Module, frame: ast.expr) -> bool:
    """Return whether Spark collects here, and not Polars, whose lazy frames have a `collect`, too."""
    uses_spark = "pyspark" in module.imported and "polars" not in module.imported
    return uses_spark or is_frame(module, frame)
