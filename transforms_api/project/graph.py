"""The graph of a pipeline: who writes each dataset, in which order they are built, what a target needs.

The order in which transforms are built, and the circles that have none.

Declarations that are right by themselves and do not fit together.
"""

from __future__ import annotations

import fnmatch
import graphlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transforms_api.declare import Transform
from transforms_api.errors import BindingError, CycleError, DuplicateOutputError, UnknownTargetError
from transforms_api.project.problems import Fault, did_you_mean_dataset
from transforms_api.project.sql_transforms import SqlTransform

_CIRCLE = "Datasets are made from each other in a circle:"


def topological_order(
    transforms: Sequence[Transform[Any, Any]], writers: Mapping[str, Transform[Any, Any]]
) -> tuple[tuple[Transform[Any, Any], ...], list[Fault]]:
    """Return the transforms, each after all those whose datasets it reads, and a fault for each circle.

    Transforms of a circle are ordered as if they read nothing; what depends on them comes after them.

    Args:
        writers: dataset → the transform that writes it.
    """
    by_id = {id(transform): transform for transform in transforms}
    position = {key: number for number, key in enumerate(by_id)}
    upstream: dict[int, list[int]] = {}
    for key, transform in by_id.items():
        found = {id(writers[dataset]) for dataset in transform.reads if dataset in writers} - {key}
        upstream[key] = sorted(found, key=position.__getitem__)
    circles = _circles(upstream)
    upstream |= {key: [] for circle in circles for key in circle}
    order = graphlib.TopologicalSorter(upstream).static_order()
    return tuple(by_id[key] for key in order), [_circle_fault([by_id[key] for key in circle]) for circle in circles]


def _circles(upstream: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Return circles such that none is left without their nodes; the first node of each stands at its end again.

    A depth-first walk upstream visits each node and edge once. A walk that meets itself has found a circle. The nodes
    of a circle are done then, and so is a node whose sources are all done.
    """
    left = {key: list(reversed(sources)) for key, sources in upstream.items()}
    done: set[int] = set()
    found: list[list[int]] = []
    for begin in upstream:
        walk, steps = [begin], {begin: 0}
        while walk:
            if walk[-1] in done or not left[walk[-1]]:
                done.add(walk[-1])
                del steps[walk.pop()]
                continue
            source = left[walk[-1]].pop()
            if source in steps:
                circle = walk[steps[source] :]
                found.append([*reversed(circle), circle[-1]])
                done.update(circle)
            elif source not in done:
                steps[source] = len(walk)
                walk.append(source)
    return found


def _circle_fault(circle: list[Transform[Any, Any]]) -> Fault:
    steps = []
    for writer, reader in itertools.pairwise(circle):
        dataset = next(dataset for dataset in writer.writes if dataset in reader.reads)
        steps.append(f"  {dataset}, written at {writer.location}, is read by {reader.__name__} at {reader.location}")
    error = CycleError(f"{_CIRCLE}\n" + "\n".join(steps))
    return Fault(error, circle[0].location, tuple(circle[1:]), advice=_CIRCLE)


_ONE_WRITER = "A dataset has one transform."
_READ_OUTPUT = "An incremental transform reads what it wrote last from its output: output.dataframe('previous')."
Transforms = Iterable[Transform[Any, Any]]


def shared_outputs(transforms: Transforms) -> list[Fault]:
    """Return a fault for each dataset that several transforms write; it stops them all."""
    writers: dict[str, list[Transform[Any, Any]]] = {}
    for transform in transforms:
        for dataset in transform.writes:
            writers.setdefault(dataset, []).append(transform)
    faults = []
    for dataset, several in writers.items():
        if len(several) > 1:
            places = " and ".join(f"{transform.location} ({transform.__name__})" for transform in several)
            text = f"{len(several)} transforms write {dataset}: {places}. {_ONE_WRITER}"
            error = DuplicateOutputError(text)
            faults.append(Fault(error, several[0].location, tuple(several), advice=_ONE_WRITER))
    return faults


def reads_itself(transforms: Transforms) -> list[Fault]:
    """Return a fault for each transform that reads a dataset that it writes."""
    faults = []
    for transform in transforms:
        if both := sorted(set(transform.reads) & set(transform.writes)):
            text = (
                f"{transform.location}: transform '{transform.__name__}' reads {both[0]}, which it writes itself. "
                f"{_READ_OUTPUT}"
            )
            faults.append(Fault(CycleError(text), transform.location, (transform,), advice=_READ_OUTPUT))
    return faults


def unprovided_parameters(transforms: Transforms) -> list[Fault]:
    """Return a fault for each transform whose function has a parameter that no decorator provides for."""
    faults = []
    for transform in transforms:
        try:
            transform.check_binding()
        except BindingError as error:
            faults.append(Fault(error, transform.location, (transform,)))
    return faults


AnyTransform = Transform[Any, Any]
_GLOB = frozenset("*?[")


@dataclass(frozen=True)
class BuildGraph:
    """The transforms of a pipeline whose inputs and outputs all name datasets.

    Attributes:
        order: the transforms, each after all those whose datasets it reads; only those of a circle stand as they can.
        writers: dataset → the transform that writes it, the first of several.
        faults: what is wrong, as far as declarations tell.
        called: alias, RID or path in transforms-shrinkwrap.yml → the dataset that it means, as targets may name it.
    """

    order: tuple[AnyTransform, ...]
    writers: dict[str, AnyTransform]
    faults: tuple[Fault, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)

    def upstream(self, transform: AnyTransform) -> list[AnyTransform]:
        """Return the transforms that write an input of `transform`, each once."""
        found = (self.writers.get(dataset) for dataset in transform.reads)
        return list({id(writer): writer for writer in found if writer is not None}.values())

    def needed_for(
        self, targets: Iterable[AnyTransform], is_source: Callable[[AnyTransform], bool]
    ) -> list[AnyTransform]:
        """Return `targets` and all that they are made from, in build order.

        What writes the inputs of a source is not followed: its dataset came into the warehouse another way.
        """
        needed: set[int] = set()
        waiting = list(targets)
        while waiting:
            transform = waiting.pop()
            if id(transform) not in needed:
                needed.add(id(transform))
                waiting += [] if is_source(transform) else self.upstream(transform)
        return [transform for transform in self.order if id(transform) in needed]

    def stopped_by(self, faults: Sequence[Fault], is_source: Callable[[AnyTransform], bool]) -> dict[int, Fault]:
        """Return, by the transform's id, the fault that stops each transform that `faults` let not be built.

        A source is not stopped, nor is what reads its dataset alone.
        """
        stopped = {id(transform): fault for fault in reversed(faults) for transform in fault.stops}
        for transform in self.order:
            if is_source(transform):
                stopped.pop(id(transform), None)
            elif id(transform) not in stopped:
                causes = [stopped[id(writer)] for writer in self.upstream(transform) if id(writer) in stopped]
                stopped |= {id(transform): cause for cause in causes[:1]}
        return stopped

    def select(self, targets: Iterable[str]) -> list[AnyTransform]:
        """Return the transforms that `targets` mean: datasets, names of transforms, or globs of any of them.

        A dataset goes by its path, the last part of it and its RID; a transform by its function's name, by its
        module's, and by both as `package.module:function`; one of SQL by its file's name, with `.sql` and without, and
        by the file's path in the repository.

        Raises:
            UnknownTargetError: a target means none; the text has the nearest names.
        """
        named: dict[str, list[AnyTransform]] = {}
        for transform in self.order:
            for name in dict.fromkeys(names_of(transform)):
                named.setdefault(name, []).append(transform)
        return [transform for target in targets for transform in self._meant_by(target, named)]

    def _meant_by(self, target: str, named: Mapping[str, list[AnyTransform]]) -> list[AnyTransform]:
        if _GLOB.isdisjoint(target):
            found = named.get(target) or named.get(self.called.get(target, target), [])
        else:
            meant = {id(one) for name in named if fnmatch.fnmatchcase(name, target) for one in named[name]}
            found = [transform for transform in self.order if id(transform) in meant]
        if not found:
            hidden = next((fault for fault in self.faults if target in fault.hides), None)
            reason = f" A fault hides it: {hidden.text}" if hidden else did_you_mean_dataset(target, named)
            raise UnknownTargetError(f"No dataset or transform is called '{target}'.{reason}")
        return found


def names_of(transform: AnyTransform) -> list[str]:
    """Return everything that a transform goes by."""
    module = transform.file.name if isinstance(transform, SqlTransform) else transform.__module__.rpartition(".")[2]
    rids = [getattr(spec, "rid", None) for spec in transform.written_specs]
    ends = [dataset.rpartition("/")[2] for dataset in transform.writes]
    return [*transform.writes, *ends, *filter(None, rids), transform.reference, module, transform.__name__]


def build_graph(
    transforms: Iterable[AnyTransform], faults: Iterable[Fault] = (), called: Mapping[str, str] | None = None
) -> BuildGraph:
    """Return the graph of those transforms whose inputs and outputs all name datasets.

    A parameter that nothing provides, two writers of one dataset, a reader of its own output and circles become faults
    that stop them.

    Args:
        faults: those of discovery; what reads a dataset that they hide is stopped by them.
        called: other names of datasets, see `BuildGraph`.
    """
    bound = [transform for transform in transforms if transform.is_bound]
    writers = {dataset: transform for transform in reversed(bound) for dataset in transform.writes}
    order, circles = topological_order(bound, writers)
    hiding = _stopping_readers(faults, bound, writers)
    unsound = (*unprovided_parameters(bound), *shared_outputs(bound), *reads_itself(bound))
    return BuildGraph(order, writers, (*hiding, *unsound, *circles), called or {})


def _stopping_readers(
    faults: Iterable[Fault], transforms: Sequence[AnyTransform], writers: Mapping[str, AnyTransform]
) -> list[Fault]:
    """Return the faults, each stopping what reads a dataset that it hides and that nobody else writes."""
    readers: dict[str, list[int]] = {}
    for position, transform in enumerate(transforms):
        for dataset in transform.reads:
            readers.setdefault(dataset, []).append(position)
    found = []
    for fault in faults:
        hidden = [dataset for dataset in fault.hides if dataset not in writers]
        positions = sorted({position for dataset in hidden for position in readers.get(dataset, ())})
        found.append(replace(fault, stops=tuple(transforms[position] for position in positions)))
    return found
