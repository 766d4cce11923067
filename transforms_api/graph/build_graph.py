"""The graph of a pipeline: who writes each dataset, in which order they are built, what a target needs."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import UnknownTargetError
from transforms_api.graph.faults import Fault
from transforms_api.graph.missing import nearest_dataset
from transforms_api.graph.order import in_order
from transforms_api.graph.unsound import reads_itself, shared_outputs, unprovided_parameters

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
        module's, and by both as `package.module:function`.

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
            reason = f" A fault hides it: {hidden.text}" if hidden else nearest_dataset(target, named)
            raise UnknownTargetError(f"No dataset or transform is called '{target}'.{reason}")
        return found


def names_of(transform: AnyTransform) -> list[str]:
    """Return everything that a transform goes by."""
    module = transform.__module__.rpartition(".")[2]
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
    order, circles = in_order(bound, writers)
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
