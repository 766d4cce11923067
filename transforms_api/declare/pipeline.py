"""A `Pipeline`: the registry of transforms, filled by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from transforms_api.declare.transform import Transform
from transforms_api.errors import DiscoveryError, DuplicateOutputError


class Pipeline:
    """The transforms of a project, each once, in the order in which they were added."""

    def __init__(self) -> None:
        self._transforms: list[Transform] = []

    @property
    def transforms(self) -> list[Transform]:
        """All transforms, as a list of its own."""
        return list(self._transforms)

    def add_transforms(self, *transforms: Transform) -> None:
        """Add transforms; one that is there already is added no second time.

        Raises:
            DuplicateOutputError: another transform writes one of its outputs.
        """
        for added in transforms:
            if any(added is known for known in self._transforms):
                continue
            for known in self._transforms:
                _refuse_shared_output(known, added)
            self._transforms.append(added)

    def discover_transforms(self, *modules: ModuleType) -> None:
        """Add every transform found in these modules and packages, however deep.

        Found are module attributes that are transforms, and those in lists and tuples of transforms.

        Raises:
            DiscoveryError: a module cannot be imported.
            DuplicateOutputError: two transforms write one dataset.
        """
        for module in modules:
            for member in _with_submodules(module):
                self.add_transforms(*transforms_of(member))


def transforms_of(module: ModuleType) -> Iterator[Transform]:
    """Yield the transforms among a module's attributes and in its lists and tuples."""
    for value in list(vars(module).values()):
        if isinstance(value, Transform):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (element for element in value if isinstance(element, Transform))


def _with_submodules(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", []), f"{module.__name__}."):
        yield from _with_submodules(_import(info.name))


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise DiscoveryError(f"Module {name} cannot be imported: {type(error).__name__}: {error}") from error


def _refuse_shared_output(known: Transform, added: Transform) -> None:
    shared = {spec.alias for spec in known.outputs.values()} & {spec.alias for spec in added.outputs.values()} - {None}
    if shared:
        raise DuplicateOutputError(
            f"Two transforms write {min(shared)}: {known.location} ({known.__name__}) and "
            f"{added.location} ({added.__name__}). A dataset has one transform."
        )
