"""What happened in a deal up to today: the steps of the process that it went through, and the touches of its rep."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from ..contracts.vocabulary import ACTIVITY_TYPES, PROCESS_ACTIVITIES
from .plan import Plan
from .story import SMB, TODAY, Rep

STAGE_OF = {
    "Lead Created": "Prospecting",
    "Qualified": "Prospecting",
    "Legal Review": "Verbal Commit",
    "Security Review": "Verbal Commit",
    "Procurement": "Verbal Commit",
}
"""Sales stage of a process activity that is not called like its stage."""

USUAL_DAYS = {
    "Lead Created": (2, 4), "Qualified": (4, 8), "Discovery": (6, 10), "Solution Design": (6, 10),
    "Proposal": (6, 10), "Negotiation": (7, 12), "Procurement": (2, 4),
}  # fmt: skip
"""Fewest and most days of a finished step; the two reviews have durations of their own."""
PACE = {
    "Sarah Chen": {"Discovery": 1.6, "Solution Design": 1.5},
    "James Wilson": {"Negotiation": 2.2},
}
"""By how much a rep's steps take longer than usual."""
LOST_PACE = 1.8
"""A deal that is going to be lost lingers in its last stage."""
ACTIVITY_TYPE_WEIGHTS = (30, 40, 20, 10)


@dataclass(frozen=True)
class Step:
    """A process activity of a deal; `days` is None while it is going on."""

    activity: str
    started_on: date
    days: int | None


@dataclass(frozen=True)
class Touch:
    """A contact between rep and account; the slot says which of the deal's people it reached, 0 the first."""

    day: date
    activity_type: str
    contact_slot: int


def steps(plan: Plan, rep: Rep, falls_back: bool, reviews: dict[str, int], rng: Random) -> list[Step]:
    """Return the deal's steps from Lead Created to its present stage, each beginning when the one before ended.

    `falls_back` sends the deal from Proposal back to Discovery once, `reviews` has the days of its finished reviews.
    A closed deal's steps end on its close date; an open deal's last one began `condition.days_in_stage` ago.

    Args:
        plan: plan of the deal.
        rep: the rep who owns the deal.
        rng: source of the random numbers.
    """
    path = _path(plan, falls_back)
    durations = [reviews.get(activity) or _days(activity, rep, rng) for activity in path]
    if plan.is_open:
        current = _days_in_stage(plan, rng)
        # both steps of Prospecting belong to the present stage, of every other stage only the last
        earlier = durations[:-2] if plan.stage == "Prospecting" else durations[:-1]
        opened_on = TODAY - timedelta(days=current + sum(earlier))
        durations = [*durations[:-1], None]
    else:
        if plan.is_lost:
            durations[-1] = round(durations[-1] * LOST_PACE)
        opened_on = plan.close_date - timedelta(days=sum(durations))
        path, durations = [*path, plan.stage], [*durations, 0]
    starts = [opened_on + timedelta(days=sum(durations[:position])) for position in range(len(path))]
    return [Step(*step) for step in zip(path, starts, durations, strict=True)]


def stage_entered_on(history: list[Step]) -> date:
    """Return the day on which the deal entered the stage of its last step.

    Args:
        history: steps of the deal, oldest first.
    """
    stages = [STAGE_OF.get(step.activity, step.activity) for step in history]
    first = len(stages)
    while first > 0 and stages[first - 1] == stages[-1]:
        first -= 1
    return history[first].started_on


def touches(plan: Plan, rep: Rep, opened_on: date, rng: Random) -> list[Touch]:
    """Return the touches of a deal, oldest first: none before it was opened nor after its last day.

    Args:
        plan: plan of the deal.
        rep: the rep who owns the deal.
        opened_on: first day of the deal.
        rng: source of the random numbers.
    """
    condition = plan.condition
    if not condition.last_touch:
        return []
    last_day = TODAY if plan.is_open else plan.close_date
    if condition.gaps is None:
        days = _every_week(opened_on, last_day, rep, rng)
    else:
        days = _going_back(opened_on, last_day, condition.last_touch, condition.gaps, rep, rng)
    return [
        Touch(day, rng.choices(ACTIVITY_TYPES, ACTIVITY_TYPE_WEIGHTS)[0], position % condition.stakeholders)
        for position, day in enumerate(sorted(days))
    ]


def _path(plan: Plan, falls_back: bool) -> list[str]:
    """Return the process activities of the deal in order, without its closing."""
    if plan.is_open and plan.stage == "Verbal Commit":
        last = "Legal Review"
    elif plan.is_open:
        last = "Qualified" if plan.stage == "Prospecting" else plan.stage
    else:
        last = "Procurement" if plan.is_won else plan.lost_in
    path = list(PROCESS_ACTIVITIES[: PROCESS_ACTIVITIES.index(last) + 1])
    if plan.segment == SMB and "Security Review" in path:
        path.remove("Security Review")
    if falls_back:
        again = path.index("Proposal") + 1
        path[again:again] = ["Discovery", "Proposal"]
    return path


def _days(activity: str, rep: Rep, rng: Random) -> int:
    if activity not in USUAL_DAYS:
        return 0
    return round(rng.randint(*USUAL_DAYS[activity]) * PACE.get(rep.name, {}).get(activity, 1))


def _days_in_stage(plan: Plan, rng: Random) -> int:
    days = rng.randint(*plan.condition.days_in_stage)
    # a deal in Prospecting is no older than its stage, but its condition has two weeks of touches
    return max(days, 14) if plan.stage == "Prospecting" and plan.condition.last_touch else days


def _every_week(first: date, last: date, rep: Rep, rng: Random) -> list[date]:
    """Return three or four weekdays of every calendar week from `first` to `last`."""
    chosen = []
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        week = [monday + timedelta(days=number) for number in range(5)]
        chosen += [day for day in _preferred(week, rng.choice((3, 4)), rep, rng) if first <= day <= last]
        monday += timedelta(days=7)
    return chosen


def _preferred(days: list[date], count: int, rep: Rep, rng: Random) -> list[date]:
    """Return `count` of the weekdays, drawn without replacement by the rep's liking for each."""
    return sorted(days, key=lambda day: rng.random() ** (1 / rep.weekdays[day.weekday()]), reverse=True)[:count]


def _going_back(
    first: date, last: date, last_touch: tuple[int, ...], gaps: tuple[tuple[int, int], ...], rep: Rep, rng: Random
) -> list[date]:
    """Return days from the last touch back to `first`, the gaps in turn; weekdays wherever the gap leaves a choice."""
    chosen = []
    day = _day_out_of([last - timedelta(days=days) for days in last_touch], rep, rng)
    while day >= first:
        shortest, longest = gaps[len(chosen) % len(gaps)]
        chosen.append(day)
        day = _day_out_of([day - timedelta(days=days) for days in range(shortest, longest + 1)], rep, rng)
    return chosen


def _day_out_of(days: list[date], rep: Rep, rng: Random) -> date:
    weekdays = [day for day in days if day.weekday() < 5]
    return _preferred(weekdays, 1, rep, rng)[0] if weekdays else rng.choice(days)
