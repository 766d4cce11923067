"""Rules on what Foundry has, lacks and accepts.

F601: Foundry's own services. F301 and F302: files and the network. F101 and F102: imports. F501, F502 and F503: names
of datasets, transforms that no discovery finds, and modules that fail.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError
from transforms_api.porting.lint.module import Finding, Function, Module, argument, inner_nodes, method_of, text_of
from transforms_api.porting.lint.project import (
    LintedProject,
    ModuleRule,
    Rule,
    Scope,
    declared_transforms,
    is_on_foundry,
)
from transforms_api.project import Fault, merge_conflict_in

_PACKAGES = (
    "transforms.aip", "transforms.objects", "transforms.timeseries", "transforms.foundry", "transforms.mediasets",
    "transforms.tables.SnowflakeTable", "transforms.tables.DatabricksTable", "transforms.tables.BigQueryTable",
    "transforms.tables.FilesTable", "transforms.sidecar", "transforms.verbs.columns", "palantir_models",
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


class FoundryOnlyNames(ModuleRule):
    """Uses what only Foundry has; a build here refuses it.

    Build it on Foundry. Import here the datasets that it writes, if any: `import FOLDER --dataset PATH`.
    """

    code = "F601"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield calls of, and decorations by, names that a build here refuses; one per decorator of a transform.

        Imports alone are harmless.
        """
        for call in module.all_of(ast.Call):
            origin = module.origin(call.func)
            if origin and _is_refused(origin):
                yield module.finding(call, self.code, f"'{origin}' is refused by a build here")
            elif origin == "transforms.tables.TableOutput" and _names_a_source_alone(call):
                yield module.finding(call, self.code, f"'{origin}' with a source is refused by a build here")
            elif method_of(call) == "with_container" or (origin and _has_container(origin, call)):
                yield module.finding(call, self.code, "containers of one's own are refused by a build here")
        for function in module.functions:
            for decorator in function.decorator_list:
                origin = module.origin(decorator)
                if origin and _is_refused(origin):
                    yield module.finding(decorator, self.code, f"'{origin}' is refused by a build here")


def _is_refused(origin: str) -> bool:
    return origin not in _WORK and any(f"{origin}.".startswith(f"{package}.") for package in _PACKAGES)


def _names_a_source_alone(call: ast.Call) -> bool:
    """Return whether a table lies in a source, and its location does not say in which format."""
    others = {"alias", "sever_permissions", "description", "checks"}
    keywords = [keyword.value for keyword in call.keywords if keyword.arg not in others]
    has_alias = any(keyword.arg == "alias" for keyword in call.keywords)
    located = [*call.args[0 if has_alias else 1 :], *keywords]
    return bool(located) and all(isinstance(node, ast.Constant) and node.value is not None for node in located)


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


class LocalFiles(ModuleRule):
    """Reads or writes a file of its machine, which Foundry's machines do not have or keep.

    Make the file a dataset and read it by `Input(…)` and `filesystem()`; ship constants in the package.
    """

    code = "F301"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield files opened by a path that is written in the code, except temporary ones.

        Other paths (a parameter, `hadoop_path`, the module's own `__file__`) are accepted.
        """
        for call in module.all_of(ast.Call):
            for node in _paths_in(module, call):
                path = _written(module, node)
                if path is not None and not path.startswith(_KEPT):
                    text = f"'{path}' is on the machine that wrote this, not on Foundry's"
                    yield module.finding(call, self.code, text)
                    break


class Network(ModuleRule):
    """Calls the network, which Foundry allows to external systems alone.

    Declare a `Source` by `@external_systems` and use its client.
    """

    code = "F302"

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield calls of the network in a project that declares no external system."""
        if project.declares_external_system:
            return
        for call in module.all_of(ast.Call):
            if _NETWORK.fullmatch(module.origin(call.func) or ""):
                yield module.finding(call, self.code, f"{ast.unparse(call.func)}() reaches nothing from Foundry")


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
    name = node.id
    values = [
        statement.value for statement in inner_nodes(module.tree, ast.Assign)
        if any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
    ]  # fmt: skip
    is_parameter = any(parameter.arg == name for parameter in inner_nodes(module.tree, ast.arg))
    if len(values) != 1 or is_parameter:
        return node
    refers = any(inner.id == name for inner in inner_nodes(values[0], ast.Name))
    return node if refers else values[0]


_RUNTIME = ("transforms_api", "run_local", "transforms.errors")
"""Modules of ours alone; what `transforms.errors` has, Foundry documents under no import path but `transforms.api`."""


class LocalRuntime(ModuleRule):
    """Imports the local runtime, which Foundry does not have.

    Import from `transforms.api`, or move what needs the runtime out of the modules that transforms import.
    """

    code = "F102"
    scope = Scope.IMPORTED

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield imports of the local runtime, except those whose error is caught."""
        for node, origin in _foreign_imports(module, project):
            if _is_runtime(origin):
                yield module.finding(node, self.code, f"'{origin}' is this machine's runtime, Foundry has none of it")


class UndeclaredLibraries(ModuleRule):
    """Imports a library that the repository does not declare, so Foundry does not have it.

    Declare it under `requirements: run` of conda_recipe/meta.yaml, or do without it.
    """

    code = "F101"
    scope = Scope.IMPORTED

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield imports of libraries that nothing declares, except those whose error is caught."""
        declared = project.libraries_of(module)
        if declared is None:
            return
        for node, origin in _foreign_imports(module, project):
            top = origin.partition(".")[0]
            if not _is_runtime(origin) and not is_on_foundry(top, declared, project.imported):
                yield module.finding(node, self.code, f"'{top}' is imported, and nothing declares it for Foundry")


def _foreign_imports(module: Module, project: LintedProject) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Yield the imports of modules that the project does not have, except those whose error is caught."""
    for node in module.imports:
        if not _may_fail(module, node):
            for origin in dict.fromkeys(_imported(node)):
                if origin.partition(".")[0] not in project.own:
                    yield node, origin


def _is_runtime(origin: str) -> bool:
    return any(f"{origin}.".startswith(f"{runtime}.") for runtime in _RUNTIME)


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that a statement imports from elsewhere; for the namespace `transforms`, its names as well."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or node.module is None:
        return []
    return [f"transforms.{alias.name}" for alias in node.names] if node.module == "transforms" else [node.module]


def _may_fail(module: Module, node: ast.stmt) -> bool:
    blocks = module.above(node, ast.Try)
    caught = {ast.unparse(handler.type) for block in blocks for handler in block.handlers if handler.type}
    return any(name in text for text in caught for name in ("ImportError", "ModuleNotFoundError"))


_SPECS = {
    "transforms.api.Input": "alias",
    "transforms.api.Output": "alias",
    "transforms.api.InputSet": "aliases",
    "transforms.api.OutputSet": "aliases",
}
"""Class → the argument that names its datasets."""


class DatasetPaths(ModuleRule):
    """Names a dataset by neither an absolute path nor a RID, or with a doubled slash or blanks around it.

    Write the path from the root, as in '/Project/folder/dataset'.
    """

    code = "F501"
    scope = Scope.ALL

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield dataset names that are no absolute path, or are spelled unlike the dataset's name."""
        for call in module.all_of(ast.Call):
            named_by = _SPECS.get(module.origin(call.func) or "")
            selected = argument(call, 0, named_by) if named_by else None
            for node in selected.elts if isinstance(selected, (ast.List, ast.Tuple)) else [selected]:
                name = text_of(node)
                if not isinstance(node, ast.expr) or name is None:
                    continue
                meant = _dataset_meant_by(name)
                if meant is None:
                    yield module.finding(node, self.code, f"'{name}' is no path from the root")
                elif meant != name:
                    yield module.finding(node, self.code, f"{name!r} is read as '{meant}'")


class UndiscoveredTransforms(ModuleRule):
    """Declares a transform that no discovery finds, so it is never built.

    Discover its package, which needs an `__init__.py`, or put it in a variable or list of a module.
    """

    code = "F502"
    scope = Scope.ALL

    def check(self, module: Module, project: LintedProject) -> Iterator[Finding]:
        """Yield functions decorated as transforms that discovery did not find; none if its result is incomplete."""
        if project.discovered is None:
            return
        for function in declared_transforms(module):
            if (module.file.resolve(), function.decorator_list[0].lineno) not in project.discovered:
                text = f"Transform '{function.name}' is never found: {_why_undiscovered(module, function, project)}"
                yield module.finding(function, self.code, text)


def _why_undiscovered(module: Module, function: ast.AST, project: LintedProject) -> str:
    if module.file not in project.loaded:
        return "nothing that is discovered imports its module"
    within = next((outer.name for outer in module.above(function, ast.stmt) if isinstance(outer, Function[:2])), None)
    if within:
        return f"'{within}' makes it, and no variable, collection or iterator of a module has its result"
    return "no discovery looks into its module, or its name means something else there by the end"


class ImportProblem(Rule):
    """Cannot be imported here, so its transforms cannot be built here.

    Correct the error, or install the library that is missing.
    """

    code = "F503"


def unreadable_files(project: LintedProject) -> Iterator[Finding]:
    """Yield F503 for files that are no Python.

    Args:
        project: the project.
    """
    for file, error in project.unreadable.items():
        line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
        conflict = merge_conflict_in(file.read_text(encoding="utf-8", errors="replace"))
        text = "It has a merge conflict that is not resolved" if conflict else f"It is no Python: {error}"
        yield Finding(file, conflict or line, 1, ImportProblem.code, text)


def import_problems(faults: Iterable[Fault], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield F503: the problems that keep modules from being imported, unless another rule has a finding on that line.

    Args:
        faults: problems of the discovery.
        others: findings of the other rules.
    """
    reported = {(finding.file, finding.line) for finding in others}
    for fault in faults:
        file, line = _split(fault.location)
        if (file, line) not in reported:
            yield Finding(file, line, 1, ImportProblem.code, fault.text.removeprefix(f"{fault.location}: "))


def _dataset_meant_by(name: str) -> str | None:
    try:
        return check_dataset_path(name)
    except DatasetPathError:
        return None


def _split(location: str) -> tuple[Path, int]:
    file, _, line = location.rpartition(":")
    return (Path(file), int(line)) if file and line.isdigit() else (Path(location), 1)
