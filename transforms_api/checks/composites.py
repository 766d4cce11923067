"""Expectations composed of others, and how they are simplified by what is settled of their parts.

A composite is about rows where one of its parts is; what its other parts come to then counts for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transforms_api.checks.expressions import Expectation, Settled, Unanswerable


@dataclass(frozen=True)
class Composite(Expectation):
    """Base of these."""

    parts: tuple[Expectation, ...]

    @property
    def per_row(self) -> bool:
        return any(part.per_row for part in self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for part in self.parts for column in part.columns))


class AllOf(Composite):
    """Every part holds."""


class AnyOf(Composite):
    """At least one part holds."""


class Not(Composite):
    """The one part, a leaf, does not hold."""


class When(Composite):
    """Of three parts, the second holds where the first does, and the third elsewhere."""


def negation_of(expectation: Expectation) -> Expectation:
    """Return the expectation that another one does not hold, with the negation at the leaves."""
    match expectation:
        case AllOf(parts):
            return AnyOf(tuple(map(negation_of, parts)))
        case AnyOf(parts):
            return AllOf(tuple(map(negation_of, parts)))
        case When((condition, then, otherwise)):
            return When((condition, negation_of(then), negation_of(otherwise)))
        case Not((part,)):
            return part
        case Unanswerable():
            return expectation
        case Settled(problem):
            return Settled() if problem else Settled("what it negates holds")
    return Not((expectation,))


def rebuilt(expectation: Expectation, replaced: Callable[[Expectation], Expectation | None]) -> Expectation:
    """Return the expectation with each part for which `replaced` returns another one replaced, and simplified.

    What is returned is `Settled` or has no settled part.
    """
    if (other := replaced(expectation)) is not None:
        return other
    parts = [rebuilt(part, replaced) for part in expectation.parts]
    match expectation:
        case AllOf():
            return _all_of(parts)
        case AnyOf():
            return _any_of(parts)
        case Not():
            return negation_of(parts[0])
        case When():
            return _when(*parts)
    return expectation


def _all_of(parts: Sequence[Expectation]) -> Expectation:
    if broken := [part for part in parts if isinstance(part, Settled) and part.problem]:
        return _failed(broken)
    return _joined(AllOf, parts) or Settled()


def _any_of(parts: Sequence[Expectation]) -> Expectation:
    settled = [part for part in parts if isinstance(part, Settled)]
    if any(part.problem is None for part in settled):
        return Settled()
    return _joined(AnyOf, parts) or _failed(settled)


def _when(condition: Expectation, then: Expectation, otherwise: Expectation) -> Expectation:
    if isinstance(condition, Unanswerable):
        return condition
    if isinstance(condition, Settled):
        return otherwise if condition.problem else then
    if isinstance(then, Settled) or isinstance(otherwise, Settled):
        return _all_of([_any_of([negation_of(condition), then]), _any_of([condition, otherwise])])
    return When((condition, then, otherwise))


def _failed(broken: Sequence[Settled]) -> Settled:
    kind = Unanswerable if any(isinstance(part, Unanswerable) for part in broken) else Settled
    return kind("; ".join(dict.fromkeys(str(part.problem) for part in broken)))


def _joined(kind: type[Composite], parts: Sequence[Expectation]) -> Expectation | None:
    """Return the composite of the parts that are not settled; those about the dataset become one among those on rows.

    This one is known only when the rows have been read, so that fewer of them leave fewer cases to prepare for.
    """
    parts = [part for part in parts if not isinstance(part, Settled)]
    if len(parts) < 2:
        return parts[0] if parts else None
    about_dataset = tuple(part for part in parts if not part.per_row)
    if 1 < len(about_dataset) < len(parts):
        parts = [kind(about_dataset), *(part for part in parts if part.per_row)]
    return kind(tuple(parts))
