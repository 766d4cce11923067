"""Names that only Foundry has: each can be imported and declared with, and fails where it is used.

A module that mentions a language model has to import, or nothing of it can be read, tested or built. Which names these
packages have is hardly documented, so every name is there. A stand-in is a class, to serve as type hint and base class;
what it makes serves as argument of a decorator and as decorator. A transform that was declared with one cannot be run.
"""

from __future__ import annotations

import functools
import inspect
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from transforms_api.declare.inputs_outputs import FoundryOnlyParam
from transforms_api.declare.transforms import CONTEXT, Transform, location
from transforms_api.errors import NotSupportedLocallyError


class _StandInType(ABCMeta):
    """Lets a stand-in have any public attribute, which is another stand-in, and decorate without being called first."""

    feature: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{cls.feature} has no attribute '{name}'")
        return make_stub(f"{cls.feature}.{name}")

    def __call__(cls, *arguments: Any, **settings: Any) -> Any:
        # A class that a user derives has no feature of its own, and is never a decorator.
        if "feature" in vars(cls) and not settings and len(arguments) == 1:
            [decorated] = arguments
            if isinstance(decorated, (Transform, FunctionType)):
                return _declared_with(cls.feature, decorated)
        return super().__call__(*arguments, **settings)


class Stub(FoundryOnlyParam, metaclass=_StandInType):
    """Base of all stand-ins; keeps what it was made with.

    Attributes:
        feature: what the name is called on Foundry.
    """

    feature = "a feature of Foundry"

    def __call__(self, decorated: Any) -> Any:
        """Return what it decorates: a transform that cannot be run, a function that cannot be called, or a class.

        Raises:
            NotSupportedLocallyError: it is called otherwise than as a decorator.
        """
        if isinstance(decorated, (Transform, FunctionType, type)):
            return _declared_with(self.feature, decorated)
        raise _not_here(self.feature)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(f"{self.feature} has no attribute '{name}'")
        raise _not_here(f"{self.feature}.{name}")


class Dataset(Stub):
    """A dataset as notebooks on Foundry read and write it."""

    feature = "foundry.transforms.Dataset"


class ContainerTransformsConfiguration(Stub):
    """How Foundry runs a container of one's own."""

    feature = "transforms.api.ContainerTransformsConfiguration"


class ParamContext(Stub):
    """What Foundry resolves a parameter from."""

    feature = "transforms.api.ParamContext"


class TableTransformInput(Stub):
    """A virtual table as a compute function receives it."""

    feature = "transforms.tables.TableTransformInput"


class IncrementalTableTransformInput(TableTransformInput):
    """A virtual table as an incremental compute function receives it."""

    feature = "transforms.tables.IncrementalTableTransformInput"


@functools.cache
def make_stub(name: str) -> type[Any]:
    """Return the stand-in for a name of Foundry, given with its package."""
    package, _, own_name = name.rpartition(".")
    return _StandInType(own_name, (Stub,), {"feature": name, "__module__": package})


def stub_package(package: str, folders: Iterable[str] = ()) -> tuple[Callable[[str], Any], list[str]]:
    """Return the `__getattr__` and the `__path__` of a module in which every name and every submodule is a stand-in.

    Args:
        folders: where submodules are that are there.
    """

    def attribute(name: str) -> type[Any]:
        if name.startswith("__"):
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return make_stub(f"{package}.{name}")

    return attribute, _AnySubmodule(folders)


class _AnySubmodule(list[str]):
    """The `__path__` of a package whose submodules are stand-ins, but for those in its folders, if it has any."""


class _Finder(MetaPathFinder, Loader):
    """Finds submodules of stand-in packages, and of no others; asked after Python's own finders."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if isinstance(path, _AnySubmodule) else None

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"], module.__path__ = stub_package(module.__name__)


sys.meta_path.append(_Finder())


def _declared_with(feature: str, decorated: Any) -> Any:
    if isinstance(decorated, Transform):
        parameters = inspect.signature(decorated.compute_function).parameters.keys()
        decorated.foundry_only.append(feature)
        decorated.absent |= parameters - {CONTEXT, *decorated.parameter_names}
        return decorated
    return decorated if isinstance(decorated, type) else _refusing(feature, decorated)


def _refusing(feature: str, function: Callable[..., Any]) -> Callable[..., NoReturn]:
    @functools.wraps(function)
    def refuse(*arguments: Any, **settings: Any) -> NoReturn:
        raise _not_here(f"{location(function)}: '{function.__name__}' needs {feature}")

    return refuse


def _not_here(what: str) -> NotSupportedLocallyError:
    return NotSupportedLocallyError(f"{what}: only Foundry has that. In unit tests a mock can take its place.")
