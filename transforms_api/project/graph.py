"""The build graph: which transform writes each dataset, build order, and declarations that do not fit together."""

from __future__ import annotations

import fnmatch
import graphlib
import itertools
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from transforms_api.declare import Transform
from transforms_api.errors import BindingError, CycleError, DuplicateOutputError, UnknownTargetError
from transforms_api.project.problems import Fault, did_you_mean_dataset
from transforms_api.project.sql_transforms import SqlTransform

AnyTransform: TypeAlias = Transform[Any, Any]

_GLOB = frozenset("*?[")
_CYCLE = "Datasets are made from each other in a circle:"
_ONE_WRITER = "A dataset has one transform."
_READ_OUTPUT = "An incremental transform reads what it wrote last from its output: output.dataframe('previous')."


@dataclass(frozen=True)
class BuildGraph:
    """The transforms of a project whose inputs and outputs all name datasets.

    Attributes:
        order: the transforms in build order; those of a cycle stand as if they read nothing.
        writers: dataset → the transform that writes it, the first one if there are several.
        faults: faults of discovery and of the declarations.
        called: alias, RID or path in transforms-shrinkwrap.yml → name of the dataset; targets may use any of them.
    """

    order: tuple[AnyTransform, ...]
    writers: dict[str, AnyTransform]
    faults: tuple[Fault, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)

    def upstream(self, transform: AnyTransform) -> list[AnyTransform]:
        """Return the transforms that write an input of a transform, without duplicates.

        Args:
            transform: a transform of the graph.
        """
        writers = (self.writers.get(dataset) for dataset in transform.reads)
        return list(dict.fromkeys(writer for writer in writers if writer is not None))

    def needed_for(self, targets: Iterable[AnyTransform], sources: Collection[AnyTransform] = ()) -> list[AnyTransform]:
        """Return the targets and all transforms that they depend on, in build order.

        Args:
            targets: transforms of the graph.
            sources: transforms whose datasets were imported; their inputs are not followed.
        """
        needed: set[AnyTransform] = set()
        waiting = list(targets)
        while waiting:
            transform = waiting.pop()
            if transform not in needed:
                needed.add(transform)
                waiting += [] if transform in sources else self.upstream(transform)
        return [transform for transform in self.order if transform in needed]

    def stopped_by(self, faults: Sequence[Fault], sources: Collection[AnyTransform] = ()) -> dict[AnyTransform, Fault]:
        """Return transform → the fault that stops it, directly or through a transform that it depends on.

        Args:
            faults: faults of the project.
            sources: transforms whose datasets were imported; no fault stops them.
        """
        stopped = {transform: fault for fault in reversed(faults) for transform in fault.stops}
        for transform in self.order:
            if transform in sources:
                stopped.pop(transform, None)
            elif transform not in stopped:
                cause = next((stopped[writer] for writer in self.upstream(transform) if writer in stopped), None)
                if cause is not None:
                    stopped[transform] = cause
        return stopped

    def select(self, targets: Iterable[str]) -> list[AnyTransform]:
        """Return the transforms that targets name.

        Args:
            targets: a dataset by its path, the last part of its path or its RID; a transform by its function's name,
                its module's name, or both as `package.module:function`; a SQL transform by its file's name, with or
                without `.sql`, its path in the repository, the last folders of this path with the name, or its path
                from the current folder; or a glob of any of these.

        Raises:
            UnknownTargetError: a target names no transform; the text has the most similar names.
        """
        named: dict[str, list[AnyTransform]] = {}
        for transform in self.order:
            for name in dict.fromkeys(names_of(transform)):
                named.setdefault(name, []).append(transform)
        return [transform for target in targets for transform in self._named_by(target, named)]

    def _named_by(self, target: str, named: Mapping[str, list[AnyTransform]]) -> list[AnyTransform]:
        if _GLOB.isdisjoint(target):
            transforms = named.get(target) or named.get(self.called.get(target, target), [])
            if not transforms and target.lower().endswith(".sql"):
                transforms = named.get(os.path.abspath(target)) or self._with_file(target)
        else:
            matching = {transform for name in named if fnmatch.fnmatchcase(name, target) for transform in named[name]}
            transforms = [transform for transform in self.order if transform in matching]
        if not transforms:
            hidden = next((fault for fault in self.faults if target in fault.hides), None)
            files = {str(transform.file) for transform in self.order if isinstance(transform, SqlTransform)}
            similar = did_you_mean_dataset(target, [name for name in named if name not in files])
            reason = f" A fault hides it: {hidden.text}" if hidden else similar
            raise UnknownTargetError(f"No dataset or transform is called '{target}'.{reason}")
        return transforms

    def _with_file(self, end: str) -> list[AnyTransform]:
        """Return the SQL transforms of the files whose path in the repository ends with these folders and name."""
        ending = f"/{os.path.normpath(end)}"
        return [
            transform
            for transform in self.order
            if isinstance(transform, SqlTransform) and f"/{transform.path}".endswith(ending)
        ]


def names_of(transform: AnyTransform) -> list[str]:
    """Return all names that a target may use for a transform.

    Args:
        transform: a transform of a graph.
    """
    modules = [transform.__module__.rpartition(".")[2]]
    if isinstance(transform, SqlTransform):
        modules = [transform.file.name, str(transform.file)]
    rids = [bound.rid for bound in transform.bound_outputs]
    ends = [dataset.rpartition("/")[2] for dataset in transform.writes]
    return [*transform.writes, *ends, *filter(None, rids), transform.reference, *modules, transform.__name__]


def build_graph(
    transforms: Iterable[AnyTransform], faults: Iterable[Fault] = (), called: Mapping[str, str] | None = None
) -> BuildGraph:
    """Return the graph of those transforms whose inputs and outputs all name datasets.

    A parameter without declaration, two writers of one dataset, a reader of its own output and a cycle become faults
    that stop their transforms.

    Args:
        transforms: the transforms of a project.
        faults: faults of discovery; they stop the readers of datasets that they hide.
        called: other names of datasets, see `BuildGraph`.
    """
    bound = [transform for transform in transforms if transform.is_bound]
    writers = {dataset: transform for transform in reversed(bound) for dataset in transform.writes}
    order, cycles = topological_order(bound, writers)
    hiding = _stopping_readers(faults, bound, writers)
    invalid = (*unprovided_parameters(bound), *shared_outputs(bound), *reads_itself(bound))
    return BuildGraph(order, writers, (*hiding, *invalid, *cycles), called or {})


def _stopping_readers(
    faults: Iterable[Fault], transforms: Sequence[AnyTransform], writers: Mapping[str, AnyTransform]
) -> list[Fault]:
    """Return the faults, each stopping the readers of the datasets that it hides and that no transform writes."""
    readers: dict[str, list[int]] = {}
    for position, transform in enumerate(transforms):
        for dataset in transform.reads:
            readers.setdefault(dataset, []).append(position)
    stopping = []
    for fault in faults:
        hidden = [dataset for dataset in fault.hides if dataset not in writers]
        positions = sorted({position for dataset in hidden for position in readers.get(dataset, ())})
        stopping.append(replace(fault, stops=tuple(transforms[position] for position in positions)))
    return stopping


def topological_order(
    transforms: Sequence[AnyTransform], writers: Mapping[str, AnyTransform]
) -> tuple[tuple[AnyTransform, ...], list[Fault]]:
    """Return the transforms in build order, and a fault for each cycle.

    Transforms of a cycle are ordered as if they read nothing; transforms that depend on them come after them.

    Args:
        transforms: transforms whose inputs and outputs name datasets.
        writers: dataset → the transform that writes it.
    """
    position = {transform: number for number, transform in enumerate(transforms)}
    upstream: dict[AnyTransform, list[AnyTransform]] = {}
    for transform in position:
        sources = {writers[dataset] for dataset in transform.reads if dataset in writers} - {transform}
        upstream[transform] = sorted(sources, key=position.__getitem__)
    cycles = _cycles(upstream)
    upstream |= {transform: [] for cycle in cycles for transform in cycle}
    order = graphlib.TopologicalSorter(upstream).static_order()
    return tuple(order), [_cycle_fault(cycle) for cycle in cycles]


def _cycles(upstream: Mapping[AnyTransform, Sequence[AnyTransform]]) -> list[list[AnyTransform]]:
    """Return cycles whose removal leaves an acyclic graph; the first node of a cycle is repeated at its end.

    A depth-first walk visits each node and edge once. A walk that meets itself has found a cycle. A node is done if it
    belongs to a cycle, or if all its sources are done.
    """
    pending = {node: list(reversed(sources)) for node, sources in upstream.items()}
    done: set[AnyTransform] = set()
    cycles: list[list[AnyTransform]] = []
    for start in upstream:
        walk, steps = [start], {start: 0}
        while walk:
            if walk[-1] in done or not pending[walk[-1]]:
                done.add(walk[-1])
                del steps[walk.pop()]
                continue
            source = pending[walk[-1]].pop()
            if source in steps:
                cycle = walk[steps[source] :]
                cycles.append([*reversed(cycle), cycle[-1]])
                done.update(cycle)
            elif source not in done:
                steps[source] = len(walk)
                walk.append(source)
    return cycles


def _cycle_fault(cycle: list[AnyTransform]) -> Fault:
    steps = []
    for writer, reader in itertools.pairwise(cycle):
        dataset = next(dataset for dataset in writer.writes if dataset in reader.reads)
        steps.append(f"  {dataset}, written at {writer.location}, is read by {reader.__name__} at {reader.location}")
    error = CycleError(f"{_CYCLE}\n" + "\n".join(steps))
    return Fault(error, cycle[0].location, tuple(cycle[1:]), advice=_CYCLE)


def shared_outputs(transforms: Iterable[AnyTransform]) -> list[Fault]:
    """Return a fault for each dataset that several transforms write; the fault stops all of them.

    Args:
        transforms: the transforms of a project.
    """
    writers: dict[str, list[AnyTransform]] = {}
    for transform in transforms:
        for dataset in transform.writes:
            writers.setdefault(dataset, []).append(transform)
    faults = []
    for dataset, several in writers.items():
        if len(several) > 1:
            locations = " and ".join(f"{transform.location} ({transform.__name__})" for transform in several)
            error = DuplicateOutputError(f"{len(several)} transforms write {dataset}: {locations}. {_ONE_WRITER}")
            faults.append(Fault(error, several[0].location, tuple(several), advice=_ONE_WRITER))
    return faults


def reads_itself(transforms: Iterable[AnyTransform]) -> list[Fault]:
    """Return a fault for each transform that reads a dataset that it writes.

    Args:
        transforms: the transforms of a project.
    """
    faults = []
    for transform in transforms:
        if both := sorted(set(transform.reads) & set(transform.writes)):
            text = (
                f"{transform.location}: transform '{transform.__name__}' reads {both[0]}, which it writes itself. "
                f"{_READ_OUTPUT}"
            )
            faults.append(Fault(CycleError(text), transform.location, (transform,), advice=_READ_OUTPUT))
    return faults


def unprovided_parameters(transforms: Iterable[AnyTransform]) -> list[Fault]:
    """Return a fault for each transform whose function has a parameter that no decorator declares.

    Args:
        transforms: the transforms of a project.
    """
    faults = []
    for transform in transforms:
        try:
            transform.check_binding()
        except BindingError as error:
            faults.append(Fault(error, transform.location, (transform,)))
    return faults
