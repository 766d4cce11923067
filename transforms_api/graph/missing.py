"""Inputs that are nowhere: no transform writes them and the warehouse does not have them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from typing import Any

from transforms_api.declare.specs import Input
from transforms_api.declare.transform import Transform
from transforms_api.errors import MissingInputError
from transforms_api.graph.faults import Fault

_ENOUGH_TO_COMPARE = 40_000
"""Pairs of names that are compared for suggestions, about two seconds' worth; a large repository without any of its raw
datasets has more, and no use for suggestions."""


def missing_inputs(
    transforms: Iterable[Transform[Any, Any]], known: Collection[str], exists: Callable[[Input], bool]
) -> list[Fault]:
    """Return a fault for each dataset that some of these transforms read and that is nowhere; it stops them all.

    Args:
        known: datasets that transforms write, or would write but for another fault.
        exists: whether the warehouse has what an input reads.
    """
    readers: dict[str, list[Transform[Any, Any]]] = {}
    for transform in transforms:
        for spec in transform.read_specs:
            if spec.alias and spec.alias not in known and not exists(spec):
                readers.setdefault(spec.alias, []).append(transform)
    suggests = len(readers) * len(known) < _ENOUGH_TO_COMPARE
    return [_fault(dataset, several, known if suggests else ()) for dataset, several in readers.items()]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the question whether the names most like `name` were meant, to be put after a sentence."""
    found = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(found)}?" if found else ""


def _fault(dataset: str, readers: list[Transform[Any, Any]], known: Iterable[str]) -> Fault:
    first, *others = {id(transform): transform for transform in readers}.values()
    also = f" {len(others)} more transforms read it, too." if others else ""
    error = MissingInputError(
        f"{first.location}: transform '{first.__name__}' reads {dataset}, which no transform "
        f"writes and the warehouse does not have.{nearest(dataset, known)}{also}"
    )
    return Fault(error, first.location, (first, *others))
