"""F401: names that Spark 4 added, which Foundry's Spark 3.5 lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from transforms_api.porting.lint.dataflow import is_frame
from transforms_api.porting.lint.module import FUNCTIONS, Finding, Module, method_of
from transforms_api.porting.lint.project import LintedProject
from transforms_api.porting.lint.rule import ModuleRule, Scope

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


class Spark4Names(ModuleRule):
    """Uses what Spark 4 has and Foundry's Spark 3.5 lacks.

    Use what Spark 3.5 has; SQL functions that lack a Python name there can be called by `F.expr`.
    """

    code = "F401"
    scope = Scope.IMPORTED

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield uses and imports of names that Spark 4 added."""
        for node in module.imports:
            base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for name in (f"{base}{alias.name}" for alias in node.names):
                if _is_new(name):
                    yield _finding(module, node, name)
        for attribute in module.all_of(ast.Attribute):
            name = module.origin(attribute) or ""
            if _is_new(name) and not _is_new(name.rpartition(".")[0]):
                yield _finding(module, attribute, name)
        for call in module.all_of(ast.Call):
            is_method = isinstance(call.func, ast.Attribute) and module.origin(call.func) is None
            if is_method and "pyspark" in module.imported and _is_new_method(module, call):
                yield _finding(module, call, str(method_of(call)))


def _is_new_method(module: Module, call: ast.Call) -> bool:
    method = method_of(call)
    is_of_frame = method in METHODS_OF_FRAMES and is_frame(module, call.func.value)  # type: ignore[attr-defined]
    return method in METHODS or is_of_frame


def _is_new(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return (package == FUNCTIONS and last in NEW_FUNCTIONS) or any(f"{name}.".startswith(f"{one}.") for one in OTHERS)


def _finding(module: Module, node: ast.expr | ast.stmt, name: str) -> Finding:
    return module.finding(node, Spark4Names.code, f"'{name}' came with Spark 4")
