"""The blueprint: the 500 deals of the story with their whole history, in plain Python.

A pure function of the seed. Every generator derives its rows from it, so that they agree without reading each other;
`repetition` makes any number of deals of it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from .draws import varied
from .history import Step, Touch, stage_entered_on, steps, touches
from .plan import Plan
from .plans import plans
from .story import REP_NUMBERS, REPS, SMB, TODAY

LEGAL_REVIEW_DAYS, LEGAL_REVIEW_BOUNDS = 12, (8, 16)
SECURITY_REVIEW_DAYS, SECURITY_REVIEW_BOUNDS = 8, (5, 11)
"""Mean days of a finished review, and the fewest and most."""
FALLING_BACK_PERCENT = 40
"""Percentage of the deals that reached Proposal that fell back to Discovery from there."""
REACHED_PROPOSAL = ("Proposal", "Negotiation", "Verbal Commit")
FURTHER_ROLES = ("Technical Evaluator", "Executive Sponsor", "Legal", "End User")


@dataclass(frozen=True)
class Deal:
    """A deal of the blueprint: its plan and its history."""

    number: int
    """Place in the blueprint, from 0."""
    rep_number: int
    plan: Plan
    contact_roles: tuple[str, ...]
    """The roles of the people involved; whom to contact first comes first."""
    steps: tuple[Step, ...]
    touches: tuple[Touch, ...]

    @property
    def opened_on(self) -> date:
        """Day of the first step."""
        return self.steps[0].started_on

    @property
    def stage_entered_on(self) -> date:
        """Day on which the deal entered its stage; of a closed deal its close date."""
        return stage_entered_on(list(self.steps))

    @property
    def champion_silent_since(self) -> date | None:
        """Day since which a silent champion has not answered."""
        if self.plan.condition.silent_days is None:
            return None
        last_day = TODAY if self.plan.is_open else self.plan.close_date
        return last_day - timedelta(days=self.plan.condition.silent_days)


def blueprint(seed: int) -> tuple[Deal, ...]:
    """Return the 500 deals of the story; another seed tells the same story with other coincidences.

    Args:
        seed: seed of the random numbers.
    """
    rng = Random(seed)
    planned = plans(seed)
    fallen_back = _fallen_back(planned, rng)
    reviews = _reviews(planned, rng)
    return tuple(
        _deal(number, plan, number in fallen_back, reviews.get(number, {}), rng) for number, plan in enumerate(planned)
    )


def _deal(number: int, plan: Plan, falls_back: bool, reviews: dict[str, int], rng: Random) -> Deal:
    rep_number = REP_NUMBERS[plan.rep]
    history = steps(plan, REPS[rep_number], falls_back, reviews, rng)
    touched = touches(plan, REPS[rep_number], history[0].started_on, rng)
    return Deal(number, rep_number, plan, contact_roles(plan), tuple(history), tuple(touched))


def contact_roles(plan: Plan) -> tuple[str, ...]:
    """Return the role of each person involved: sponsor, champion and economic buyer first, where there are any.

    Args:
        plan: plan of the deal.
    """
    condition = plan.condition
    roles = [
        *(["Executive Sponsor"] if plan.sponsored else []),
        *(["Champion"] if condition.champion != "None" else []),
        *(["Economic Buyer"] if condition.has_economic_buyer else []),
        *(role for role in FURTHER_ROLES if not (plan.sponsored and role == "Executive Sponsor")),
    ]
    everyone_else = ["End User"] * condition.stakeholders
    return tuple([*roles, *everyone_else][: condition.stakeholders])


def _fallen_back(planned: list[Plan], rng: Random) -> set[int]:
    """Return the numbers of the deals that fall back."""
    reached = [number for number, plan in enumerate(planned) if plan.reached_stage in REACHED_PROPOSAL]
    return set(rng.sample(reached, len(reached) * FALLING_BACK_PERCENT // 100))


def _reviews(planned: list[Plan], rng: Random) -> dict[int, dict[str, int]]:
    """Return the days of the finished reviews of each deal: Legal of every won one, Security of the large ones."""
    legal = [number for number, plan in enumerate(planned) if plan.is_won]
    security = [number for number in legal if planned[number].segment != SMB]
    legal_days = varied(LEGAL_REVIEW_DAYS * len(legal), len(legal), *LEGAL_REVIEW_BOUNDS, rng)
    security_days = varied(SECURITY_REVIEW_DAYS * len(security), len(security), *SECURITY_REVIEW_BOUNDS, rng)
    days = {number: {"Legal Review": taken} for number, taken in zip(legal, legal_days, strict=True)}
    for number, taken in zip(security, security_days, strict=True):
        days[number]["Security Review"] = taken
    return days
