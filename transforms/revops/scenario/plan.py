"""Facts of a deal that are decided before its history is made up."""

from dataclasses import dataclass
from datetime import date

from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON
from .conditions import Condition
from .story import segment_of


@dataclass(frozen=True)
class Plan:
    """A deal of the story as it stands today."""

    rep: str
    """Name of the rep who owns it."""
    amount: int
    """USD."""
    stage: str
    forecast_category: str
    close_date: date
    condition: Condition
    account: str | None = None
    """Name of the account, if the story names it."""
    industry: str | None = None
    deal_type: str = "New Business"
    competitor: str = "None"
    loss_reason: str = "Not Lost"
    lost_in: str | None = None
    """Stage out of which a lost deal was lost."""
    sponsored: bool = False
    """An executive sponsor at the account leads the deal."""

    @property
    def segment(self) -> str:
        """Segment by amount."""
        return segment_of(self.amount)

    @property
    def outcome(self) -> str:
        """Outcome of the deal: 'won', 'lost' or 'open'."""
        return {CLOSED_WON: "won", CLOSED_LOST: "lost"}.get(self.stage, "open")

    @property
    def is_won(self) -> bool:
        """Closed and won."""
        return self.outcome == "won"

    @property
    def is_lost(self) -> bool:
        """Closed and lost."""
        return self.outcome == "lost"

    @property
    def is_open(self) -> bool:
        """Neither won nor lost."""
        return self.outcome == "open"

    @property
    def reached_stage(self) -> str:
        """The last open stage that the deal was in."""
        return self.lost_in or ("Verbal Commit" if self.is_won else self.stage)
