"""Stubs: names that exist on Foundry only. They can be imported and used in declarations, and fail when called.

Without them, a module that mentions a language model could not be imported, tested or linted. The names in Foundry's
packages are hardly documented, so a stub package has every name. A stub is a class, to serve as type hint and base
class; its instances serve as arguments of decorators and as decorators. A transform declared with a stub cannot run.
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

from transforms_api.declare.parameters import FoundryOnlyParam
from transforms_api.declare.transforms import CONTEXT, Transform, location
from transforms_api.errors import NotSupportedLocallyError


class _StubType(ABCMeta):
    """Metaclass of stubs: any public attribute is a stub, and a stub decorates also without being called first."""

    feature: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{cls.feature} has no attribute '{name}'")
        return make_stub(f"{cls.feature}.{name}")

    def __call__(cls, *arguments: Any, **settings: Any) -> Any:
        # A class that a user derives from a stub is never a decorator.
        if "feature" in vars(cls) and not settings and len(arguments) == 1:
            [decorated] = arguments
            if isinstance(decorated, (Transform, FunctionType)):
                return _declared_with(cls.feature, decorated)
        return super().__call__(*arguments, **settings)


class Stub(FoundryOnlyParam, metaclass=_StubType):
    """Base of all stubs.

    Attributes:
        feature: full name on Foundry.
    """

    feature = "a feature of Foundry"

    def __call__(self, decorated: Any) -> Any:
        """Return the decorated object: a transform that cannot run, a function that cannot be called, or a class.

        Args:
            decorated: a transform, function or class.

        Raises:
            NotSupportedLocallyError: the stub is not used as a decorator.
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
    """Settings of a custom container on Foundry."""

    feature = "transforms.api.ContainerTransformsConfiguration"


class ParamContext(Stub):
    """Context in which Foundry resolves a parameter."""

    feature = "transforms.api.ParamContext"


@functools.cache
def make_stub(name: str) -> type[Any]:
    """Return the stub of a name.

    Args:
        name: full name on Foundry, such as 'palantir_models.models.OpenAiGptChatLanguageModel'.
    """
    package, _, own_name = name.rpartition(".")
    return _StubType(own_name, (Stub,), {"feature": name, "__module__": package})


def stub_package(package: str, folders: Iterable[str] = ()) -> tuple[Callable[[str], Any], list[str]]:
    """Return `__getattr__` and `__path__` for a package in which every name and every submodule is a stub.

    Args:
        package: full name of the package.
        folders: folders of the package's real submodules.
    """

    def attribute(name: str) -> type[Any]:
        if name.startswith("__"):
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return make_stub(f"{package}.{name}")

    return attribute, _AnySubmodule(folders)


class _AnySubmodule(list[str]):
    """The `__path__` of a package whose submodules are stubs, except for those in the listed folders."""


class _Finder(MetaPathFinder, Loader):
    """Finds submodules of stub packages only; runs after Python's own finders."""

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
    return NotSupportedLocallyError(f"{what}: only Foundry has that. In unit tests a mock can replace it.")
