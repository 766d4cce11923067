"""`Pipeline`, the registry of transforms, and how modules are searched for transforms."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import pkgutil
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import GeneratorType, MappingProxyType, ModuleType
from typing import Any

from transforms_api.declare.transforms import Transform
from transforms_api.errors import DiscoveryError, DuplicateOutputError, TransformsError


class Pipeline:
    """The transforms of a project, without duplicates, in the order in which they were added."""

    def __init__(self) -> None:
        self._transforms: dict[Transform[Any, Any], None] = {}
        self._writers: dict[str, Transform[Any, Any]] = {}

    @property
    def transforms(self) -> list[Transform[Any, Any]]:
        """All transforms, as a new list."""
        return list(self._transforms)

    def add_transforms(self, *transforms: Transform[Any, Any]) -> None:
        """Add transforms; a transform that was added before is ignored.

        Foundry also refuses two compute functions with the same reference. Generated transforms share theirs unless
        their author sets `__name__`, so only transforms that write the same outputs are refused here.

        Args:
            transforms: the transforms to add.

        Raises:
            BindingError: no decorator provides a parameter of the compute function.
            DuplicateOutputError: a different transform writes one of the outputs.
        """
        for added in transforms:
            if added not in self._transforms:
                self._add(added)

    def discover_transforms(self, *modules: ModuleType) -> None:
        """Add every transform in these modules and packages, and in all their subpackages.

        Searches module attributes, and collections and iterators in them. As on Foundry, folders without `__init__.py`
        are skipped.

        Args:
            modules: modules and packages.

        Raises:
            DiscoveryError: a module cannot be imported, or an iterator of transforms raises.
            DuplicateOutputError: two transforms write one dataset.
        """
        for module in modules:
            for member in _with_submodules(module):
                self.add_transforms(*transforms_of(member))

    def _add(self, added: Transform[Any, Any]) -> None:
        datasets = added.writes
        if _failures.get() is None:  # discovery reports these problems together, see `build_graph`
            added.check_binding()
            for dataset in datasets:
                _refuse_shared(dataset, self._writers.get(dataset), added)
        self._transforms[added] = None
        self._writers |= dict.fromkeys(datasets, added)


@dataclass(frozen=True)
class Failure:
    """A module and the error that prevents its import, or that an iterator of transforms in it raised.

    Attributes:
        module: full name of the module.
        error: the exception.
    """

    module: str
    error: BaseException


_failures: ContextVar[list[Failure] | None] = ContextVar("failures", default=None)
"""The list of the active `collect_failures`. A context variable, since modules of the project fill their own `Pipeline`
objects while discovery imports them."""


@contextlib.contextmanager
def collect_failures() -> Iterator[list[Failure]]:
    """Collect failed imports in the yielded list instead of raising them.

    Pipelines that are filled in the meantime, also by modules of the project, accept transforms that do not fit
    together; `build_graph` reports these. Contexts may be nested; a failure belongs to the innermost one.
    """
    failures: list[Failure] = []
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


def report_failure(module: str, error: BaseException) -> None:
    """Add a failure to the list of the active `collect_failures`; without one, raise the error.

    Args:
        module: full name of the module.
        error: what went wrong.
    """
    failures = _failures.get()
    if failures is None:
        raise error
    failures.append(Failure(module, error))


def import_or_report(name: str) -> ModuleType | None:
    """Import a module; inside of `collect_failures`, record an error and return None.

    Every exception counts as an error, also the SystemExit of a script, except for KeyboardInterrupt.

    Args:
        name: full name of the module.

    Raises:
        DiscoveryError: the module cannot be imported, and no `collect_failures` is active.
    """
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if _failures.get() is None:
            raise DiscoveryError(f"Module {name} cannot be imported: {type(error).__name__}: {error}") from error
        report_failure(name, error)
        return None


def transforms_of(module: ModuleType) -> Iterator[Transform[Any, Any]]:
    """Yield the transforms among a module's attributes, and in collections and iterators in them.

    Args:
        module: an imported module.

    Raises:
        DiscoveryError: an iterator raises or does not end, and no `collect_failures` is active.
    """
    attributes = vars(module)
    for name in [name for name in attributes if name != "__builtins__"]:
        yield from _transforms_in(attributes[name], _Location(module.__name__, name, attributes, name), 0)


_VIEWS: tuple[type, ...] = (type({}.values()), type(OrderedDict[Any, Any]().values()))
_COLLECTIONS = (list, tuple, set, frozenset, deque, dict, MappingProxyType, *_VIEWS)
_ITERATORS = (
    GeneratorType, filter, map, zip, enumerate, reversed,
    itertools.accumulate, itertools.chain, itertools.combinations, itertools.compress, itertools.dropwhile,
    itertools.filterfalse, itertools.islice, itertools.permutations, itertools.product, itertools.starmap,
    itertools.takewhile, itertools.zip_longest,
    *map(type, (iter([]), iter(()), iter(set()), iter(deque()), iter({}.values()))),
    *map(type, (reversed([]), reversed({}.values()), *itertools.tee(()))),
)  # fmt: skip
"""Types of iterators that may contain transforms. Files, cursors and readers are not consumed, nor are iterators that
never end, such as `itertools.count()`."""
_MAX_DEPTH = 4
"""Maximum nesting of collections that are searched; collections may contain themselves."""
_MAX_ITEMS = 10_000
"""Number of objects after which an iterator counts as endless."""


@dataclass(frozen=True)
class _Location:
    """The position of a value in a module.

    Attributes:
        module: name of the module, for messages.
        attribute: name of the module's attribute, for messages.
        holder: the list or dict in which the value can be replaced; None if it cannot.
        key: index or key of the value in `holder`.
    """

    module: str
    attribute: str
    holder: Any = None
    key: Any = None

    def inside(self, holder: Any = None, key: Any = None) -> _Location:
        return _Location(self.module, self.attribute, holder, key)


@dataclass(frozen=True)
class _Consumed:
    """The content of an iterator, which can be read only once.

    Attributes:
        module: name of the module in which the iterator was seen first.
        transforms: the transforms in it.
        error: the error that ended it early.
        replacement: an iterator over the same objects, for the module; None if the iterator contained transforms.
    """

    module: str
    transforms: tuple[Transform[Any, Any], ...] = ()
    error: DiscoveryError | TransformsError | None = None
    replacement: Iterator[Any] | None = None


_consumed: dict[Iterator[Any], _Consumed] = {}


def forget_iterators(modules: Collection[str]) -> None:
    """Drop the cached content of iterators of modules that will be imported again.

    Args:
        modules: full names of the modules.
    """
    for iterator, consumed in list(_consumed.items()):
        makers = {transform.__module__ for transform in consumed.transforms} or {consumed.module}
        if all(maker in modules for maker in makers):
            del _consumed[iterator]


def _transforms_in(value: Any, location: _Location, depth: int) -> Iterator[Transform[Any, Any]]:
    kind = type(value)  # isinstance would also call the value, which may be a proxy that raises
    if issubclass(kind, Transform):
        yield value
    elif issubclass(kind, _ITERATORS):
        yield from _consume_once(value, location, depth)
    elif issubclass(kind, _COLLECTIONS) and depth < _MAX_DEPTH:
        transforms = [made for inner, at in _members(value, location) for made in _transforms_in(inner, at, depth + 1)]
        if isinstance(value, (set, frozenset)):
            transforms.sort(key=lambda made: (made.reference, made.location, made.writes))
        yield from transforms


def _members(value: Any, location: _Location) -> Iterator[tuple[Any, _Location]]:
    """Yield the members of a collection that may be or contain transforms."""
    pairs: Iterable[tuple[Any, Any]]
    pairs = [*value.items()] if isinstance(value, Mapping) else enumerate([*value])
    holder = value if isinstance(value, (list, dict)) else None
    may_hold: dict[type[Any], bool] = {object: False}
    for key, inner in pairs:
        kind = type(inner) if type(type(inner)) is type else object  # other classes of classes may not be hashable
        if kind not in may_hold:
            may_hold[kind] = issubclass(kind, (Transform, *_COLLECTIONS, *_ITERATORS))
        if may_hold[kind]:
            yield inner, location.inside(holder, key)


def _consume_once(iterator: Iterator[Any], location: _Location, depth: int) -> tuple[Transform[Any, Any], ...]:
    consumed = _consumed.get(iterator)
    if consumed is None:
        consumed = _consumed[iterator] = _consume(iterator, location, depth)
        if consumed.replacement is not None:
            _consumed[consumed.replacement] = consumed
    if consumed.replacement is not None and location.holder is not None:
        location.holder[location.key] = consumed.replacement
    if consumed.error is not None:
        report_failure(consumed.module, consumed.error)
    return consumed.transforms


def _consume(iterator: Iterator[Any], location: _Location, depth: int) -> _Consumed:
    """Read an iterator of transforms to its end, and only the first object of any other iterator.

    The other iterator gets a replacement that yields this object again, since a compute function may need it. An
    iterator of transforms may contain None.
    """
    transforms: list[Transform[Any, Any]] = []
    taken: list[Any] = []
    error: TransformsError | None = None
    try:
        for item in itertools.islice(iterator, _MAX_ITEMS + 1):
            taken.append(item)
            transforms += _transforms_in(item, location.inside(), depth + 1)
            if not transforms and item is not None:
                return _Consumed(location.module, replacement=itertools.chain(taken, iterator))
    except KeyboardInterrupt:
        raise
    except TransformsError as raised:
        error = raised
    except BaseException as raised:
        error = DiscoveryError(
            f"Module {location.module}: iterating over its '{location.attribute}' raised {type(raised).__name__} after "
            f"{len(taken)} {'object' if len(taken) == 1 else 'objects'}: {raised}"
        )
        error.__cause__ = raised
    if len(taken) > _MAX_ITEMS:
        error = DiscoveryError(
            f"Module {location.module}: its '{location.attribute}' gives more than {_MAX_ITEMS:,} objects and may "
            "never end. Put the transforms into a list."
        )
        return _Consumed(location.module, error=error)
    return _Consumed(location.module, tuple(transforms), error)


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
