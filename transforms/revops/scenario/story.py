"""The Q4 crunch in constants: the day, the targets and the ten reps.

The numbers of scenario_story.md are here and nowhere else; `plans` has the deals that people know by name.
"""

from dataclasses import dataclass
from datetime import date

from ..contracts.vocabulary import SEGMENTS

TODAY = date(2024, 11, 15)
QUARTER_BEGIN = date(2024, 10, 1)
CURRENT_QUARTER = "Q4 2024"
QUARTERS = ("Q1 2024", "Q2 2024", "Q3 2024", CURRENT_QUARTER)
QUARTER_TARGETS = {CURRENT_QUARTER: 13_000_000, "Q1 2025": 12_000_000}
"""USD that the company wants to win in a quarter."""

DEALS = 500
"""Deals in the story: one block of the scenario."""
DEFAULT_SEED = 20241115
COMPETITORS = ("Northwind Systems", "BlueRiver", "Apex Cloud")
TECH_RIVAL = "TechRival"

ENTERPRISE, MID_MARKET, SMB = SEGMENTS


def segment_of(amount: int) -> str:
    """Return the segment of a deal of `amount` USD: Enterprise above 500K, Mid-Market from 100K, SMB below."""
    if amount > 500_000:
        return ENTERPRISE
    return MID_MARKET if amount >= 100_000 else SMB


def quarter_of(day: date) -> str:
    """Return the calendar quarter of a day, 'Q4 2024'.

    Args:
        day: a date.
    """
    return f"Q{(day.month + 2) // 3} {day.year}"


@dataclass(frozen=True)
class Rep:
    """A rep of the story, with the deals that the rep has this quarter; triples go by segment, large to small."""

    name: str
    manager: str
    region: str
    segment: str
    hired_on: date
    won: tuple[int, int, int]
    won_thousands: tuple[int, int, int]
    """USD 1,000 won this quarter in each segment."""
    lost: tuple[int, int, int]
    open: tuple[int, int, int]
    bands: tuple[int, int, int, int]
    """How many of the open deals are healthy, monitor, at risk, critical."""
    quotas: tuple[int, int, int, int]
    """USD 1,000 for each quarter of the year; 0 before the rep had a quota."""
    earlier_closed: tuple[int, int, int]
    """USD 1,000 won in each quarter before the current one."""
    prior_win_rate: float
    prior_rank: int
    """Rank by attainment of the year to date when the third quarter ended, as `quotas` and `earlier_closed` make it."""
    habit: str = "usual"
    """How the rep works open deals: 'usual', 'broad' (many contacts), 'narrow' (one contact), 'stalling'."""
    weekdays: tuple[float, float, float, float, float] = (0.7, 1.1, 1.4, 1.2, 0.7)
    """How much the rep prefers Monday, Tuesday … for activities."""

    @property
    def deals(self) -> dict[str, tuple[int, int, int]]:
        """Outcome → number of the rep's deals by segment."""
        return {"won": self.won, "lost": self.lost, "open": self.open}


WEAK_WEEK_END = (1.0, 1.0, 1.0, 0.1, 0.1)
"""Weekdays of a rep whose week is over on Wednesday."""

REPS = (
    Rep(
        "Jessica Taylor", "Christopher Lee", "Central", ENTERPRISE, date(2019, 3, 4),
        won=(1, 8, 10), won_thousands=(520, 1280, 300), lost=(4, 12, 15), open=(3, 8, 7), bands=(12, 5, 1, 0),
        quotas=(1500, 1500, 1600, 1600), earlier_closed=(2150, 2200, 2350),
        prior_win_rate=0.36, prior_rank=1, habit="broad",
    ),
    Rep(
        "Emily Rodriguez", "Michael Torres", "West", ENTERPRISE, date(2020, 6, 15),
        won=(2, 1, 7), won_thousands=(1430, 130, 340), lost=(3, 9, 12), open=(3, 7, 8), bands=(8, 6, 3, 1),
        quotas=(1400, 1500, 1500, 1500), earlier_closed=(1600, 1650, 1635),
        prior_win_rate=0.30, prior_rank=3,
    ),
    Rep(
        "David Kim", "Jennifer Adams", "East", MID_MARKET, date(2022, 9, 12),
        won=(0, 3, 8), won_thousands=(0, 640, 360), lost=(2, 9, 12), open=(2, 7, 9), bands=(10, 6, 2, 0),
        quotas=(1300, 1300, 1400, 1400), earlier_closed=(1100, 1550, 2182),
        prior_win_rate=0.22, prior_rank=2,
    ),
    Rep(
        "Daniel Martinez", "Christopher Lee", "Central", MID_MARKET, date(2021, 11, 1),
        won=(0, 3, 7), won_thousands=(0, 480, 270), lost=(2, 9, 13), open=(2, 7, 9), bands=(8, 6, 3, 1),
        quotas=(1200, 1200, 1300, 1300), earlier_closed=(850, 1350, 1800),
        prior_win_rate=0.20, prior_rank=4,
    ),
    Rep(
        "Sarah Chen", "Michael Torres", "West", MID_MARKET, date(2020, 2, 3),
        won=(0, 3, 6), won_thousands=(0, 460, 240), lost=(3, 9, 10), open=(2, 8, 8), bands=(8, 6, 3, 1),
        quotas=(1300, 1300, 1400, 1400), earlier_closed=(1400, 1420, 1448),
        prior_win_rate=0.29, prior_rank=5,
    ),
    Rep(
        "Robert Johnson", "Jennifer Adams", "East", MID_MARKET, date(2018, 5, 7),
        won=(0, 2, 7), won_thousands=(0, 330, 270), lost=(2, 9, 11), open=(2, 7, 9), bands=(6, 7, 4, 1),
        quotas=(1700, 1700, 1700, 1300), earlier_closed=(1670, 1680, 1682),
        prior_win_rate=0.29, prior_rank=6,
    ),
    Rep(
        "James Wilson", "Michael Torres", "West", ENTERPRISE, date(2019, 10, 21),
        won=(0, 1, 6), won_thousands=(0, 180, 270), lost=(2, 8, 11), open=(2, 8, 9), bands=(3, 6, 8, 2),
        quotas=(1300, 1300, 1300, 1300), earlier_closed=(1300, 1200, 1106),
        prior_win_rate=0.28, prior_rank=8, habit="stalling",
    ),
    Rep(
        "Amanda Foster", "Christopher Lee", "Central", SMB, date(2024, 3, 11),
        won=(0, 1, 5), won_thousands=(0, 110, 190), lost=(1, 9, 14), open=(1, 6, 11), bands=(4, 6, 6, 2),
        quotas=(0, 1000, 1100, 1100), earlier_closed=(0, 950, 1054),
        prior_win_rate=0.17, prior_rank=7,
    ),
    Rep(
        "Lisa Wang", "Jennifer Adams", "East", MID_MARKET, date(2021, 4, 19),
        won=(0, 0, 5), won_thousands=(0, 0, 250), lost=(2, 8, 10), open=(2, 7, 9), bands=(1, 2, 9, 6),
        quotas=(1200, 1200, 1200, 1200), earlier_closed=(1100, 970, 800),
        prior_win_rate=0.26, prior_rank=9, habit="narrow", weekdays=WEAK_WEEK_END,
    ),
    Rep(
        "Kevin Brown", "Rachel Green", "South", SMB, date(2024, 5, 6),
        won=(0, 0, 3), won_thousands=(0, 0, 150), lost=(1, 6, 12), open=(1, 5, 12), bands=(3, 4, 6, 5),
        quotas=(0, 600, 800, 900), earlier_closed=(0, 500, 615),
        prior_win_rate=0.15, prior_rank=10, habit="narrow", weekdays=WEAK_WEEK_END,
    ),
)  # fmt: skip
"""The ten reps in order of their attainment of the year to date."""

REP_NUMBERS = {rep.name: number for number, rep in enumerate(REPS)}
