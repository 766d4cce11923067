"""What is wrong with a pipeline: found as a whole and told together; each fault stops only what depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.declare.transform import Transform
from transforms_api.errors import GraphError, TransformsError


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        error: the error that a build without tolerance raises for it.
        location: the user's 'file:line', or a file or folder.
        stops: the transforms that cannot be built because of it; those that depend on them cannot, either.
        hides: datasets that modules seem to write which, because of it, cannot be imported.
        is_warning: no transform seems to be concerned, so a build succeeds in spite of it.
    """

    error: TransformsError
    location: str
    stops: tuple[Transform[Any, Any], ...] = ()
    hides: frozenset[str] = frozenset()
    is_warning: bool = False

    @property
    def kind(self) -> str:
        """The name of its error's class."""
        return type(self.error).__name__

    @property
    def text(self) -> str:
        """What is wrong, where, and what to do."""
        return str(self.error)

    def reason_for(self, transform: Transform[Any, Any]) -> str:
        """Return why a transform that it stops, itself or through others, is not built."""
        is_direct = any(transform is stopped for stopped in self.stops)
        return self.text if is_direct else f"what it needs cannot be built: {self.text}"

    def as_json(self) -> dict[str, Any]:
        """Return the fault as JSON values."""
        stops = [transform.reference for transform in self.stops]
        return {"kind": self.kind, "location": self.location, "text": self.text, "stops": stops}


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise the error of the only fault, or one with the texts of them all; do nothing where there are only warnings.

    Raises:
        TransformsError: there are faults.
    """
    faults = [fault for fault in faults if not fault.is_warning]
    if len(faults) == 1:
        raise faults[0].error
    if faults:
        lines = [f"  {number}. {fault.kind}: {fault.text}" for number, fault in enumerate(faults, 1)]
        raise GraphError(f"{len(faults)} faults:\n" + "\n".join(lines))
