"""Rules on what Foundry lacks or only Foundry has: imports (F101, F102), files and network (F301, F302), names of
Spark 4 (F401), Foundry's services (F601), and comments that suppress findings (F901).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from transforms_api.porting.lint.dataflow import is_frame
from transforms_api.porting.lint.module import FUNCTIONS, Finding, Module, argument, method_of, text_of
from transforms_api.porting.lint.project import is_on_foundry

_PACKAGES = (
    "transforms.aip", "transforms.objects", "transforms.timeseries", "transforms.foundry", "transforms.mediasets",
    "transforms.tables", "transforms.sidecar", "transforms.verbs.columns", "palantir_models",
    "palantir_models_serializers", "foundry_ml", "transforms.tags", "transforms.preview", "language_model_service_api",
    "foundry.transforms.Dataset", "transforms.api.Dataset", "transforms.api.ContainerTransformsConfiguration",
    "transforms.api.ParamContext", "transforms.api.transform.databricks", "transforms.api.transform.snowflake",
    "transforms.api.transform.bigquery", "transforms.external.systems.use_external_systems",
    "transforms.external.systems.EgressPolicy", "transforms.external.systems.Credential",
    "transforms.external.systems.ExportControl", "transforms.verbs.dataframes.sort_array_columns",
    "transforms.verbs.dataframes.map_columns",
)  # fmt: skip
"""As docs/foundry-parity.md has them: packages of which every name is refused, and single names."""
_CHATS = "language_model_service_api.languagemodelservice_api"
_WORK = frozenset(
    {"palantir_models.transforms.OpenAiGptChatLanguageModelInput", f"{_CHATS}_completion_v3.GptChatCompletionRequest",
     f"{_CHATS}.ChatMessage", f"{_CHATS}.ChatMessageRole"}
)  # fmt: skip
"""Names of these packages that work here."""
_CONTAINER = "container_image"


def check_foundry_only(module: Module) -> Iterator[Finding]:
    """Yield F601: calls of, and decorations by, names that a build here refuses; one per decorator of a transform.

    Imports alone are harmless.

    Args:
        module: the module.
    """
    for call in module.all_of(ast.Call):
        origin = module.origin(call.func)
        if origin and _is_refused(origin):
            yield module.finding(call, "F601", f"'{origin}' is refused by a build here")
        elif method_of(call) == "with_container" or (origin and _has_container(origin, call)):
            yield module.finding(call, "F601", "containers of one's own are refused by a build here")
    for function in module.functions:
        for decorator in function.decorator_list:
            origin = module.origin(decorator)
            if origin and _is_refused(origin):
                yield module.finding(decorator, "F601", f"'{origin}' is refused by a build here")


def _is_refused(origin: str) -> bool:
    return origin not in _WORK and any(f"{origin}.".startswith(f"{package}.") for package in _PACKAGES)


def _has_container(origin: str, call: ast.Call) -> bool:
    return origin == "transforms.api.lightweight" and argument(call, None, _CONTAINER) is not None


_OPENING = frozenset({
    "io.open", "codecs.open", "gzip.open", "os.listdir", "os.walk", "os.scandir", "glob.glob", "glob.iglob",
    "numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "shutil.copy", "sqlite3.connect",
})  # fmt: skip
_TABLES = re.compile(r"(pandas|polars)\.(read|scan)_(csv|parquet|json|ndjson|excel|feather|orc|pickle|table|fwf|ipc)")
_OF_PATHS = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "rglob", "exists", "mkdir"}
)
_OF_SPARK = frozenset({"csv", "json", "parquet", "orc", "text", "textFile", "load", "save"})
_WRITING = re.compile(r"(to|write)_(csv|parquet|json|ndjson|excel|feather|pickle|ipc)")
_KEPT = ("/tmp/", "/dev/", "/proc/")
"""What every machine has; a transform may put there what it needs for itself."""
_NETWORK = re.compile(
    r"(requests|httpx)\.(get|post|put|patch|delete|head|request|Session|Client)|urllib\.request\.(urlopen|urlretrieve)"
    r"|http\.client\.HTTPS?Connection|socket\.(create_connection|socket)|urllib3\.PoolManager|ftplib\.FTP|smtplib\.SMTP"
)
_SYSTEMS = "transforms.external.systems"


def check_files(module: Module) -> Iterator[Finding]:
    """Yield F301: files opened by a path that is written in the code, except temporary ones.

    Other paths (a parameter, `hadoop_path`, the module's own `__file__`) are accepted.

    Args:
        module: the module.
    """
    for call in module.all_of(ast.Call):
        for node in _paths_in(module, call):
            path = _written(module, node)
            if path is not None and not path.startswith(_KEPT):
                yield module.finding(call, "F301", f"'{path}' is on the machine that wrote this, not on Foundry's")
                break


def check_network(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield F302: calls of the network in a project that declares no external system.

    Args:
        modules: the modules of the project.
    """
    modules = list(modules)
    if any(origin.startswith(_SYSTEMS) for module in modules for origin in module.names.values()):
        return
    for module in modules:
        for call in module.all_of(ast.Call):
            if _NETWORK.fullmatch(module.origin(call.func) or ""):
                yield module.finding(call, "F302", f"{ast.unparse(call.func)}() reaches nothing from Foundry")


def _paths_in(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call that are paths of files to open."""
    origin, method = module.origin(call.func), method_of(call)
    first = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in ("path", "file", "source"))][:1]
    is_open = isinstance(call.func, ast.Name) and call.func.id == "open" and origin is None
    if is_open or origin in _OPENING or _TABLES.fullmatch(origin or ""):
        yield from first
    elif isinstance(call.func, ast.Attribute):
        on = call.func.value
        if method in _OF_PATHS and _is_path(module, on):
            yield on
        elif (method in _OF_SPARK and _is_reader_or_writer(on)) or (
            origin is None and _WRITING.fullmatch(method or "")
        ):
            yield from first


def _is_path(module: Module, node: ast.expr) -> bool:
    node = _constant_value(module, node)
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        node = node.left
    return isinstance(node, ast.Call) and module.origin(node.func) in ("pathlib.Path", "pathlib.PurePath")


def _is_reader_or_writer(node: ast.expr) -> bool:
    """Return whether an expression is `spark.read` or `frame.write`, with or without settings."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Attribute) and node.attr in ("read", "write", "sparkContext"):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _written(module: Module, node: ast.expr) -> str | None:
    """Return the path with which an expression begins, None if the code does not state it."""
    node = _constant_value(module, node)
    if isinstance(node, ast.BinOp):
        return _written(module, node.left)
    if isinstance(node, ast.JoinedStr):
        return text_of(node.values[0]) if node.values else None
    if isinstance(node, ast.List) and node.elts:
        return _written(module, node.elts[0])
    if isinstance(node, ast.Call) and module.origin(node.func) in ("pathlib.Path", "os.path.join") and node.args:
        return _written(module, node.args[0])
    return text_of(node)


def _constant_value(module: Module, node: ast.expr) -> ast.expr:
    """Return the value of a module's constant; other expressions unchanged."""
    if not isinstance(node, ast.Name) or module.origin(node):
        return node
    assigned = [
        one.value for one in ast.walk(module.tree) if isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)
    ]  # fmt: skip
    is_parameter = any(node.id == one.arg for one in ast.walk(module.tree) if isinstance(one, ast.arg))
    refers = assigned and any(isinstance(one, ast.Name) and one.id == node.id for one in ast.walk(assigned[0]))
    return assigned[0] if len(assigned) == 1 and not is_parameter and not refers else node


_RUNTIME = ("transforms_api", "run_local", "transforms.errors")
"""Modules of ours alone; what `transforms.errors` has, Foundry documents under no import path but `transforms.api`."""


def check_imports(
    module: Module, own: frozenset[str], declared: frozenset[str] | None, imported: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Yield F101 and F102: imports that Foundry cannot resolve, except those whose error is caught.

    Args:
        module: the module.
        own: top-level names of the project.
        declared: libraries that the repository declares, None if unknown.
        imported: import names of the whole project.
    """
    for node in module.imports:
        if _may_fail(module, node):
            continue
        for origin in dict.fromkeys(_imported(node)):
            top = origin.partition(".")[0]
            if any(f"{origin}.".startswith(f"{runtime}.") for runtime in _RUNTIME) and top not in own:
                yield module.finding(node, "F102", f"'{origin}' is this machine's runtime, Foundry has none of it")
            elif declared is not None and top not in own and not is_on_foundry(top, declared, imported):
                yield module.finding(node, "F101", f"'{top}' is imported, and nothing declares it for Foundry")


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that a statement imports from elsewhere; for the namespace `transforms`, its names as well."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or node.module is None:
        return []
    return [f"transforms.{alias.name}" for alias in node.names] if node.module == "transforms" else [node.module]


def _may_fail(module: Module, node: ast.stmt) -> bool:
    tries = [one for one in module.above(node) if isinstance(one, ast.Try)]
    caught = {ast.unparse(handler.type) for one in tries for handler in one.handlers if handler.type}
    return any(name in text for text in caught for name in ("ImportError", "ModuleNotFoundError"))


_COMMENT = re.compile(r"#\s*lint:\s*ignore\b(?:\[([^\]]*)\])?")


def without_silenced(module: Module, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no comment (`# lint: ignore[F201]`) suppresses, and F901 for comments without a finding.

    Args:
        module: the module.
        findings: findings of all rules.
    """
    left = list(findings)
    for line, column, codes in _comments(module):
        silenced = [one for one in left if one.line == line and one.code in codes]
        left = [one for one in left if one not in silenced]
        unused = [code for code in codes if code not in {one.code for one in silenced}]
        if unused or not codes:
            what = f"nothing on this line breaks {', '.join(unused)}" if unused else "it names no rule"
            left.append(module.finding_at(line, column, "F901", f"The comment silences nothing: {what}"))
    return left


def _comments(module: Module) -> list[tuple[int, int, list[str]]]:
    """Return line, offset in bytes and codes of each suppressing comment."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    found = [(token, _COMMENT.search(token.string)) for token in comments]
    return [
        (token.start[0], len(token.line[: token.start[1]].encode()), re.findall(r"\w+", match[1] or ""))
        for token, match in found
        if match
    ]


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


def check_spark_versions(module: Module) -> Iterator[Finding]:
    """Yield F401: uses and imports of names that Spark 4 added.

    Args:
        module: the module.
    """
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
        method = method_of(call)
        if isinstance(call.func, ast.Attribute) and module.origin(call.func) is None and "pyspark" in module.imported:
            new = method in METHODS or (method in METHODS_OF_FRAMES and is_frame(module, call.func.value))
            if new:
                yield _finding(module, call, str(method))


def _is_new(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return (package == FUNCTIONS and last in NEW_FUNCTIONS) or any(f"{name}.".startswith(f"{one}.") for one in OTHERS)


def _finding(module: Module, node: ast.expr | ast.stmt, name: str) -> Finding:
    return module.finding(node, "F401", f"'{name}' came with Spark 4")
