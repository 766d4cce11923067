"""Rules on what a transform computes.

F201 and F202: the time of the build. F203, F204 and F205: randomness and numbers by partition. F401: names that Spark 4
added, which Foundry's Spark 3.5 lacks. F402: the memory of the driver.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from transforms_api.porting.lint.dataflow import (
    has_few_rows,
    is_dropped,
    is_frame,
    is_logged,
    is_recorded,
    sql_calls,
    uses_of,
)
from transforms_api.porting.lint.module import FUNCTIONS, Finding, Module, argument, inner_nodes, method_of
from transforms_api.porting.lint.project import LintedProject, ModuleRule, Scope

_GENERATORS = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})
_NEVER_SEEDED = frozenset({"uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom"})
_NO_DRAWS = frozenset({"seed", "getstate", "setstate", "get_state", "set_state", "Generator", "SeedSequence", "PCG64"})
DRAWS = frozenset({"rand", "randn", "random", "uuid"})
"""Functions of Spark that draw by chance if they have no arguments."""
BY_PARTITION = "monotonically_increasing_id"


class NamedRule(ModuleRule):
    """A rule on names of Spark, which SQL files have as well.

    Attributes:
        message: what is wrong; '{}' stands for the name.
    """

    message: ClassVar[str]


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


class SparkRandomness(NamedRule):
    """Lets Spark draw without a seed, so each build gives other rows.

    Give a seed; make ids from the row's own key: `F.sha2(key, 256)`.
    """

    code = "F204"
    message = "'{}' has no seed"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield Spark's draws without a seed, except for columns that are dropped again, such as salts."""
        for call in module.all_of(ast.Call):
            if (name := _drawn(module, call)) and not is_dropped(module, call):
                yield module.finding(call, self.code, self.message.format(name))
        for text, name, _ in sql_calls(module, DRAWS, ""):
            if not is_dropped(module, text):
                yield module.finding(text, self.code, self.message.format(name))


def _drawn(module: Module, call: ast.Call) -> str | None:
    """Return the function that a call draws by, with and without a seed; None for other calls."""
    package, _, name = (module.origin(call.func) or "").rpartition(".")
    if package == FUNCTIONS:
        is_draw = (name in DRAWS and not call.args and not call.keywords) or name == "shuffle"
        return name if is_draw else None
    method = method_of(call)
    if method is None or argument(call, None, "seed"):
        return None
    if method == "sample" and is_frame(module, call.func.value):  # type: ignore[attr-defined]
        replaces = bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, bool)
        return method if len(call.args) < (3 if replaces else 2) else None
    seeded_from = {"randomSplit": 2, "sampleBy": 3}
    return method if method in seeded_from and len(call.args) < seeded_from[method] else None


class PartitionNumbers(NamedRule):
    """Keeps numbers by partition, which are others on each number of partitions, here and on Foundry.

    Use `F.row_number()` over a window with an order by a key, or `F.xxhash64` of the key.
    """

    code = "F205"
    message = "{} numbers each partition on its own"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield `monotonically_increasing_id`, except for columns that are dropped again."""
        message = self.message.format(BY_PARTITION)
        for call in module.all_of(ast.Call):
            if module.origin(call.func) == f"{FUNCTIONS}.{BY_PARTITION}" and not is_dropped(module, call):
                yield module.finding(call, self.code, message)
        for text, _, _ in sql_calls(module, frozenset({BY_PARTITION}), ""):
            if not is_dropped(module, text):
                yield module.finding(text, self.code, message)


_ALWAYS = frozenset({
    "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today",
    "time.time", "time.time_ns", "pandas.Timestamp.now", "pandas.Timestamp.today", "pandas.Timestamp.utcnow",
    "pendulum.now", "pendulum.today", "arrow.now", "arrow.utcnow",
})  # fmt: skip
_WITHOUT_ARGUMENTS = frozenset({"time.localtime", "time.gmtime", "time.ctime"})
CLOCKS = frozenset(
    {"current_timestamp", "current_date", "curdate", "now", "localtimestamp", "unix_timestamp", "current_time"}
)
"""Functions of Spark that return the time of the build if they have no arguments."""


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


class SparkClock(NamedRule):
    """Computes with Spark's clock, so rows depend on when they were built, and grow old without becoming stale.

    Take the day from the data or a parameter; a column that just records the build may have it.
    """

    code = "F202"
    message = "'{}' is computed with: what it decides changes with the day, and the dataset stays as it was built"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield calls of Spark's clocks, in Python and in SQL, from whose result something is computed."""
        for call in module.all_of(ast.Call):
            package, _, name = (module.origin(call.func) or "").rpartition(".")
            if package == FUNCTIONS and name in CLOCKS and not call.args and not is_recorded(module, call):
                yield module.finding(call, self.code, self.message.format(name))
        for text, name, is_column in sql_calls(module, CLOCKS, ""):
            if not is_column and not _is_recorded_expression(module, text):
                yield module.finding(text, self.code, self.message.format(name))


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
    return any(
        _reads_clock(module, assignment.value) and ast.unparse(assignment.targets[0]) == name.id
        for assignment in inner_nodes(module.function_of(name), ast.Assign)
    )


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


NEW_FUNCTIONS = frozenset({
    "arrow_udtf", "bitmap_and_agg", "chr", "collate", "collation", "current_path", "current_time", "dayname",
    "from_xml", "is_valid_utf8", "is_valid_variant", "is_variant_null", "kll_merge_agg_bigint",
    "kll_merge_agg_double", "kll_merge_agg_float", "kll_sketch_agg_bigint", "kll_sketch_agg_double",
    "kll_sketch_agg_float", "kll_sketch_get_n_bigint", "kll_sketch_get_n_double", "kll_sketch_get_n_float",
    "kll_sketch_get_quantile_bigint", "kll_sketch_get_quantile_double", "kll_sketch_get_quantile_float",
    "kll_sketch_get_rank_bigint", "kll_sketch_get_rank_double", "kll_sketch_get_rank_float",
    "kll_sketch_merge_bigint", "kll_sketch_merge_double", "kll_sketch_merge_float", "kll_sketch_to_string_bigint",
    "kll_sketch_to_string_double", "kll_sketch_to_string_float", "listagg", "listagg_distinct", "make_time",
    "make_valid_utf8", "monthname", "nullifzero", "parse_json", "quote", "random", "randstr", "schema_of_variant",
    "schema_of_variant_agg", "schema_of_xml", "session_user", "st_asbinary", "st_geogfromwkb", "st_geomfromwkb",
    "st_setsrid", "st_srid", "string_agg", "string_agg_distinct", "theta_difference", "theta_intersection",
    "theta_intersection_agg", "theta_sketch_agg", "theta_sketch_estimate", "theta_union", "theta_union_agg",
    "time_bucket", "time_diff", "time_from_micros", "time_from_millis", "time_from_seconds", "time_to_micros",
    "time_to_millis", "time_to_seconds", "time_trunc", "timestamp_add", "timestamp_diff", "to_time",
    "to_variant_object", "to_xml", "try_make_interval", "try_make_timestamp", "try_make_timestamp_ltz",
    "try_make_timestamp_ntz", "try_mod", "try_parse_json", "try_parse_url", "try_reflect", "try_to_date",
    "try_to_time", "try_url_decode", "try_validate_utf8", "try_variant_get", "tuple_difference_double",
    "tuple_difference_integer", "tuple_difference_theta_double", "tuple_difference_theta_integer",
    "tuple_intersection_agg_double", "tuple_intersection_agg_integer", "tuple_intersection_double",
    "tuple_intersection_integer", "tuple_intersection_theta_double", "tuple_intersection_theta_integer",
    "tuple_sketch_agg_double", "tuple_sketch_agg_integer", "tuple_sketch_estimate_double",
    "tuple_sketch_estimate_integer", "tuple_sketch_summary_double", "tuple_sketch_summary_integer",
    "tuple_sketch_theta_double", "tuple_sketch_theta_integer", "tuple_union_agg_double", "tuple_union_agg_integer",
    "tuple_union_double", "tuple_union_integer", "tuple_union_theta_double", "tuple_union_theta_integer", "uniform",
    "uuid", "validate_utf8", "variant_get", "zeroifnull",
})  # fmt: skip
"""Of `pyspark.sql.functions`."""

OTHERS = frozenset({
    "pyspark.pipelines", "pyspark.sql.Geography", "pyspark.sql.Geometry", "pyspark.sql.VariantVal",
    "pyspark.sql.datasource", "pyspark.sql.plot", "pyspark.sql.tvf", "pyspark.sql.types.Geography",
    "pyspark.sql.types.GeographyType", "pyspark.sql.types.Geometry", "pyspark.sql.types.GeometryType",
    "pyspark.sql.types.TimeType", "pyspark.sql.types.VariantType", "pyspark.sql.types.VariantVal",
})  # fmt: skip
"""Modules and classes, with where they are imported from."""

METHODS = frozenset({
    "applyInArrow", "groupingSets", "lateralJoin", "mergeInto", "metadataColumn", "nearestByJoin", "repartitionById",
    "toArrow", "transformWithState", "transformWithStateInPandas", "try_cast",
})  # fmt: skip
"""Methods whose names nothing else has that a module with Spark would use."""

METHODS_OF_FRAMES = frozenset({"asTable", "exists", "plot", "scalar", "transpose", "zipWithIndex"})
"""Methods of DataFrames, whose names other objects have, too."""


class Spark4Names(NamedRule):
    """Uses what Spark 4 has and Foundry's Spark 3.5 lacks.

    Use what Spark 3.5 has; SQL functions that lack a Python name there can be called by `F.expr`.
    """

    code = "F401"
    message = "'{}' came with Spark 4"
    scope = Scope.IMPORTED

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield uses and imports of names that Spark 4 added."""
        for node in module.imports:
            base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for name in (f"{base}{alias.name}" for alias in node.names):
                if _is_new(name):
                    yield module.finding(node, self.code, self.message.format(name))
        for attribute in module.all_of(ast.Attribute):
            name = module.origin(attribute) or ""
            if _is_new(name) and not _is_new(name.rpartition(".")[0]):
                yield module.finding(attribute, self.code, self.message.format(name))
        for call in module.all_of(ast.Call):
            is_method = isinstance(call.func, ast.Attribute) and module.origin(call.func) is None
            if is_method and "pyspark" in module.imported and _is_new_method(module, call):
                yield module.finding(call, self.code, self.message.format(method_of(call)))


def _is_new_method(module: Module, call: ast.Call) -> bool:
    method = method_of(call)
    is_of_frame = method in METHODS_OF_FRAMES and is_frame(module, call.func.value)  # type: ignore[attr-defined]
    return method in METHODS or is_of_frame


def _is_new(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return (package == FUNCTIONS and last in NEW_FUNCTIONS) or any(f"{name}.".startswith(f"{new}.") for new in OTHERS)
