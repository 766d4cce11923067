"""A `Pipeline`: the registry of transforms, filled by discovery."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import GeneratorType, MappingProxyType, ModuleType
from typing import Any

from transforms_api.declare.transforms import Transform
from transforms_api.errors import DiscoveryError, DuplicateOutputError, TransformsError

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

        Found are module attributes that are transforms, and the transforms in collections and iterators that are. As
        on Foundry, folders without `__init__.py` are not descended into.

        Raises:
            DiscoveryError: a module cannot be imported, or an iterator of transforms raises.
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
    """Yield the transforms among a module's attributes and in its collections and iterators, also in nested ones.

    Raises:
        DiscoveryError: an iterator raises or does not end, and no fault is collected.
    """
    attributes = vars(module)
    for name in [name for name in attributes if name != "__builtins__"]:
        yield from _transforms_in(attributes[name], _Place(module.__name__, name, attributes, name), 0)


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
"""The types of iterators that may hold transforms. Files, cursors, readers and such are not touched, nor is what never
ends by its kind, such as `itertools.count()`."""
_DEEPEST = 4
"""How deep collections are looked into; data that refers to itself would never end."""
_MOST = 10_000
"""How many objects an iterator may give before it counts as one that never ends."""


@dataclass(frozen=True)
class _Place:
    """Where a module has a value.

    Attributes:
        module, attribute: names, for messages.
        holder, key: what the value can be replaced in, if it can.
    """

    module: str
    attribute: str
    holder: Any = None
    key: Any = None

    def inside(self, holder: Any = None, key: Any = None) -> _Place:
        return _Place(self.module, self.attribute, holder, key)


@dataclass(frozen=True)
class _Drawn:
    """What an iterator gave, which it gives only once.

    Attributes:
        module: the name of the module in which it was first found.
        error: what ended it early.
        in_its_place: gives the same objects as the iterator did; None if the iterator had transforms.
    """

    module: str
    transforms: tuple[Transform[Any, Any], ...] = ()
    error: DiscoveryError | TransformsError | None = None
    in_its_place: Iterator[Any] | None = None


_drawn: dict[Iterator[Any], _Drawn] = {}


def forget_iterators(modules: Collection[str]) -> None:
    """Forget what iterators of these modules gave: the modules are imported anew."""
    for iterator, drawn in list(_drawn.items()):
        makers = {transform.__module__ for transform in drawn.transforms} or {drawn.module}
        if all(maker in modules for maker in makers):
            del _drawn[iterator]


def _transforms_in(value: Any, place: _Place, depth: int) -> Iterator[Transform[Any, Any]]:
    kind = type(value)  # isinstance would also ask the value, which may be a proxy that raises
    if issubclass(kind, Transform):
        yield value
    elif issubclass(kind, _ITERATORS):
        yield from _drawn_from(value, place, depth)
    elif issubclass(kind, _COLLECTIONS) and depth < _DEEPEST:
        found = [one for inner, where in _members(value, place) for one in _transforms_in(inner, where, depth + 1)]
        is_ordered = not isinstance(value, (set, frozenset))
        yield from found if is_ordered else sorted(found, key=lambda one: (one.reference, one.location, one.writes))


def _members(value: Any, place: _Place) -> Iterator[tuple[Any, _Place]]:
    """Yield what may be, or hold, transforms in a collection."""
    pairs: Iterable[tuple[Any, Any]]
    pairs = [*value.items()] if isinstance(value, Mapping) else enumerate([*value])
    holder = value if isinstance(value, (list, dict)) else None
    may_hold: dict[type[Any], bool] = {object: False}
    for key, inner in pairs:
        kind = type(inner) if type(type(inner)) is type else object  # other classes of classes may not be hashable
        if kind not in may_hold:
            may_hold[kind] = issubclass(kind, (Transform, *_COLLECTIONS, *_ITERATORS))
        if may_hold[kind]:
            yield inner, place.inside(holder, key)


def _drawn_from(iterator: Iterator[Any], place: _Place, depth: int) -> tuple[Transform[Any, Any], ...]:
    drawn = _drawn.get(iterator)
    if drawn is None:
        drawn = _drawn[iterator] = _draw(iterator, place, depth)
        if drawn.in_its_place is not None:
            _drawn[drawn.in_its_place] = drawn
    if drawn.in_its_place is not None and place.holder is not None:
        place.holder[place.key] = drawn.in_its_place
    if drawn.error is not None:
        report = import_errors.get()
        if report is None:
            raise drawn.error
        report(drawn.module, drawn.error)
    return drawn.transforms


def _draw(iterator: Iterator[Any], place: _Place, depth: int) -> _Drawn:
    """Take everything from an iterator of transforms, and of any other iterator no more than its first object.

    The other iterator is replaced by one that gives this object again, since a compute function may need it. An
    iterator of transforms may have None in it.
    """
    found: list[Transform[Any, Any]] = []
    taken: list[Any] = []
    error: TransformsError | None = None
    try:
        for item in itertools.islice(iterator, _MOST + 1):
            taken.append(item)
            found += _transforms_in(item, place.inside(), depth + 1)
            if not found and item is not None:
                return _Drawn(place.module, in_its_place=itertools.chain(taken, iterator))
    except KeyboardInterrupt:
        raise
    except TransformsError as raised:
        error = raised
    except BaseException as raised:
        error = DiscoveryError(
            f"Module {place.module}: iterating over its '{place.attribute}' raised {type(raised).__name__} after "
            f"{len(taken)} {'object' if len(taken) == 1 else 'objects'}: {raised}"
        )
        error.__cause__ = raised
    if len(taken) > _MOST:
        error = DiscoveryError(
            f"Module {place.module}: its '{place.attribute}' gives more than {_MOST:,} objects and may never end. "
            "Put the transforms into a list."
        )
        return _Drawn(place.module, error=error)
    return _Drawn(place.module, tuple(found), error)


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
