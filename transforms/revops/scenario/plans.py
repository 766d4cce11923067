"""All 500 deals of the story as plans: the named deals, then further deals until each rep's numbers are reached.

Named deals are those that people know by name, and those that a pattern of the story counts on.

How many deals there are of each kind and what they are worth is fixed; the seed decides who gets which.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, SEGMENTS
from .conditions import (
    AT_RISK,
    BANDS,
    CRITICAL,
    HEALTHY,
    MONITOR,
    SLOWING_DOWN,
    STUCK,
    WON_GAPS,
    Condition,
    lost_condition,
    open_condition,
    won_condition,
)
from .draws import dealt, shuffled, varied
from .plan import Plan
from .story import COMPETITORS, QUARTER_BEGIN, REP_NUMBERS, REPS, SMB, TECH_RIVAL, TODAY, Rep, segment_of

# Today 21 + 12 + 0 + 8 + 7 + 0 = 48 points; a week ago 30 + 18 + 15 + 8 + 7 + 0 = 78.
_ACME_GAPS = ((1, 1), (2, 2), (2, 2), (3, 3), (3, 3), (4, 4), (5, 5), (4, 4), (5, 5), (4, 4), (5, 5), (4, 4), (5, 5))
_ACME = Condition(2, True, "Silent", (8,), _ACME_GAPS, (40, 40), silent_days=5, band=AT_RISK)

_HEALTHY = Condition(4, True, "Strong", (0,), None, (9, 12), band=HEALTHY)
_MONITOR = Condition(2, True, "Engaged", (4,), ((2, 3),), (20, 24), band=MONITOR)
_SINGLE_THREADED = Condition(1, True, "Engaged", (11,), SLOWING_DOWN, STUCK, band=AT_RISK)

_OPEN = (
    Plan(
        "James Wilson", 1_200_000, "Negotiation", "Commit", date(2024, 12, 13), _ACME,
        account="Acme Corporation", industry="Manufacturing",
    ),
    Plan(
        "Emily Rodriguez", 950_000, "Solution Design", "Best Case", date(2024, 12, 20),
        replace(_MONITOR, stakeholders=3, has_economic_buyer=False, last_touch=(7,), days_in_stage=(12, 14)),
        account="Pacific Financial", industry="Financial Services", competitor=TECH_RIVAL,
    ),
    Plan(
        "Jessica Taylor", 850_000, "Proposal", "Best Case", date(2024, 12, 18), replace(_HEALTHY, stakeholders=8),
        account="GlobalTech Industries", industry="Technology", deal_type="Expansion", sponsored=True,
    ),
    Plan(
        "Sarah Chen", 720_000, "Verbal Commit", "Commit", date(2024, 11, 29),
        replace(_HEALTHY, days_in_stage=(16, 16)), account="Meridian Healthcare", industry="Healthcare",
    ),
    Plan(
        "David Kim", 220_000, "Negotiation", "Commit", date(2024, 12, 6), _HEALTHY,
        account="Summit Education", industry="Education", deal_type="Expansion",
    ),
    Plan(
        "Amanda Foster", 180_000, "Proposal", "Best Case", date(2024, 12, 20),
        replace(_SINGLE_THREADED, days_in_stage=(45, 45)), account="Vertex Software", industry="Technology",
    ),
)  # fmt: skip

_COMMIT_AT_RISK = (
    Plan("Lisa Wang", 460_000, "Negotiation", "Commit", date(2024, 12, 16), _SINGLE_THREADED),
    Plan("Kevin Brown", 440_000, "Proposal", "Commit", date(2024, 12, 19), _SINGLE_THREADED),
)
"""With Acme the three deals in Commit, 2.1M, whose health is below 60."""

_IN_LEGAL_REVIEW = (
    Plan("Emily Rodriguez", 620_000, "Verbal Commit", "Best Case", date(2025, 1, 17), _HEALTHY),
    Plan("Daniel Martinez", 480_000, "Verbal Commit", "Commit", date(2024, 12, 13), _MONITOR),
    Plan("Jessica Taylor", 420_000, "Verbal Commit", "Best Case", date(2025, 1, 10), replace(_HEALTHY, stakeholders=5)),
    Plan("David Kim", 320_000, "Verbal Commit", "Commit", date(2024, 12, 20), _MONITOR),
    Plan("Robert Johnson", 240_000, "Verbal Commit", "Best Case", date(2025, 1, 24), _MONITOR),
)
"""With Meridian the six deals, 2.8M, that wait in Legal Review: all that are open in Verbal Commit."""


def _lost_to_tech_rival(rep: str, amount: int, closed_on: date, reason: str, **named: str) -> Plan:
    condition = lost_condition(REPS[REP_NUMBERS[rep]], turn=0)
    return Plan(
        rep, amount, CLOSED_LOST, "Closed", closed_on, condition,
        competitor=TECH_RIVAL, loss_reason=reason, lost_in="Proposal", **named,
    )  # fmt: skip


_LOST = (
    _lost_to_tech_rival(
        "Robert Johnson", 340_000, date(2024, 11, 6), "Price", account="Cascade Logistics", industry="Logistics"
    ),
    _lost_to_tech_rival("James Wilson", 310_000, date(2024, 10, 29), "Price"),
    _lost_to_tech_rival("Amanda Foster", 290_000, date(2024, 11, 12), "Price"),
    _lost_to_tech_rival("Lisa Wang", 260_000, date(2024, 10, 18), "Features"),
)

_BUYING_GROUP = Condition(4, True, "Strong", (0,), WON_GAPS)
_WON = (
    Plan("Emily Rodriguez", 780_000, CLOSED_WON, "Closed", date(2024, 10, 25), _BUYING_GROUP),
    Plan("Emily Rodriguez", 650_000, CLOSED_WON, "Closed", date(2024, 11, 8), _BUYING_GROUP, deal_type="Expansion"),
)
"""The two deals that carry Emily's quarter."""

NAMED_DEALS = (*_OPEN, *_COMMIT_AT_RISK, *_IN_LEGAL_REVIEW, *_LOST, *_WON)
"""They come first in the blueprint, so that they exist at any scale."""

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
    """A deal that a rep's numbers require: the amount is fixed, everything else is still open."""

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
    """Return the deals of an outcome that the reps' numbers require beside the named ones."""
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
