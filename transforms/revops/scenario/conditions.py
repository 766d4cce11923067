"""The state a deal is in: who is involved at the account, how long it has stood still, how often it was touched.

An open deal's condition decides its health score, so each band of the story has a few conditions that land in it by
construction (the arithmetic is that of enrichment/calculate_deal_health.py). Days are counted back from today.
"""

from dataclasses import dataclass, replace

from .story import Rep

Gaps = tuple[tuple[int, int], ...]
"""Shortest and longest number of days between two touches, gap by gap going back in time, over and over."""

HEALTHY, MONITOR, AT_RISK, CRITICAL = "healthy", "monitor", "at_risk", "critical"
BANDS = (HEALTHY, MONITOR, AT_RISK, CRITICAL)


@dataclass(frozen=True)
class Condition:
    """The state of a deal, today if it is open, on its close date otherwise."""

    stakeholders: int
    has_economic_buyer: bool
    champion: str
    last_touch: tuple[int, ...]
    """Days since the last touch, one of these; none for a deal never touched."""
    gaps: Gaps | None
    """Gaps between touches; None for three or four touches in every week."""
    days_in_stage: tuple[int, int] = (0, 0)
    """Fewest and most days in the present stage (open deals)."""
    silent_days: int | None = None
    """Days since a silent champion last answered."""
    band: str | None = None
    """Health band of an open deal."""
    stage: str | None = None
    """The only stage in which an open deal can be like this; None for any."""


ON_PACE = (4, 16)
"""Up to two days over the benchmark of a stage, 14 days: costs 2 points of momentum at most."""
STUCK = (36, 52)
"""More than twice any benchmark, a week ago already: no point for momentum."""
SLOWING_DOWN = ((5, 7),)
"""Gaps of a deal that slowed down over the last weeks."""

# 30 + 18 + 15 + 8 + 7 + 12 = 90 at least
_HEALTHY = Condition(2, True, "Strong", (0,), None, ON_PACE, band=HEALTHY)

# Touched 4 or 7 days ago, three to five times in two weeks: 31.5 to 42 points, 46.5 to 57 with the champion.
_MONITOR = Condition(2, False, "Engaged", (4, 7), ((2, 3),), ON_PACE, band=MONITOR)

# Through one contact (4 points) and silent for days: what else is missing differs.
_AT_RISK = Condition(1, True, "Engaged", (14, 15, 16, 17), ((3, 6),), (16, 18), band=AT_RISK)
_AT_RISK_STUCK = replace(_AT_RISK, last_touch=(10, 11), gaps=SLOWING_DOWN, days_in_stage=STUCK)
_AT_RISK_STALLING = replace(_AT_RISK_STUCK, days_in_stage=(22, 27))
_AT_RISK_NO_BUYER = replace(_AT_RISK, has_economic_buyer=False, last_touch=(10, 11), days_in_stage=(10, 15))
_AT_RISK_SILENT = replace(_AT_RISK, champion="Silent", silent_days=9, last_touch=(10, 11), days_in_stage=(10, 14))

# Neither recency nor frequency, champion nor buyer: 4 or 8 points for the people, 4 + 14 if never touched.
_CRITICAL = Condition(1, False, "None", (22, 23, 24, 25, 29, 30, 31), ((5, 12),), STUCK, band=CRITICAL)
_NEVER_TOUCHED = replace(_CRITICAL, last_touch=(), days_in_stage=(10, 15), stage="Prospecting")

CONDITIONS = {
    (HEALTHY, "usual"): (_HEALTHY, replace(_HEALTHY, stakeholders=3, champion="Engaged")),
    (HEALTHY, "broad"): (replace(_HEALTHY, stakeholders=5),),
    (HEALTHY, "narrow"): (replace(_HEALTHY, champion="Engaged"),),
    (MONITOR, "usual"): (
        _MONITOR,
        replace(_MONITOR, stakeholders=1),
        replace(_MONITOR, has_economic_buyer=True, days_in_stage=STUCK),
    ),
    (MONITOR, "broad"): (replace(_MONITOR, stakeholders=5, days_in_stage=STUCK),),
    (MONITOR, "narrow"): (replace(_MONITOR, stakeholders=1, last_touch=(4,), gaps=((4, 6),)),),
    (AT_RISK, "usual"): (_AT_RISK_STUCK, _AT_RISK, _AT_RISK_NO_BUYER, _AT_RISK_STALLING, _AT_RISK_SILENT),
    (AT_RISK, "stalling"): (
        replace(_AT_RISK_STUCK, stage="Negotiation"),
        replace(_AT_RISK_STUCK, last_touch=(10,), stage="Negotiation"),
    ),
    (CRITICAL, "usual"): (
        _CRITICAL,
        replace(_CRITICAL, stakeholders=2, champion="Silent", silent_days=20),
        _NEVER_TOUCHED,
    ),
    (CRITICAL, "narrow"): (_CRITICAL, replace(_CRITICAL, champion="Silent", silent_days=20), _NEVER_TOUCHED),
    (CRITICAL, "stalling"): (replace(_CRITICAL, champion="Silent", silent_days=20, stage="Negotiation"),),
}
"""Conditions of an open deal by its band and its rep's habit, taken in turn."""

WON_GAPS, LOST_GAPS = ((3, 5),), ((8, 12), (2, 5))
BUSY_LOST_GAPS = ((7, 9), (1, 2))
"""Gaps of someone who does much for deals that are lost all the same."""


def open_condition(band: str, rep: Rep, turn: int) -> Condition:
    """Return the condition of the rep's open deal number `turn` in this band.

    Args:
        band: health band of the deal.
        rep: the rep.
    """
    choices = CONDITIONS.get((band, rep.habit)) or CONDITIONS[band, "usual"]
    return choices[turn % len(choices)]


def won_condition(rep: Rep, turn: int) -> Condition:
    """Return the condition in which a deal was won: four people or more, the economic buyer among them.

    Args:
        rep: the rep.
        turn: number of the rep's won deal.
    """
    stakeholders = 5 + (turn < 9) if rep.habit == "broad" else 4
    return Condition(stakeholders, True, "Strong", (0,), WON_GAPS)


def lost_condition(rep: Rep, turn: int) -> Condition:
    """Return the condition in which a deal was lost: one person or two (Jessica's: three), without the economic buyer.

    Args:
        rep: the rep.
        turn: number of the rep's lost deal.
    """
    usual = 2 if turn % 7 == 6 and rep.habit != "narrow" else 1
    champion, silent_days = ("Silent", 9) if turn % 3 == 2 else ("None", None)
    return Condition(
        stakeholders=3 if rep.habit == "broad" else usual,
        has_economic_buyer=rep.habit == "broad",
        champion=champion,
        last_touch=(2, 3, 4, 5),
        gaps=BUSY_LOST_GAPS if rep.name == "Amanda Foster" else LOST_GAPS,
        silent_days=silent_days,
    )
