"""A `Pipeline`: the registry of transforms, filled by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import DiscoveryError, DuplicateOutputError

import_errors: ContextVar[Callable[[str, BaseException], None] | None] = ContextVar("import_errors", default=None)
"""Told of each module that cannot be imported, while somebody looks for everything that is wrong with a project.

Pipelines that are filled meanwhile, also by modules of the project themselves, go on where they would raise.
"""


class Pipeline:
    """The transforms of a project, each once, in the order in which they were added."""

    def __init__(self) -> None:
        self._transforms: dict[int, Transform[Any, Any]] = {}
        self._writers: dict[str, Transform[Any, Any]] = {}

    @property
    def transforms(self) -> list[Transform[Any, Any]]:
        """All transforms, as a list of its own."""
        return list(self._transforms.values())

    def add_transforms(self, *transforms: Transform[Any, Any]) -> None:
        """Add transforms; one that is there already is added no second time.

        Foundry also refuses two compute functions of the same reference. Generated transforms share theirs unless their
        author sets `__name__`, so here only those are refused that write the same outputs as well.

        Raises:
            BindingError: nothing provides for a parameter of its function.
            DuplicateOutputError: another transform writes one of its outputs.
        """
        for added in transforms:
            if id(added) not in self._transforms:
                self._add(added)

    def discover_transforms(self, *modules: ModuleType) -> None:
        """Add every transform found in these modules and packages, however deep.

        Found are module attributes that are transforms, and those in lists and tuples of transforms. As on Foundry,
        folders without `__init__.py` are not descended into.

        Raises:
            DiscoveryError: a module cannot be imported.
            DuplicateOutputError: two transforms write one dataset.
        """
        for module in modules:
            for member in _with_submodules(module):
                self.add_transforms(*transforms_of(member))

    def _add(self, added: Transform[Any, Any]) -> None:
        datasets = added.writes
        if import_errors.get() is None:
            added.check_binding()
            for dataset in datasets:
                _refuse_shared(dataset, self._writers.get(dataset), added)
        self._transforms[id(added)] = added
        self._writers |= dict.fromkeys(datasets, added)


def transforms_of(module: ModuleType) -> Iterator[Transform[Any, Any]]:
    """Yield the transforms among a module's attributes and in its lists and tuples."""
    for value in list(vars(module).values()):
        if isinstance(value, Transform):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (element for element in value if isinstance(element, Transform))


def import_or_report(name: str) -> ModuleType | None:
    """Return a module, or None where it cannot be imported and `import_errors` was told so.

    Whatever a module raises counts, also the SystemExit of a script.

    Raises:
        DiscoveryError: it cannot be imported, and nobody is to be told.
    """
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        report = import_errors.get()
        if report is None:
            raise DiscoveryError(f"Module {name} cannot be imported: {type(error).__name__}: {error}") from error
        report(name, error)
        return None


def _with_submodules(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", []), f"{module.__name__}."):
        submodule = import_or_report(info.name)
        if submodule is not None:
            yield from _with_submodules(submodule)


def _refuse_shared(dataset: str, known: Transform[Any, Any] | None, added: Transform[Any, Any]) -> None:
    if known is not None:
        raise DuplicateOutputError(
            f"Two transforms write {dataset}: {known.location} ({known.__name__}) and "
            f"{added.location} ({added.__name__}). A dataset has one transform."
        )
