"""All 500 deals of the story as plans: the named deals, then further deals until each rep's numbers are reached.

How many deals there are of each kind and what they are worth is fixed; the seed decides who gets which.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, SEGMENTS
from .conditions import (
    AT_RISK,
    BANDS,
    CRITICAL,
    HEALTHY,
    MONITOR,
    Condition,
    lost_condition,
    open_condition,
    won_condition,
)
from .draws import dealt, shuffled, varied
from .named_deals import NAMED_DEALS
from .plan import Plan
from .story import COMPETITORS, QUARTER_BEGIN, REPS, SMB, TODAY, Rep, segment_of

AMOUNT_BOUNDS = {"Enterprise": (501, 1500), "Mid-Market": (100, 500), "SMB": (5, 99)}
"""USD 1,000: least and most in a segment."""
MEAN_AMOUNTS = {
    "lost": {"Enterprise": 650, "Mid-Market": 190, "SMB": 40},
    "open": {"Enterprise": 640, "Mid-Market": 180, "SMB": 25},
}
"""USD 1,000: mean amount of the lost and of the open deals without a name."""

LARGE_STAGES = {"Prospecting": 18, "Discovery": 20, "Solution Design": 19, "Proposal": 11, "Negotiation": 9}
SMALL_STAGES = {"Prospecting": 18, "Discovery": 20, "Solution Design": 19, "Proposal": 20, "Negotiation": 14}
"""Stages of the open deals, by Mid-Market and Enterprise, and by SMB: the large ones are not far enough."""
LOST_IN = {"Discovery": 43, "Solution Design": 82, "Proposal": 56, "Negotiation": 45}
"""Stages out of which deals were lost (with the four lost to TechRival, 105 of 230 had reached Proposal)."""
FAVOURITE_EXITS = {"Kevin Brown": ("Solution Design", 16), "James Wilson": ("Negotiation", 14)}
"""Stages from which a rep's deals are lost, and how many."""
LOSS_REASONS = ("Price", "No Decision", "Timing", "Competitor", "Features", "No Decision", "Price")
DEAL_TYPES = ("New Business", "New Business", "Expansion", "New Business", "Renewal")
OVERDUE_DEALS = 4


@dataclass(frozen=True)
class _Vacancy:
    """A deal that a rep's numbers ask for: amount known, the rest still to come."""

    rep: Rep
    amount: int


def plans(seed: int) -> list[Plan]:
    """Return the plans of the 500 deals, `NAMED_DEALS` first and the others in an order of chance.

    Args:
        seed: seed of the random numbers.
    """
    rng = Random(seed)
    return [*NAMED_DEALS, *shuffled([*_won(rng), *_lost(rng), *_open(rng)], rng)]


def _won(rng: Random) -> Iterator[Plan]:
    vacancies = _vacancies("won", rng)
    for turn, (vacancy, closed_on) in enumerate(zip(vacancies, _closing_days(len(vacancies), rng), strict=True)):
        yield Plan(
            vacancy.rep.name, vacancy.amount, CLOSED_WON, "Closed", closed_on, won_condition(vacancy.rep, turn),
            deal_type=DEAL_TYPES[turn % len(DEAL_TYPES)],
            competitor=COMPETITORS[turn % len(COMPETITORS)] if turn % 5 == 0 else "None",
        )  # fmt: skip


def _lost(rng: Random) -> Iterator[Plan]:
    vacancies = _vacancies("lost", rng)
    exits = dealt(LOST_IN, _favourite_exits(vacancies), rng)
    days = _closing_days(len(vacancies), rng)
    for turn, (vacancy, lost_in, closed_on) in enumerate(zip(vacancies, exits, days, strict=True)):
        reason = LOSS_REASONS[turn % len(LOSS_REASONS)]
        yield Plan(
            vacancy.rep.name, vacancy.amount, CLOSED_LOST, "Closed", closed_on, lost_condition(vacancy.rep, turn),
            deal_type=DEAL_TYPES[turn % len(DEAL_TYPES)],
            competitor=COMPETITORS[turn % len(COMPETITORS)] if reason == "Competitor" else "None",
            loss_reason=reason,
            lost_in=lost_in,
        )  # fmt: skip


def _open(rng: Random) -> Iterator[Plan]:
    vacancies = _vacancies("open", rng)
    conditions = [condition for rep in REPS for condition in _open_conditions(rep, rng)]
    stages = _open_stages(vacancies, conditions, rng)
    overdue = 0
    for turn, (vacancy, condition, stage) in enumerate(zip(vacancies, conditions, stages, strict=True)):
        this_quarter = _closes_this_quarter(segment_of(vacancy.amount), stage)
        is_overdue = this_quarter and condition.band in (AT_RISK, CRITICAL) and overdue < OVERDUE_DEALS
        overdue += is_overdue
        yield Plan(
            vacancy.rep.name, vacancy.amount, stage, _forecast_category(this_quarter, stage, condition),
            _expected_close(this_quarter, is_overdue, rng), condition,
            deal_type=DEAL_TYPES[turn % len(DEAL_TYPES)],
            competitor=COMPETITORS[turn % len(COMPETITORS)] if turn % 4 == 0 else "None",
        )  # fmt: skip


def _vacancies(outcome: str, rng: Random) -> list[_Vacancy]:
    """Return the deals of an outcome that the reps' numbers ask for beside the named ones."""
    return [
        _Vacancy(rep, thousands * 1000)
        for rep in REPS
        for segment, deals, total in _unnamed(rep, outcome)
        for thousands in varied(total, deals, *AMOUNT_BOUNDS[segment], rng)
    ]


def _unnamed(rep: Rep, outcome: str) -> Iterator[tuple[str, int, int]]:
    """Return by segment how many deals of the outcome the rep has beside the named ones, and their USD 1,000."""
    named = [plan for plan in NAMED_DEALS if plan.rep == rep.name and plan.outcome == outcome]
    for position, segment in enumerate(SEGMENTS):
        settled = [plan.amount // 1000 for plan in named if plan.segment == segment]
        deals = rep.deals[outcome][position] - len(settled)
        # what a rep won is part of the story to the dollar; of lost and open deals only the mean is
        won = rep.won_thousands[position] - sum(settled)
        yield segment, deals, won if outcome == "won" else deals * MEAN_AMOUNTS[outcome][segment]


def _closing_days(count: int, rng: Random) -> list[date]:
    """Return `count` weekdays of the quarter up to today, each as often as the others, in an order of chance."""
    days = _weekdays(QUARTER_BEGIN, TODAY)
    return shuffled([days[position * len(days) // count] for position in range(count)], rng)


def _weekdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def _favourite_exits(vacancies: list[_Vacancy]) -> list[str | None]:
    left = {rep: [stage] * count for rep, (stage, count) in FAVOURITE_EXITS.items()}
    return [left[v.rep.name].pop() if left.get(v.rep.name) else None for v in vacancies]


def _open_conditions(rep: Rep, rng: Random) -> list[Condition]:
    """Return the conditions of the rep's open deals that are not named, in an order of chance."""
    named = Counter(plan.condition.band for plan in NAMED_DEALS if plan.rep == rep.name)
    wanted = {band: count - named[band] for band, count in zip(BANDS, rep.bands, strict=True)}
    return shuffled([open_condition(band, rep, turn) for band in BANDS for turn in range(wanted[band])], rng)


def _open_stages(vacancies: list[_Vacancy], conditions: list[Condition], rng: Random) -> list[str]:
    small = [segment_of(vacancy.amount) == SMB for vacancy in vacancies]
    wishes = [condition.stage for condition in conditions]
    cards = {
        size: iter(dealt(stages, [wish for wish, is_small in zip(wishes, small, strict=True) if is_small is size], rng))
        for size, stages in ((True, SMALL_STAGES), (False, LARGE_STAGES))
    }
    return [next(cards[is_small]) for is_small in small]


def _closes_this_quarter(segment: str, stage: str) -> bool:
    """Say whether an open deal is expected in this quarter: only small ones are far enough."""
    return segment == SMB and stage in ("Proposal", "Negotiation")


def _forecast_category(this_quarter: bool, stage: str, condition: Condition) -> str:
    if not condition.last_touch:
        return "Omitted"
    if not this_quarter:
        return "Pipeline"
    return "Commit" if stage == "Negotiation" and condition.band in (HEALTHY, MONITOR) else "Best Case"


def _expected_close(this_quarter: bool, is_overdue: bool, rng: Random) -> date:
    if is_overdue:
        return rng.choice(_weekdays(TODAY - timedelta(days=7), TODAY - timedelta(days=1)))
    if this_quarter:
        return rng.choice(_weekdays(TODAY + timedelta(days=3), date(2024, 12, 30)))
    return rng.choice(_weekdays(date(2025, 1, 6), date(2025, 3, 28)))
