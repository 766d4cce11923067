"""Win-rate drivers: habits that go with winning; the rep beside the team and the top performer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import Choice
from revops_dashboards.formats import UNKNOWN, days, decimal, money, percent
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

DRIVERS = "/RevOps/Analytics/rep_driver_comparison"


@dataclass(frozen=True)
class Driver:
    """A row of rep_driver_comparison; see docs/metrics.md."""

    metric_name: str
    metric_label: str
    rep_value: float | None
    top_performer_value: float | None
    team_avg_value: float | None
    format_type: str
    good_direction: str
    gap_impact: str | None

    def text(self, value: float | None) -> str:
        """Return a value in the driver's format: '38%', '45d', '$431K' for a deal size, '4.2' for any other.

        Args:
            value: a value of the driver.
        """
        if value is None:
            return UNKNOWN
        if self.metric_name == "avg_deal_size":
            return money(value)
        return {"percent": percent, "days": days}.get(self.format_type, decimal)(value)


@dataclass(frozen=True)
class Compared:
    """A driver with the bars of the rep, the team and the top performer."""

    driver: Driver
    bars: Bars


@dataclass(frozen=True)
class WinRateDrivers(Content):
    """The drivers of a rep; `all_bars` has the bars of all of them, for a picture."""

    drivers: Sequence[Compared]
    all_bars: Bars


def content(tables: Tables, choice: Choice) -> WinRateDrivers | None:
    """Return the chosen rep's drivers, the largest gap to the top performer first.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    drivers = tables.select(
        Driver, "FROM drivers WHERE rep_id = $rep ORDER BY abs(gap_pct) DESC NULLS LAST, metric_label", choice.values,
        drivers=DRIVERS,
    )  # fmt: skip
    if not drivers:
        return None
    # the top performer's own chart would show the same bar twice
    is_top = all(driver.rep_value == driver.top_performer_value for driver in drivers)
    compared = [
        Compared(driver, Bars(driver.metric_name, driver.metric_label, _bars(driver, is_top))) for driver in drivers
    ]
    shares = [
        Bar(f"{driver.driver.metric_label}, {bar.name.lower()}", driver.bars.share(bar.value), bar.text, bar.kind)
        for driver in compared
        for bar in driver.bars.bars
    ]
    return WinRateDrivers(compared, Bars("win-rate-drivers", "Win-rate drivers", shares))


def _bars(driver: Driver, is_top: bool) -> list[Bar]:
    sides = [("Rep", driver.rep_value, "blue"), ("Team average", driver.team_avg_value, "none")]
    sides += [] if is_top else [("Top performer", driver.top_performer_value, "violet")]
    return [Bar(name, value, driver.text(value), kind) for name, value, kind in sides]


WIDGET = Widget(
    "win_rate_drivers", "Win-rate drivers", (DRIVERS,), content, "No drivers of this rep are known.", span=6,
    metric="gap_impact", needs=("activities", "contacts"),
)  # fmt: skip
