"""A rep beside the others: attainment, win rate, deal size, sales cycle and rank; and the table of all reps."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.filters import NARROWED, REPS, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget
from revops_dashboards.widgets.activity_analysis import METRICS

PERFORMANCE = "/RevOps/Analytics/rep_performance"


@dataclass(frozen=True)
class Rep:
    """A row of rep_performance_view; see docs/metrics.md."""

    rep_id: str
    rep_name: str
    manager_name: str
    region: str
    segment: str
    ytd_attainment_display: str
    win_rate: float | None
    avg_deal_size: float | None
    avg_sales_cycle_days: float | None
    rank_display: str
    rank_change_qoq: int | None
    team_avg_win_rate: float | None
    team_avg_deal_size: float | None
    team_avg_cycle: float | None
    win_rate_vs_team: float | None
    cycle_vs_team: float | None
    attainment_change_qoq: float | None
    performance_tier: str


@dataclass(frozen=True)
class Counts:
    """The counts of rep_performance that say which of the rep's figures are known."""

    ytd_quota: float
    won_count: int
    lost_count: int
    open_count: int
    open_pipeline_amount: float
    quarter: str

    @property
    def closed_count(self) -> int:
        """Deals of the quarter that were won or lost."""
        return self.won_count + self.lost_count

    @property
    def has_deals(self) -> bool:
        """Whether the rep has any deal that could say something about the rep."""
        return bool(self.closed_count or self.open_count)


@dataclass(frozen=True)
class PerformanceSummary(Content):
    """The chosen rep."""

    rep: Rep
    counts: Counts


def content(tables: Tables, choice: Choice) -> PerformanceSummary | None:
    """Return the chosen rep's figures.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    reps = tables.select(Rep, "FROM reps WHERE rep_id = $rep", choice.values, reps=REPS)
    counts = tables.select(Counts, "FROM performance WHERE rep_id = $rep", choice.values, performance=PERFORMANCE)
    return PerformanceSummary(reps[0], counts[0]) if reps and counts else None


WIDGET = Widget(
    "performance_summary",
    "Performance",
    (REPS, PERFORMANCE),
    content,
    "No rep matches these filters.",
    needs=("owners", "quotas", "opening_days"),
)

TEAM = Listing(
    "team", "All reps",
    (
        Column("rep_name", "Rep", "rep"),
        Column("overall_rank", "Rank", "rank", metric="overall_rank"),
        Column("manager_name", "Team", is_minor=True),
        Column("ytd_attainment", "Attainment", "percent", metric="ytd_attainment"),
        Column("closed_amount", "Won this quarter", "money"),
        Column("win_rate", "Win rate", "percent", metric="win_rate"),
        Column("avg_deal_size", "Average deal", "money", metric="avg_deal_size"),
        Column("avg_sales_cycle_days", "Cycle", "days", metric="avg_sales_cycle_days", is_minor=True),
        Column("open_pipeline_amount", "Open pipeline", "pipeline"),
        Column("avg_daily_activities", "Activities a day", "decimal", metric="avg_daily_activities", is_minor=True),
        Column("performance_tier", "Tier", "tier", order="ytd_attainment", metric="performance_tier"),
    ),
    f"""SELECT rep_id, rep_name, overall_rank, reps.manager_name, reps.region, reps.segment,
               CASE WHEN ytd_quota > 0 THEN reps.ytd_attainment END AS ytd_attainment, closed_amount,
               CASE WHEN won_count + lost_count > 0 THEN reps.win_rate END AS win_rate,
               CASE WHEN won_count > 0 THEN reps.avg_deal_size END AS avg_deal_size,
               reps.avg_sales_cycle_days, open_pipeline_amount, open_count, avg_daily_activities,
               CASE WHEN ytd_quota = 0 THEN 'No quota set'
                    WHEN won_count + lost_count + open_count = 0 THEN 'No deals' ELSE performance_tier END
                 AS performance_tier
        FROM (SELECT rep_id, rep_name, overall_rank, manager_name, region, segment, ytd_attainment, win_rate,
                     avg_deal_size, avg_sales_cycle_days, performance_tier FROM reps WHERE {NARROWED}) AS reps
        JOIN (SELECT rep_id, ytd_quota, closed_amount, won_count, lost_count, open_count, open_pipeline_amount
              FROM performance) AS counts USING (rep_id)
        LEFT JOIN (SELECT rep_id, avg_daily_activities FROM activity WHERE period = $period) USING (rep_id)""",
    {"reps": REPS, "performance": PERFORMANCE, "activity": METRICS}, "overall_rank NULLS LAST, rep_name", noun="rep",
    searched=("rep_name", "manager_name", "performance_tier"), more=("rep_id", "region", "segment", "open_count"),
)  # fmt: skip


@dataclass(frozen=True)
class Team(Content):
    """All reps that the filters show."""

    listed: Listed


def team(tables: Tables, choice: Choice) -> Team | None:
    """Return the reps of the choice, the best first.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(TEAM, tables, choice)
    return Team(listed) if listed else None


TEAM_WIDGET = Widget(
    "team",
    "All reps",
    (REPS, PERFORMANCE, METRICS),
    team,
    "No rep matches these filters.",
    12,
    (TEAM,),
    needs=("owners", "quotas", "opening_days", "activities"),
)
