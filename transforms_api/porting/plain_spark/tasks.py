"""The tasks of an export for plain Spark: each transform with its tables, and what has to stay behind and why."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from transforms_api.declare import CONTEXT, BoundInput, BoundOutput, Convention, Engine, Transform, wants_context
from transforms_api.porting.export.source import Part, Source
from transforms_api.porting.export.texts import imports_of
from transforms_api.porting.plain_spark.checks import source_of_checks
from transforms_api.project import (
    NAMESPACE,
    BuildGraph,
    CodeFingerprints,
    Fault,
    SqlTransform,
    file_of_module,
)

AnyTransform: TypeAlias = Transform[Any, Any]


class ExportForm(StrEnum):
    """The form of an export for people who leave Foundry."""

    PYSPARK = "pyspark"
    """Plain scripts, and a program that runs them in order."""
    SPARK_PIPELINES = "spark-pipelines"
    """Definitions for `spark-pipelines run`."""


@dataclass(frozen=True)
class Function:
    """Where the export finds a compute function.

    Attributes:
        module: import name in the export.
        attribute: name in the module; None if the function is no attribute, so that it is found by what it writes.
        file: path in the export.
        line: line of its definition.
    """

    module: str
    attribute: str | None
    file: str
    line: int


@dataclass(frozen=True)
class TableUse:
    """A table that a task reads or writes.

    Attributes:
        parameter: parameter of the compute function.
        dataset: path of the dataset on Foundry.
        table: name of the table in the export.
        in_set: whether the parameter receives a list.
        checks: calls that make its checks in the export.
    """

    parameter: str
    dataset: str
    table: str
    in_set: bool = False
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A transform in the export.

    Attributes:
        name: the table that it writes, of several the first.
        transform: the transform.
        function: where its function is; None for SQL.
        inputs: tables that it reads.
        outputs: tables that it writes.
        after: names of the tasks that write its inputs.
    """

    name: str
    transform: AnyTransform
    function: Function | None
    inputs: tuple[TableUse, ...]
    outputs: tuple[TableUse, ...]
    after: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Where people read the function: the file in the export with the line, or the SQL file's statement."""
        if self.function is None:
            return self.transform.reference
        return f"{self.function.file}, line {self.function.line}"


@dataclass(frozen=True)
class Remark:
    """What the export does differently, or lacks, for one transform.

    Attributes:
        transform: reference of the transform.
        location: file:line.
        text: what and why.
    """

    transform: str
    location: str
    text: str

    def __str__(self) -> str:
        return f"{self.location} {self.transform}: {self.text}"


@dataclass(frozen=True)
class Tasks:
    """What is exported.

    Attributes:
        tasks: in build order.
        inputs: table → dataset, of the tables that no task writes.
        left_behind: transforms that are not exported.
        remarks: differences of transforms that are.
    """

    tasks: tuple[Task, ...]
    inputs: Mapping[str, str]
    left_behind: tuple[Remark, ...]
    remarks: tuple[Remark, ...]


def collect_tasks(
    graph: BuildGraph, fingerprints: CodeFingerprints, sources: Sequence[Source], kind: ExportForm
) -> Tasks:
    """Return the tasks of a project.

    Args:
        graph: the transforms.
        fingerprints: knows the modules that each transform imports.
        sources: the packages and modules of the project, for names in the export.
        kind: form of the export.
    """
    names = _table_names(graph)
    parts = [part for source in sources for part in source.parts]
    stopped = graph.stopped_by(graph.faults)
    left_behind = [
        Remark(Path(fault.location or "").name, fault.location or "", fault.text)
        for fault in graph.faults
        if not fault.stops
    ]
    tasks, remarks = dict[str, Task](), list[Remark]()
    writers = dict[str, str]()
    for transform in graph.order:
        reason = _fault_reason(stopped.get(transform)) or _reason(transform, fingerprints, parts, kind)
        if reason is not None:
            left_behind.append(Remark(transform.reference, reason.location or transform.location, reason.text))
            continue
        task, lacking = _task(transform, names, parts)
        after = dict.fromkeys(writers[use.table] for use in task.inputs if use.table in writers)
        tasks[task.name] = replace(task, after=tuple(after))
        writers |= {use.table: task.name for use in task.outputs}
        remarks += [*lacking, *_remarks(transform, kind)]
    read = {use.table: use.dataset for task in tasks.values() for use in task.inputs}
    roots = {table: dataset for table, dataset in read.items() if table not in writers}
    return Tasks(tuple(tasks.values()), roots, tuple(left_behind), tuple(remarks))


@dataclass(frozen=True)
class _Reason:
    text: str
    location: str | None = None


def _fault_reason(fault: Fault | None) -> _Reason | None:
    return None if fault is None else _Reason(fault.text, fault.location)


def _table_names(graph: BuildGraph) -> dict[str, str]:
    """Return dataset → name of its table: the path in lower case, with `_` between words."""
    names, taken = dict[str, str](), set[str]()
    for transform in graph.order:
        for dataset in [*transform.reads, *transform.writes]:
            if dataset in names:
                continue
            plain = unicodedata.normalize("NFKD", dataset).encode("ascii", "ignore").decode().lower()
            name = base = re.sub(r"[^0-9a-z]+", "_", plain).strip("_") or "table"
            if base[0].isdigit():
                name = base = f"table_{base}"
            number = 2
            while name in taken:
                name, number = f"{base}_{number}", number + 1
            names[dataset] = name
            taken.add(name)
    return names


def _task(transform: AnyTransform, names: Mapping[str, str], parts: Sequence[Part]) -> tuple[Task, list[Remark]]:
    lacking = list[Remark]()

    def use(bound: BoundInput | BoundOutput, in_set: bool) -> TableUse:
        calls, problems = source_of_checks(bound.checks)
        lacking.extend(
            Remark(transform.reference, transform.location, f"the check '{check.name}' is not exported: {reason}.")
            for check, reason in problems
        )
        return TableUse(bound.parameter, bound.dataset, names[bound.dataset], in_set, tuple(calls))

    inputs = [use(bound, _is_set(transform.inputs[bound.parameter])) for bound in transform.bound_inputs]
    outputs = [use(bound, _is_set(transform.outputs[bound.parameter])) for bound in transform.bound_outputs]
    function = None if isinstance(transform, SqlTransform) else _function(transform, parts)
    return Task(outputs[0].table, transform, function, tuple(inputs), tuple(outputs)), lacking


def _is_set(declared: Any) -> bool:
    return hasattr(declared, "members")


def _function(transform: AnyTransform, parts: Sequence[Part]) -> Function:
    module = inspect.getmodule(transform.compute_function)
    declared_in = transform.__module__
    holder = __import__(declared_in, fromlist=["_"]) if module is None else module
    named = [name for name, value in vars(holder).items() if value is transform]
    name = exported_name(holder.__name__, parts)
    file = file_of_module(holder.__name__)
    path = _path_in_export(file, parts) if file else name.replace(".", "/") + ".py"
    line = int(transform.location.rpartition(":")[2] or 0)
    return Function(name, named[0] if named else None, f"src/{path}", line)


def exported_name(module: str, parts: Iterable[Part]) -> str:
    """Return the import name of a module in the export.

    Args:
        module: its import name here.
        parts: the packages and modules of the project.
    """
    for part in parts:
        if f"{module}.".startswith(f"{part.imported_as}."):
            return part.name + module[len(part.imported_as) :]
    return module


def _path_in_export(file: Path, parts: Iterable[Part]) -> str:
    for part in parts:
        for path, own in part.files().items():
            if own == file:
                return path
    return file.name


_PROVIDED = frozenset([
    "transforms", "transforms.api", "transforms.expectations", "transforms.tables", "transforms.verbs.dataframes",
])  # fmt: skip
"""Modules of Foundry whose names the export has."""
_FOUNDRYS = ("foundry", "foundry_ml", "palantir_models", "palantir_models_serializers", "language_model_service_api")
_NEED_ROWS = (
    "collect toPandas toLocalIterator first take head isEmpty foreach foreachPartition rdd sparkContext "
    "localCheckpoint checkpoint pandas"
)
_ROWS_ASKED = frozenset(_NEED_ROWS.split())
"""Methods of DataFrames and sessions that need rows, or a JVM in the process."""
_RESOLVED_AT_ONCE = frozenset(["describe", "summary", "crosstab", "freqItems", "approxQuantile", "sampleBy"])
"""Methods of DataFrames that Spark resolves before it knows the tables of a pipeline."""
_SESSION_CHANGED = frozenset(["createOrReplaceTempView", "createTempView", "createGlobalTempView", "sql", "register"])
"""Methods that Spark refuses while a pipeline is defined, or whose result would not follow the tables."""


def _reason(
    transform: AnyTransform, fingerprints: CodeFingerprints, parts: Sequence[Part], kind: ExportForm
) -> _Reason | None:
    """Return why a transform stays behind; None if it is exported."""
    if transform.foundry_only:
        return _Reason(f"it uses {', '.join(transform.foundry_only)}, which exists on Foundry alone.")
    if transform.sources:
        return _Reason("it reads an external source that Foundry connects; read it in a script of your own.")
    if models := [name for name in transform.language_models if not _has_default(transform, name)]:
        return _Reason(f"it calls a language model of Foundry's ('{models[0]}'); call your own endpoint in a script.")
    if isinstance(transform, SqlTransform):
        return _reason_of_sql(transform, kind)
    unknown = next(_unknown_imports(transform, fingerprints, parts), None)
    if unknown is not None:
        return unknown
    return _reason_of_definition(transform) if kind is ExportForm.SPARK_PIPELINES else None


def _has_default(transform: AnyTransform, parameter: str) -> bool:
    """Return whether a compute function can be called without a parameter."""
    declared = inspect.signature(transform.compute_function).parameters.get(parameter)
    return declared is not None and declared.default is not declared.empty


def _unknown_imports(
    transform: AnyTransform, fingerprints: CodeFingerprints, parts: Sequence[Part]
) -> Iterator[_Reason]:
    """Yield the imports of Foundry's modules that the export lacks, in the modules that a transform needs."""
    for module in fingerprints.of(transform).modules:
        file = file_of_module(module)
        for name, line in _required_imports(file.read_bytes()) if file is not None else ():
            if any(f"{name}.".startswith(f"{part.imported_as}.") for part in parts):
                continue
            is_namespace = f"{name}.".startswith(f"{NAMESPACE}.")
            is_provided = name in _PROVIDED or name.rpartition(".")[0] in _PROVIDED - {NAMESPACE}
            if (is_namespace and not is_provided) or name.partition(".")[0] in _FOUNDRYS:
                yield _Reason(f"{module} imports {name}, which only Foundry and this runtime have.", f"{file}:{line}")


def _required_imports(text: bytes) -> Iterator[tuple[str, int]]:
    """Yield the full names that a module imports, with lines, without imports whose failure it handles."""
    handled = set[int]()
    for node in ast.walk(ast.parse(text)):
        is_guarded = isinstance(node, ast.Try) and any(map(_handles_import_errors, node.handlers))
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if isinstance(node, (ast.Try, ast.If)) and (is_guarded or is_for_types):
            handled |= {line for inner in node.body for line in range(inner.lineno, (inner.end_lineno or 0) + 1)}
    yield from ((name, line) for name, line in imports_of(text) if line not in handled)


def _handles_import_errors(handler: ast.ExceptHandler) -> bool:
    caught = "Exception" if handler.type is None else ast.dump(handler.type)
    return any(name in caught for name in ("ImportError", "ModuleNotFoundError", "Exception"))


def _reason_of_sql(transform: SqlTransform, kind: ExportForm) -> _Reason | None:
    if kind is ExportForm.PYSPARK:
        return None
    if transform.statement.preparation:
        return _Reason("statements before its query change the session, which a definition may not do.")
    if transform.statement.format not in (None, "parquet", "delta"):
        return _Reason(f"it writes {transform.statement.format} files; a definition makes a table.")
    return None


def _reason_of_definition(transform: AnyTransform) -> _Reason | None:
    if transform.engine is Engine.SINGLE_NODE:
        return _Reason("it runs without Spark, on rows in memory; a definition has no rows. Use --as pyspark for it.")
    function = inspect.unwrap(transform.compute_function)
    unfit = next(_unfit_for_definition(function), None)
    return None if unfit is None else _Reason(f"it uses {unfit.text}.", unfit.location)


def _unfit_for_definition(function: Any) -> Iterator[_Reason]:
    """Yield the uses, in a function's own text, of what a definition cannot do."""
    for name, line in _attributes_in(function):
        location = f"{function.__code__.co_filename}:{line}"
        if name == "filesystem":
            yield _Reason("files; a definition makes a table of rows", location)
        elif name in _ROWS_ASKED:
            yield _Reason(f".{name}, but there are no rows while a pipeline is defined", location)
        elif name in _RESOLVED_AT_ONCE:
            yield _Reason(f".{name}, which Spark resolves before it knows the tables of a pipeline", location)
        elif name in _SESSION_CHANGED:
            yield _Reason(f".{name}, but a definition may neither query nor change the session", location)


def _functions_called(transform: AnyTransform) -> list[Any]:
    """Return the compute function, and the functions of the same project that it calls by name, also indirectly."""
    top = transform.compute_function.__module__.partition(".")[0]
    functions, waiting = list[Any](), [inspect.unwrap(transform.compute_function)]
    while waiting:
        function = waiting.pop()
        if function in functions or not hasattr(function, "__code__"):
            continue
        functions.append(function)
        names = function.__code__.co_names
        called = [function.__globals__.get(name) for name in names]
        called += [
            getattr(module, name, None)
            for module in called
            if inspect.ismodule(module) and module.__name__.partition(".")[0] == top
            for name in names
        ]
        inner = filter(inspect.isfunction, called)
        waiting += [function for function in inner if function.__module__.partition(".")[0] == top]
    return functions


def _attributes_in(function: Any) -> Iterator[tuple[str, int]]:
    """Yield the attributes that a function's text uses, with their lines in the file."""
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return
    modules = {name for name, value in function.__globals__.items() if inspect.ismodule(value)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            is_of_module = isinstance(node.value, ast.Name) and node.value.id in modules
            if not is_of_module:
                yield node.attr, first + node.lineno - 1


def _remarks(transform: AnyTransform, kind: ExportForm) -> Iterator[Remark]:
    def remark(text: str) -> Remark:
        return Remark(transform.reference, transform.location, text)

    if transform.incremental is not None:
        yield remark("it is incremental on Foundry; here each run reads all rows and replaces the table.")
    if any(spec.transaction_limit for spec in transform.read_specs):
        yield remark("the transaction limit of an input has no effect: each run reads all rows.")
    for name in transform.language_models:
        yield remark(f"it is called without the language model '{name}'.")
    if branches := sorted({spec.branch for spec in transform.read_specs if spec.branch}):
        yield remark(f"an input is declared for the branch {', '.join(branches)}; there are no branches here.")
    if transform.profiles:
        yield remark(
            f'the Spark profiles {", ".join(transform.profiles)} are not exported; set config.json\'s "spark".'
        )
    if kind is ExportForm.SPARK_PIPELINES and any(spec.checks for spec in transform.read_specs):
        yield remark("checks of its inputs are not evaluated; those of the tables that are written are.")
    for function in _functions_called(transform)[1:] if kind is ExportForm.SPARK_PIPELINES else ():
        for unfit in _unfit_for_definition(function):
            yield Remark(transform.reference, unfit.location or "", f"if it calls {function.__name__}, the run stops, "
                         f"which uses {unfit.text}.")  # fmt: skip


def arguments_of(task: Task) -> list[str]:
    """Return the parameters of a compute function that receive no table: declared values, and the context.

    Args:
        task: of a Python transform.
    """
    transform = task.transform
    has_context = wants_context(transform.compute_function)
    return [*transform.parameters, *([CONTEXT] if has_context else [])]


def returns_rows(task: Task) -> bool:
    """Return whether the compute function returns its rows, instead of writing them to an output object.

    Args:
        task: of a Python transform.
    """
    return task.transform.convention is not Convention.OBJECTS
