"""Modules that cannot be imported, as faults: one for each error, however many modules it keeps out."""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms_api.declare.pipeline import import_errors
from transforms_api.errors import DiscoveryError, TransformsError
from transforms_api.graph.faults import Fault
from transforms_api.graph.module_files import folder_with_module
from transforms_api.graph.user_code import merge_conflict_in, place_of

_OUTPUT = re.compile(r"""Output\w*\(\s*(?:alias\s*=\s*)?["']([^"'\n]+)["']""")


_NOT_IN_NAMESPACE = re.compile(r"cannot import name '(\w+)' from '([\w.]+)' \(unknown location\)")
_WITHOUT_SESSION = re.compile(r"SparkContext or SparkSession should be created|NO_ACTIVE|CONTEXT_NOT_EXIST|_jvm")
_NEEDS_SPARK = (
    "It needs Spark, which does not run while modules are imported, neither here nor in Foundry's checks: write it "
    "inside of a function."
)


@dataclass(frozen=True)
class Failure:
    """A module and the error that keeps it from being imported."""

    module: str
    error: BaseException


@contextlib.contextmanager
def collect_failures() -> Iterator[list[Failure]]:
    """Yield a list that gets, instead of an exception, each module that cannot be imported in the meantime."""
    failures: list[Failure] = []
    token = import_errors.set(lambda module, error: failures.append(Failure(module, error)))
    try:
        yield failures
    finally:
        import_errors.reset(token)


def import_faults(failures: list[Failure], unlikely: Collection[str] = (), project: Path | None = None) -> list[Fault]:
    """Return a fault for each error, with the datasets that the modules it keeps out seem to write.

    A module that others import fails once for each of them; that is one fault.

    Args:
        unlikely: modules that hardly have transforms: an error that keeps out only such modules is a warning.
        project: its folder, near which a module that is missing may lie.
    """
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        where = _place_of(failure.error) or str(_file_of(failure.module) or failure.module)
        groups.setdefault((where, _words(failure.error)), []).append(failure)
    return [
        _fault(where, words, group, all(failure.module in unlikely for failure in group), project)
        for (where, words), group in groups.items()
    ]


def written_in(files: Iterable[Path]) -> frozenset[str]:
    """Return the datasets that modules seem to write, by their text: those named in an `Output(…)`."""
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
    """Return what the user can do about an error, where its kind tells."""
    missing = _missing_module(error)
    folder = folder_with_module(missing, project) if missing and project is not None else None
    if folder is not None and project is not None:
        if project.resolve().is_relative_to(folder):
            return f"The folder {folder} has '{missing}': give --repo {shlex.quote(str(folder))}."
        return f"The folder {folder} has '{missing}': set PYTHONPATH={shlex.quote(str(folder))} and try again."
    return _NEEDS_SPARK if _needs_spark(error) else None


def _missing_module(error: BaseException) -> str | None:
    """Return the module that an import lacks; a package without `__init__.py` may have it in a folder elsewhere."""
    if isinstance(error, ModuleNotFoundError):
        return error.name
    found = _NOT_IN_NAMESPACE.match(str(error)) if isinstance(error, ImportError) else None
    return f"{found[2]}.{found[1]}" if found else None


def _needs_spark(error: BaseException) -> bool:
    """Tell whether PySpark raised an error because no session is there."""
    frames = traceback.extract_tb(error.__traceback__)
    is_spark_s = bool(frames) and "pyspark" in Path(frames[-1].filename).parts
    is_assertion = isinstance(error, AssertionError) and not str(error)
    return is_spark_s and (is_assertion or bool(_WITHOUT_SESSION.search(str(error))))


def _conflict_in(error: BaseException) -> int | None:
    """Return the line of an unresolved merge conflict in a file that is no Python."""
    if not isinstance(error, SyntaxError) or not error.filename or not Path(error.filename).is_file():
        return None
    return merge_conflict_in(Path(error.filename).read_text(encoding="utf-8", errors="replace"))


def _place_of(error: BaseException) -> str | None:
    if line := _conflict_in(error):
        return f"{error.filename}:{line}"  # type: ignore[attr-defined]
    return place_of(error) or (place_of(error.__cause__) if error.__cause__ else None)


def _words(error: BaseException) -> str:
    if _conflict_in(error):
        return "the module has a merge conflict that is not resolved"
    return f"{type(error).__name__}: {error}".rstrip(" .:")


def _file_of(module: str) -> Path | None:
    """Return the file of a module, looked for by its name: importlib would import its packages, which may be broken."""
    bases = [Path(folder, *module.split(".")) for folder in sys.path]
    files = [file for base in bases for file in (base / "__init__.py", base.with_name(f"{base.name}.py"))]
    return next((file for file in files if file.is_file()), None)
