"""The graph of a pipeline: who writes each dataset, in which order they are built, what a target needs."""

from __future__ import annotations

import difflib
import fnmatch
import graphlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from transforms_api.declare.transform import Transform
from transforms_api.errors import CycleError, MissingInputError, UnknownTargetError


@dataclass(frozen=True)
class BuildGraph:
    """The transforms of a pipeline that can be built.

    Attributes:
        order: the transforms, each after all those whose datasets it reads.
        writers: dataset → the transform that writes it.
    """

    order: tuple[Transform, ...]
    writers: dict[str, Transform]

    def upstream(self, transform: Transform) -> list[Transform]:
        """Return the transforms that write an input of `transform`, each once."""
        found = (self.writers.get(dataset) for dataset in transform.reads)
        return list({id(writer): writer for writer in found if writer is not None}.values())

    def needed_for(self, targets: Iterable[Transform], is_source: Callable[[Transform], bool]) -> list[Transform]:
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

    def select(self, targets: Iterable[str]) -> list[Transform]:
        """Return the transforms that `targets` mean: dataset paths, names of transforms, or globs of either.

        A transform goes by its function's name, by its module's, and by both as `package.module:function`.

        Raises:
            UnknownTargetError: a target means none; the text has the nearest names.
        """
        return [transform for target in targets for transform in self._meant_by(target)]

    def _meant_by(self, target: str) -> list[Transform]:
        names = {id(transform): names_of(transform) for transform in self.order}
        found = [t for t in self.order if any(fnmatch.fnmatchcase(name, target) for name in names[id(t)])]
        if not found:
            known = [name for group in names.values() for name in group]
            raise UnknownTargetError(f"No dataset or transform is called '{target}'.{_nearest(target, known)}")
        return found


def names_of(transform: Transform) -> list[str]:
    """Return everything that a transform goes by."""
    module = transform.__module__.rpartition(".")[2]
    return [*transform.writes, transform.reference, module, transform.__name__]


def build_graph(transforms: Iterable[Transform]) -> BuildGraph:
    """Return the graph of those transforms whose inputs and outputs all name datasets.

    Raises:
        CycleError: a dataset is made from itself; the text shows the way round.
    """
    bound = [transform for transform in transforms if transform.is_bound]
    writers = {dataset: transform for transform in bound for dataset in transform.writes}
    by_id = {id(transform): transform for transform in bound}
    sorter: graphlib.TopologicalSorter[int] = graphlib.TopologicalSorter()
    for transform in bound:
        upstream = {id(writers[dataset]) for dataset in transform.reads if dataset in writers}
        sorter.add(id(transform), *sorted(upstream, key=list(by_id).index))
    try:
        order = tuple(by_id[key] for key in sorter.static_order())
    except graphlib.CycleError as error:
        raise CycleError(_describe_cycle([by_id[key] for key in error.args[1]])) from None
    return BuildGraph(order, writers)


def check_inputs(graph: BuildGraph, transforms: Iterable[Transform], exists: Callable[[str], bool]) -> None:
    """Make sure that every input of these transforms is written by a transform or in the warehouse.

    Raises:
        MissingInputError: one is neither; the text has the nearest names.
    """
    for transform in transforms:
        for dataset in transform.reads:
            if dataset not in graph.writers and not exists(dataset):
                raise MissingInputError(
                    f"{transform.location}: transform '{transform.__name__}' reads {dataset}, which no transform "
                    f"writes and the warehouse does not have.{_nearest(dataset, list(graph.writers))}"
                )


def _describe_cycle(cycle: list[Transform]) -> str:
    steps = []
    for writer, reader in itertools.pairwise(cycle):
        dataset = next(dataset for dataset in writer.writes if dataset in reader.reads)
        steps.append(f"  {dataset}, written at {writer.location}, is read by {reader.__name__} at {reader.location}")
    return "Datasets are made from each other in a circle:\n" + "\n".join(steps)


def _nearest(name: str, known: list[str]) -> str:
    found = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(found)}?" if found else ""
