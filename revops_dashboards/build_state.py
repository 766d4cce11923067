"""What is known of a project's build: the state of every dataset, and how they hang together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # they import Spark, and the first page need not wait for that
    from transforms_api.builds import DatasetState
    from transforms_api.porting import Contract


@dataclass(frozen=True)
class BuildState:
    """A project as it was when someone looked.

    Attributes:
        states: dataset → its state, each after those that it is made from; empty while nobody has looked yet.
        contracts: dataset → its contract, of those that have one.
        problem: why nothing could be found out, None where it could.
    """

    states: Mapping[str, DatasetState] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    problem: str | None = None


Look = Callable[[], BuildState]
"""Looks at the project as it is now; takes a second or so."""
Seen = Callable[[], Hashable]
"""Tells something of a project quickly, by a value that is another one when it has changed."""
