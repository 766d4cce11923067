"""Discovery: import the modules of a package or repository and collect its transforms.

Modules that cannot be imported become faults, one for each distinct error. The roots of a repository are put on
Python's path, also for Spark's workers, without hiding our own package `transforms.api`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import shlex
import sys
import traceback
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import transforms_api
from transforms_api.declare import (
    Failure,
    Pipeline,
    Transform,
    collect_failures,
    import_or_report,
    report_failure,
    transforms_of,
)
from transforms_api.errors import DeclarationError, DiscoveryError, TransformsError
from transforms_api.project.layouts import (
    SHRINKWRAP,
    DatasetName,
    Repository,
    SubProject,
    dataset_names,
    read_shrinkwrap,
    use_names,
)
from transforms_api.project.problems import Fault
from transforms_api.project.source_files import (
    Candidate,
    candidate_modules,
    folder_with_module,
    is_module,
    location_of,
    merge_conflict_in,
    module_files,
    name_of_module,
)
from transforms_api.project.sql_transforms import DiscoveredSql, SqlTransform, discover_sql

_OUTPUT = re.compile(r"""Output\w*\(\s*(?:alias\s*=\s*)?["']([^"'\n]+)["']""")


_NOT_IN_NAMESPACE = re.compile(r"cannot import name '(\w+)' from '([\w.]+)' \(unknown location\)")
_WITHOUT_SESSION = re.compile(r"SparkContext or SparkSession should be created|NO_ACTIVE|CONTEXT_NOT_EXIST|_jvm")
_NEEDS_SPARK = (
    "It needs Spark, which does not run while modules are imported, neither here nor in Foundry's checks: write it "
    "inside of a function."
)


def import_faults(failures: list[Failure], unlikely: Collection[str] = (), project: Path | None = None) -> list[Fault]:
    """Return a fault for each distinct error, with the datasets that the affected modules seem to write.

    A module that others import fails once for each of them; that is one fault.

    Args:
        failures: modules that cannot be imported.
        unlikely: modules without any sign of transforms: an error that affects only these is a warning.
        project: the project's folder, near which missing modules are searched for.
    """
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        where = _location_of(failure.error) or str(_file_of(failure.module) or failure.module)
        groups.setdefault((where, _words(failure.error)), []).append(failure)
    return [
        _fault(where, words, group, all(failure.module in unlikely for failure in group), project)
        for (where, words), group in groups.items()
    ]


def written_in(files: Iterable[Path]) -> frozenset[str]:
    """Return the datasets that modules seem to write: those in the text of an `Output(…)`.

    Args:
        files: files of modules.
    """
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    return frozenset(dataset for text in texts for dataset in _OUTPUT.findall(text))


def _fault(where: str, words: str, group: list[Failure], is_warning: bool, project: Path | None) -> Fault:
    modules = list(dict.fromkeys(failure.module for failure in group))
    hides = written_in(file for file in map(_file_of, modules) if file)
    cause = group[0].error
    if isinstance(cause, TransformsError):
        says_where = where.rpartition(":")[0] in str(cause)
        error: TransformsError = type(cause)(str(cause) if says_where else f"{where}: {cause}")
    else:
        kept_out = f"It keeps {', '.join(modules)} from being imported."
        error = DiscoveryError(" ".join(filter(None, [f"{where}: {words}.", kept_out, _advice(cause, project)])))
    if is_warning:
        error.args = (f"{error} No transform seems to be concerned.",)
    error.__cause__ = cause
    return Fault(error, where, hides=hides, is_warning=is_warning)


def _advice(error: BaseException, project: Path | None) -> str | None:
    """Return what the user can do about an error, None if that is unknown."""
    missing = _missing_module(error)
    folder = folder_with_module(missing, project) if missing and project is not None else None
    if folder is not None and project is not None:
        if project.resolve().is_relative_to(folder):
            return f"The folder {folder} has '{missing}': give --repo {shlex.quote(str(folder))}."
        return f"The folder {folder} has '{missing}': set PYTHONPATH={shlex.quote(str(folder))} and try again."
    return _NEEDS_SPARK if _needs_spark(error) else None


def _missing_module(error: BaseException) -> str | None:
    """Return the module that an import lacks, also one of a package without `__init__.py`; None for other errors."""
    if isinstance(error, ModuleNotFoundError):
        return error.name
    match = _NOT_IN_NAMESPACE.match(str(error)) if isinstance(error, ImportError) else None
    return f"{match[2]}.{match[1]}" if match else None


def _needs_spark(error: BaseException) -> bool:
    """Return whether PySpark raised an error because there is no session."""
    frames = traceback.extract_tb(error.__traceback__)
    is_spark_s = bool(frames) and "pyspark" in Path(frames[-1].filename).parts
    is_assertion = isinstance(error, AssertionError) and not str(error)
    return is_spark_s and (is_assertion or bool(_WITHOUT_SESSION.search(str(error))))


def _conflict_in(error: BaseException) -> int | None:
    """Return the line of an unresolved merge conflict that caused a syntax error, None for other errors."""
    if not isinstance(error, SyntaxError) or not error.filename or not Path(error.filename).is_file():
        return None
    return merge_conflict_in(Path(error.filename).read_text(encoding="utf-8", errors="replace"))


def _location_of(error: BaseException) -> str | None:
    if line := _conflict_in(error):
        return f"{error.filename}:{line}"  # type: ignore[attr-defined]
    return location_of(error) or (location_of(error.__cause__) if error.__cause__ else None)


def _words(error: BaseException) -> str:
    if _conflict_in(error):
        return "the module has a merge conflict that is not resolved"
    return f"{type(error).__name__}: {error}".rstrip(" .:")


def _file_of(module: str) -> Path | None:
    """Return the file of a module without importing its packages, which may be broken; None if there is no file."""
    bases = [Path(folder, *module.split(".")) for folder in sys.path]
    files = [file for base in bases for file in (base / "__init__.py", base.with_name(f"{base.name}.py"))]
    return next((file for file in files if file.is_file()), None)


NAMESPACE = "transforms"
_OURS = str(Path(transforms_api.__file__).parents[1] / NAMESPACE)


def put_on_path(roots: Sequence[Path]) -> None:
    """Put folders at the start of Python's path, also for Spark's workers.

    Args:
        roots: folders of the project's modules, the first one with the highest priority.
    """
    added = [str(root) for root in roots]
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*added, *(folder for folder in sys.path if folder not in added)]
    os.environ["PYTHONPATH"] = os.pathsep.join([*added, *(folder for folder in others if folder not in ("", *added))])
    importlib.invalidate_caches()
    for root in roots:
        _share_namespace(root / NAMESPACE)


def _share_namespace(folder: Path) -> None:
    """Make `transforms.api` importable in a project that has a package `transforms` of its own.

    Without an `__init__.py` Python merges both folders. With one Python would see the project's folder only, so the
    package is created here with both folders on its path before its `__init__.py` runs.
    """
    file = folder / "__init__.py"
    if not file.is_file():
        return
    spec = importlib.util.spec_from_file_location(NAMESPACE, file, submodule_search_locations=[str(folder), _OURS])
    assert spec is not None and spec.loader is not None
    package, before = importlib.util.module_from_spec(spec), sys.modules.get(NAMESPACE)
    for name in [name for name in sys.modules if name.startswith(f"{NAMESPACE}.") and name.count(".") == 1]:
        setattr(package, name.partition(".")[2], sys.modules[name])
    sys.modules[NAMESPACE] = package
    try:
        spec.loader.exec_module(package)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        report_failure(NAMESPACE, error)
        if before is not None:
            sys.modules[NAMESPACE] = before


Transforms = list[Transform[Any, Any]]


@dataclass(frozen=True)
class DiscoveryResult:
    """The result of discovery.

    Attributes:
        transforms: the transforms of the project, without duplicates.
        faults: modules and files that cannot be read.
        roots: folders of the project's own modules.
        sql: the SQL files of the project; their transforms are among `transforms`.
    """

    transforms: Transforms
    faults: list[Fault]
    roots: tuple[Path, ...]
    sql: DiscoveredSql = field(default_factory=DiscoveredSql)


def discover(package: str) -> DiscoveryResult:
    """Import a package with all its submodules and return its transforms.

    Args:
        package: full name of the package.
    """
    with collect_failures() as failures:
        pipeline = Pipeline()
        root = import_or_report(package)
        if root is not None:
            pipeline.discover_transforms(root)
    roots = tuple(Path(folder) for folder in getattr(root, "__path__", ()))
    return DiscoveryResult(pipeline.transforms, import_faults(failures), roots)


def discover_repository(repository: Repository, package: str | None = None) -> DiscoveryResult:
    """Import the modules of a repository and return its transforms, with dataset names of its shrinkwrap file.

    The transforms of a sub-project are those of the `Pipeline` that its entry point names; without an entry point,
    those of every `Pipeline` in a `pipeline.py` of its packages; without these, those of all modules that may have
    transforms. The folders of the repository are put on Python's path.

    Args:
        repository: the layout of the repository.
        package: package to discover instead of the declared one; None: the declared one. SQL files are discovered
            in either case.
    """
    projects, clashes = _without_clashes(repository.projects)
    unlikely = set[str]()
    with collect_failures() as failures:
        put_on_path([project.root for project in projects])
        pipeline = Pipeline()
        if package is not None:
            root = import_or_report(package)
            pipeline.discover_transforms(*([root] if root else []))
        else:
            for project in projects:
                pipeline.add_transforms(*_transforms_in(project, unlikely))
    sql = discover_sql(repository.folder, repository.sql)
    transforms = [*pipeline.transforms, *sql.transforms]
    use_names(transforms, repository.names)
    faults = [*clashes, *import_faults(failures, unlikely, repository.folder), *sql.faults]
    renamed = [_with_names(fault, repository) for fault in faults]
    roots = tuple(project.root for project in projects)
    return DiscoveryResult(transforms, [*repository.faults, *renamed], roots, sql)


def load_sql_transform(file: Path) -> tuple[SqlTransform, dict[str, DatasetName]]:
    """Return the transform of a SQL file, and the names of datasets in the shrinkwrap file of its repository.

    Args:
        file: a file with one statement, absolute or from the current folder; of several statements the one that
            follows a colon: `several.sql:totals`.

    Raises:
        DeclarationError: there is no such file, or it does not contain exactly one transform that is meant.
    """
    from transforms_api.project.sql_files import read_sql_file  # imports sqlglot: slow

    name: str | None = None
    if not file.exists() and re.search(r"\.sql:[^/]+$", str(file), re.IGNORECASE):
        before, _, name = str(file).rpartition(":")
        file = Path(before)
    path = file.resolve()
    if not path.is_file():
        raise DeclarationError(f"There is no SQL file {file} in {Path.cwd()}.")
    content = read_sql_file(path)
    if content.problems:
        raise DeclarationError(f"{path}:{content.problems[0].line}: {content.problems[0].text}")
    statements = [statement for statement in content.statements if name in (None, statement.name)]
    if len(statements) != 1:
        known = ", ".join(
            f"{file.name}:{statement.name}" for statement in content.statements if len(content.statements) > 1
        )
        hint = f" Name one of them: {known}." if known else ""
        raise DeclarationError(f"{path} has {len(content.statements)} transforms; one is expected.{hint}")
    transform, names = SqlTransform(statements[0], path, path.name), _names_above(path)
    use_names([transform], names)
    return transform, names


def _names_above(path: Path) -> dict[str, DatasetName]:
    """Return the dataset names of the shrinkwrap file of a file's repository, none without one."""
    for folder in path.parents:
        if (folder / SHRINKWRAP).is_file():
            return dataset_names(read_shrinkwrap(folder / SHRINKWRAP))
        if (folder / ".git").exists():
            break
    return {}


def _without_clashes(projects: tuple[SubProject, ...]) -> tuple[list[SubProject], list[Fault]]:
    """Return the projects without those that share a top-level name with an earlier one, and a fault for each of these.

    Python can import only one module of a name.
    """
    taken: dict[str, Path] = {}
    kept, faults = [], []
    for project in projects:
        names = project.top_level
        if shared := sorted(names.keys() & taken.keys()):
            error = DiscoveryError(
                f"{names[shared[0]]}: the sub-projects {taken[shared[0]].parent} and {project.root} both have a "
                f"'{shared[0]}' at their top. Python can import one of them only, so {project.root} is left out; "
                "rename it, or give each sub-project as a --repo of its own."
            )
            hides = written_in(module_files(project.root))
            faults.append(Fault(error, str(names[shared[0]]), hides=hides))
        else:
            taken |= names
            kept.append(project)
    return kept, faults


def _transforms_in(project: SubProject, unlikely: set[str]) -> Transforms:
    """Return the transforms of a sub-project; add imported modules without any sign of transforms to `unlikely`."""
    if project.entry_point:
        return _of_entry_point(project.entry_point)
    files = [file for file in sorted(project.root.glob("*/pipeline.py")) if _mentions_pipeline(file)]
    pipelines = [pipeline for module in _modules(project.root, files) for pipeline in _pipelines_of(module)]
    if files:
        return [transform for pipeline in pipelines for transform in pipeline.transforms]
    candidates = candidate_modules(project.root)
    unlikely |= {name_of_module(project.root, file) for file, kind in candidates.items() if kind is Candidate.SLIGHT}
    worth_importing = [file for file, kind in candidates.items() if kind is not Candidate.NONE]
    return [transform for module in _modules(project.root, worth_importing) for transform in transforms_of(module)]


def _of_entry_point(entry_point: str) -> Transforms:
    name, _, attribute = entry_point.partition(":")
    module = import_or_report(name)
    if module is None:
        return []
    try:
        declared = [functools.reduce(getattr, attribute.split("."), module)] if attribute else _pipelines_of(module)
    except AttributeError:
        declared = []
    pipelines = [pipeline for pipeline in declared if isinstance(pipeline, Pipeline)]
    if not pipelines:
        wanted = f"'{attribute}' of {module.__file__} is no Pipeline" if attribute else f"{module.__file__} has none"
        report_failure(name, DiscoveryError(f"The entry point '{entry_point}' has to name a Pipeline, but {wanted}."))
    return [transform for pipeline in pipelines for transform in pipeline.transforms]


def _modules(root: Path, files: list[Path]) -> Iterator[ModuleType]:
    for file in files:
        name = name_of_module(root, file)
        module = import_or_report(name) if name else None
        if module is None:
            continue
        if module.__file__ is None or Path(module.__file__).resolve() != file.resolve():
            report_failure(
                name, DiscoveryError(f"{file}: Python has another '{name}' already, {module.__file__}; rename it.")
            )
        else:
            yield module


def _pipelines_of(module: ModuleType) -> list[Pipeline]:
    return [value for value in vars(module).values() if isinstance(value, Pipeline)]


def _mentions_pipeline(file: Path) -> bool:
    return is_module(file) and bool(re.search(r"\bPipeline\s*\(", file.read_text(encoding="utf-8", errors="replace")))


def _with_names(fault: Fault, repository: Repository) -> Fault:
    names = repository.names
    return replace(
        fault, hides=frozenset(names[dataset].alias if dataset in names else dataset for dataset in fault.hides)
    )
