"""The deals of the story that are settled one by one: those with a name, and those that a pattern of it counts on."""

from dataclasses import replace
from datetime import date

from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON
from .conditions import AT_RISK, HEALTHY, MONITOR, SLOWING_DOWN, STUCK, WON_GAPS, Condition, lost_condition
from .plan import Plan
from .story import REP_NUMBERS, REPS, TECH_RIVAL

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
