"""The state of a project's datasets, as the page of the build shows it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they import Spark, and the first page need not wait for that
    from transforms_api.builds import DatasetState
    from transforms_api.porting import Contract


@dataclass(frozen=True)
class BuildState:
    """The state of a project at the time of the last reading.

    Attributes:
        states: dataset → its state, in build order; empty before the first reading.
        contracts: dataset → its contract, of datasets that have one.
        problem: why the state could not be read; None if it was.
    """

    states: Mapping[str, DatasetState] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    problem: str | None = None


Look = Callable[[], BuildState]
"""Reads the present state of the project; takes about a second."""
Seen = Callable[[], Hashable]
"""Returns quickly a value that differs if the project has changed."""
