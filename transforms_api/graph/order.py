"""The order in which transforms are built, and the circles that have none."""

from __future__ import annotations

import graphlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import CycleError
from transforms_api.graph.faults import Fault

_CIRCLE = "Datasets are made from each other in a circle:"


def in_order(
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
