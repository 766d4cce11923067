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
_SUGGESTIONS = 3
_ALIKE_NAMES, _ALIKE_PATHS = 0.65, 0.8
"""How much of two names has to be the same, 1 being all of it: typed names have more errors than those in code."""


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


def nearest_dataset(name: str, known: Iterable[str]) -> str:
    """Return the question whether datasets were meant whose path ends nearly as `name` does.

    RIDs are neither compared nor suggested: two that look alike have nothing in common.

    Args:
        name: a path, the last part of one, or a RID.
        known: paths and names; paths are suggested for a path, names for a name.
    """
    if is_rid(name):
        return ""
    by_end: dict[str, list[str]] = {}
    for one in known:
        if not is_rid(one) and one != name and ("/" in one) == ("/" in name):
            by_end.setdefault(_last_part(one), []).append(one)
    last = _last_part(name)
    swapped = [end for end in by_end if end != last and sorted(end) == sorted(last)]
    near = difflib.get_close_matches(last, by_end, n=_SUGGESTIONS, cutoff=_ALIKE_PATHS if "/" in name else _ALIKE_NAMES)
    ends = dict.fromkeys([*swapped, *near])
    found = [one for end in ends for one in by_end[end]][:_SUGGESTIONS]
    return f" Did you mean {' or '.join(found)}?" if found else ""


def is_rid(name: str) -> bool:
    """Tell whether a dataset is named by its RID."""
    return name.startswith("ri.")


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _fault(dataset: str, readers: list[Transform[Any, Any]], known: Iterable[str]) -> Fault:
    first, *others = {id(transform): transform for transform in readers}.values()
    also = f" {len(others)} more transforms read it, too." if others else ""
    suggestion = nearest_dataset(dataset, known)
    error = MissingInputError(
        f"{first.location}: transform '{first.__name__}' reads {dataset}, which no transform "
        f"writes and the warehouse does not have.{suggestion}{also}",
        dataset,
    )
    return Fault(error, first.location, (first, *others), missing=dataset, suggestion=suggestion)
