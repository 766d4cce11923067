"""Modules that cannot be imported, as faults: one for each error, however many modules it keeps out."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from transforms_api.declare.pipeline import import_errors
from transforms_api.errors import DiscoveryError, TransformsError
from transforms_api.graph.faults import Fault
from transforms_api.graph.user_code import place_of

_OUTPUT = re.compile(r"""Output\w*\(\s*(?:alias\s*=\s*)?["']([^"'\n]+)["']""")


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


def import_faults(failures: list[Failure], unlikely: Collection[str] = ()) -> list[Fault]:
    """Return a fault for each error, with the datasets that the modules it keeps out seem to write.

    A module that others import fails once for each of them; that is one fault.

    Args:
        unlikely: modules that hardly have transforms: an error that keeps out only such modules is a warning.
    """
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        where = _place_of(failure.error) or str(_file_of(failure.module) or failure.module)
        groups.setdefault((where, _words(failure.error)), []).append(failure)
    return [
        replace(_fault(where, words, group), is_warning=all(failure.module in unlikely for failure in group))
        for (where, words), group in groups.items()
    ]


def written_in(files: Iterable[Path]) -> frozenset[str]:
    """Return the datasets that modules seem to write, by their text: those named in an `Output(…)`."""
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    return frozenset(dataset for text in texts for dataset in _OUTPUT.findall(text))


def _fault(where: str, words: str, group: list[Failure]) -> Fault:
    modules = list(dict.fromkeys(failure.module for failure in group))
    hides = written_in(file for file in map(_file_of, modules) if file)
    cause = group[0].error
    if isinstance(cause, TransformsError):
        says_where = where.rpartition(":")[0] in str(cause)
        error: TransformsError = type(cause)(str(cause) if says_where else f"{where}: {cause}")
    else:
        error = DiscoveryError(f"{where}: {words}. It keeps {', '.join(modules)} from being imported.")
    error.__cause__ = cause
    return Fault(error, where, hides=hides)


def _place_of(error: BaseException) -> str | None:
    return place_of(error) or (place_of(error.__cause__) if error.__cause__ else None)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(" .:")


def _file_of(module: str) -> Path | None:
    """Return the file of a module, looked for by its name: importlib would import its packages, which may be broken."""
    bases = [Path(folder, *module.split(".")) for folder in sys.path]
    files = [file for base in bases for file in (base / "__init__.py", base.with_name(f"{base.name}.py"))]
    return next((file for file in files if file.is_file()), None)
