"""Declarations that are right by themselves and do not fit together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import BindingError, CycleError, DuplicateOutputError
from transforms_api.graph.faults import Fault

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
