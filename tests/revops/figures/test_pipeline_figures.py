"""Each figure of the pipeline page equals its definition in docs/metrics.md, recomputed in SQL from the scenario.

Nothing here uses the pipeline's code: rates, weights and limits are written as the definitions state them.
"""

import pytest

VIEWS = """
CREATE VIEW stages AS SELECT * FROM (VALUES
    (1, 'Prospecting', 0.05), (2, 'Discovery', 0.10), (3, 'Solution Design', 0.20),
    (4, 'Proposal', 0.35), (5, 'Negotiation', 0.55), (6, 'Verbal Commit', 0.80)
) AS stages(place, stage, planning);

-- health score of each open deal today (ago = 0) and a week ago (ago = 7)
CREATE TABLE scores AS
WITH days AS (SELECT unnest([0, 7]) AS ago),
contacts AS (
    SELECT opportunity_id, ago, max(activity_date) FILTER (activity_date <= day - ago) AS last_on,
           count(*) FILTER (day - ago - activity_date BETWEEN 0 AND 13) AS recent
    FROM activities, days, today GROUP BY ALL),
points AS (
    SELECT o.*, ago, day - ago AS seen_on, b.benchmark_days,
           30 * clamp(coalesce((22 - (day - ago - last_on)) / 20.0, 0)) + 18 * least(1, coalesce(recent, 0) / 6.0)
           + 15 * (champion_status IN ('Strong', 'Engaged')
                   OR (champion_status = 'Silent' AND champion_silent_since > day - ago))::INT
           + 16 * least(1, stakeholder_count / 4.0) + 7 * has_economic_buyer::INT
           + 14 * clamp(2 - (day - ago - stage_entered_on) / b.benchmark_days) AS points
    FROM opportunities o CROSS JOIN days CROSS JOIN today
    LEFT JOIN contacts USING (opportunity_id, ago)
    JOIN stage_benchmarks b ON b.level = 'stage' AND b.name = o.stage_name
    WHERE NOT is_closed)
SELECT *, half_up(points) AS score,
       CASE WHEN half_up(points) >= 80 THEN 'healthy' WHEN half_up(points) >= 60 THEN 'monitor'
            WHEN half_up(points) >= 40 THEN 'at_risk' ELSE 'critical' END AS band
FROM points;

-- win rate of each stage: history of the closed deals, pulled towards the planning rate by twenty deals
CREATE VIEW rates AS
WITH closed AS (
    SELECT s.place AS left_from, o.is_won FROM opportunities o JOIN stages s ON s.stage = o.closed_from_stage
    WHERE o.is_closed),
counted AS (
    SELECT place, stage, planning, count(left_from) AS reached, coalesce(sum(is_won::INT), 0) AS won
    FROM stages LEFT JOIN closed ON left_from >= place GROUP BY place, stage, planning)
SELECT *, (won + 20 * planning) / (reached + 20) AS rate FROM counted;
CREATE VIEW longest AS SELECT max(close_date - opened_on) AS days FROM opportunities WHERE is_won;

-- signal health and the adjustment that it makes
CREATE MACRO signal_health(champion, silent_since, people, buyer, seen_on) AS half_up(100 * (
    15 * (champion IN ('Strong', 'Engaged') OR (champion = 'Silent' AND coalesce(silent_since > seen_on, false)))::INT
    + 16 * least(1, people / 4.0) + 7 * buyer::INT) / 38);
CREATE MACRO adjustment(health) AS least(1.15, 0.5 + 0.5 * health / 70);

-- every deal with what it adds to the forecast today and a week ago
CREATE TABLE deals AS
WITH last_week AS (
    SELECT opportunity_id, arg_max(b.stage_name, sequence) AS stage
    FROM process_events JOIN stage_benchmarks b ON b.level = 'activity' AND b.name = activity, today
    WHERE started_on <= day - 7 GROUP BY 1),
states AS (
    SELECT o.* EXCLUDE (segment), r.segment, day, w.stage AS stage_1w_ago,
           o.opened_on <= day - 7 AND (NOT is_closed OR close_date > day - 7) AS was_open,
           is_won AND close_date <= day - 7 AS was_won,
           NOT is_closed AND forecast_category <> 'Omitted' AS in_forecast
    FROM opportunities o JOIN sales_reps r ON r.rep_id = o.owner_id
         LEFT JOIN last_week w USING (opportunity_id), today),
chances AS (
    SELECT s.*, adjustment(signal_health(champion_status, champion_silent_since, stakeholder_count, has_economic_buyer,
               day)) * CASE WHEN day - opened_on <= days THEN now.rate ELSE now.planning END AS raw,
           adjustment(signal_health(champion_status, champion_silent_since, stakeholder_count, has_economic_buyer,
               day - 7)) * CASE WHEN day - 7 - opened_on <= days THEN past.rate ELSE past.planning END AS raw_1w_ago
    FROM states s CROSS JOIN longest
    LEFT JOIN rates now ON now.stage = s.stage_name LEFT JOIN rates past ON past.stage = s.stage_1w_ago)
SELECT c.*, CASE WHEN in_forecast THEN amount * least(1, raw) ELSE 0 END AS expected,
       CASE WHEN was_open AND (is_closed OR forecast_category <> 'Omitted') THEN amount * least(1, raw_1w_ago)
            ELSE 0 END AS expected_1w_ago, h.score
FROM chances c LEFT JOIN (SELECT opportunity_id, score FROM scores WHERE ago = 0) h USING (opportunity_id);

-- quotas: recorded, or a share of what they leave of the company's target
CREATE TABLE targets AS
WITH companies AS (SELECT quarter, max(quarter_target) AS company FROM opportunities GROUP BY 1),
reps AS (
    SELECT c.quarter, company, manager_name, segment, region,
           [q.quota FOR q IN quarters IF q.quarter = c.quarter][1] AS recorded,
           coalesce([q.quota FOR q IN quarters IF q.quota > 0][-1], 0) AS latest
    FROM sales_reps CROSS JOIN companies c),
shares AS (
    SELECT *, CASE WHEN recorded IS NULL THEN latest ELSE 0 END AS weight,
           coalesce(sum(recorded) OVER (PARTITION BY quarter), 0) AS all_recorded FROM reps)
SELECT quarter, manager_name, segment, region, coalesce(recorded, 0)
       + greatest(0, company - all_recorded) * weight / greatest(1, sum(weight) OVER (PARTITION BY quarter)) AS quota
FROM shares;

-- the figures of every setting
CREATE TABLE settings AS
WITH facts AS (
    SELECT quarter, manager_name, segment, region,
           CASE WHEN is_won THEN amount ELSE 0 END AS won, CASE WHEN in_forecast THEN amount ELSE 0 END AS pipeline,
           expected, expected * score / 100 AS certain, is_won::INT AS won_count,
           (is_closed AND NOT is_won)::INT AS lost_count,
           CASE WHEN NOT is_closed AND forecast_category = 'Commit' THEN amount ELSE 0 END AS in_commit,
           CASE WHEN NOT is_closed AND forecast_category = 'Best Case' THEN amount ELSE 0 END AS in_best_case,
           CASE WHEN NOT is_closed AND forecast_category = 'Commit' THEN expected ELSE 0 END AS commit_expected,
           CASE WHEN NOT is_closed AND forecast_category = 'Commit' AND score < 60 THEN amount ELSE 0 END AS at_risk,
           CASE WHEN was_won THEN amount ELSE 0 END + expected_1w_ago AS forecast_1w_ago,
           CASE WHEN is_closed AND NOT is_won AND close_date > day - 7 THEN amount ELSE 0 END AS lost_1w,
           (NOT is_closed)::INT AS open_count, 0 AS quota FROM deals
    UNION ALL BY NAME SELECT quarter, manager_name, segment, region, quota FROM targets WHERE quota > 0),
expanded AS (
    SELECT facts.* EXCLUDE (quarter, manager_name, segment, region), if(a, 'All', quarter) AS quarter,
           if(b, 'All', manager_name) AS team, if(c, 'All', segment) AS segment_filter,
           if(d, 'All', region) AS region_filter
    FROM facts, (SELECT unnest([true, false]) AS a), (SELECT unnest([true, false]) AS b),
         (SELECT unnest([true, false]) AS c), (SELECT unnest([true, false]) AS d)),
added AS (SELECT quarter, team, segment_filter, region_filter, sum(COLUMNS(* EXCLUDE (quarter, team, segment_filter,
              region_filter))) FROM expanded GROUP BY ALL),
companies AS (SELECT quarter, max(quarter_target) AS company FROM opportunities GROUP BY 1
              UNION ALL SELECT 'All', sum(company)
              FROM (SELECT max(quarter_target) AS company FROM opportunities GROUP BY quarter))
SELECT added.*, if(team = 'All' AND segment_filter = 'All' AND region_filter = 'All', company, quota) AS target
FROM added JOIN companies USING (quarter);

-- the weeks of the current quarter, reconstructed from the opportunities
CREATE TABLE weeks AS
WITH days AS (
    SELECT w AS week, least(DATE '2024-10-01' + 7 * w - 1, day) AS seen_on
    FROM (SELECT unnest(range(1, 14))::INT AS w), today
    WHERE DATE '2024-10-01' + 7 * (w - 1) <= day),
open_then AS (
    SELECT o.*, d.*, opened_on <= seen_on AND (NOT is_closed OR close_date > seen_on) AS was_open,
           CASE WHEN NOT is_closed THEN forecast_category WHEN is_won AND close_date - seen_on <= 14 THEN 'Commit'
                WHEN is_won AND close_date - seen_on <= 42 THEN 'Best Case' ELSE 'Pipeline' END AS category,
           CASE WHEN is_closed OR stage_entered_on <= seen_on THEN s.place ELSE greatest(1, s.place - 1) END
               AS last_place,
           CASE WHEN is_closed THEN close_date ELSE stage_entered_on END AS left_on,
           NOT is_closed AND stage_entered_on <= seen_on AS is_there
    FROM opportunities o JOIN stages s ON s.stage = coalesce(closed_from_stage, stage_name), days d
    WHERE quarter = 'Q4 2024'),
staged AS (
    SELECT *, CASE WHEN is_there OR left_on = opened_on THEN last_place ELSE
        greatest(1, least(last_place, ceil(last_place * (seen_on - opened_on) / (left_on - opened_on)))) END AS place
    FROM open_then)
SELECT week, seen_on,
       sum(CASE WHEN is_won AND close_date <= seen_on THEN amount ELSE 0 END) AS closed,
       sum(CASE WHEN was_open AND category = 'Commit' THEN amount ELSE 0 END) AS in_commit,
       sum(CASE WHEN was_open AND category = 'Best Case' THEN amount ELSE 0 END) AS in_best_case,
       sum(CASE WHEN was_open AND category <> 'Omitted' THEN amount ELSE 0 END) AS pipeline,
       sum(CASE WHEN was_open AND category <> 'Omitted' THEN amount * least(1,
           CASE WHEN seen_on - opened_on <= days THEN rate ELSE planning END * adjustment(signal_health(champion_status,
           champion_silent_since, stakeholder_count, has_economic_buyer, seen_on))) ELSE 0 END) AS expected,
       avg(signal_health(champion_status, champion_silent_since, stakeholder_count, has_economic_buyer, seen_on))
           FILTER (was_open) AS signal_health
FROM staged JOIN rates USING (place), longest GROUP BY ALL;

-- visits of the sales stages, and how far each deal came
CREATE VIEW visits AS
SELECT opportunity_id, b.stage_name AS stage,
       CASE WHEN count(*) FILTER (ended_on IS NULL) = 0 THEN sum(duration_days) END AS days,
       CASE WHEN count(*) FILTER (ended_on IS NULL) = 0 THEN max(ended_on) END AS ended_on
FROM process_events JOIN stage_benchmarks b ON b.level = 'activity' AND b.name = activity GROUP BY ALL;
CREATE VIEW fates AS
SELECT opportunity_id, max(CASE WHEN v.stage = 'Closed Won' THEN 99 ELSE place END) AS furthest,
       bool_or(v.stage = 'Closed Lost') AS lost
FROM visits v LEFT JOIN stages USING (stage) GROUP BY 1;
CREATE VIEW passages AS
SELECT v.*, s.place, b.benchmark_days, CASE WHEN furthest > s.place THEN 1 WHEN lost THEN 0 END AS went_on
FROM visits v JOIN stages s USING (stage) JOIN fates USING (opportunity_id)
JOIN stage_benchmarks b ON b.level = 'stage' AND b.name = v.stage;
"""

SHORT = "(target - won - expected) / nullif(target, 0)"
KPIS = {
    "quarter_target": "target",
    "closed_won_amount": "won",
    "ai_forecast": "won + expected",
    "ai_forecast_confidence": "coalesce((won + certain) / nullif(won + expected, 0), 0)",
    "commit_amount": "won + in_commit",
    "commit_confidence": "coalesce((won + commit_expected) / nullif(won + in_commit, 0), 0)",
    "gap_to_target": "won + expected - target",
    "gap_pct": "coalesce(abs(won + expected - target) / nullif(target, 0), 0)",
    "coverage_ratio": "CASE WHEN target > won THEN pipeline / (target - won) ELSE 0 END",
    "risk_level": f"CASE WHEN target = 0 OR {SHORT} <= 0.05 THEN 'Low' WHEN {SHORT} <= 0.1 THEN 'Medium' "
    f"WHEN {SHORT} <= 0.2 THEN 'High' ELSE 'Critical' END",
    "forecast_change_1w": "won + expected - forecast_1w_ago",
    "commit_change_1w": "0",
}
"""Field of dashboard_kpis → its definition, on the columns of `settings`."""
KPIS_BY_FILTER = {
    **KPIS,
    "best_case_amount": "won + in_commit + in_best_case",
    "open_pipeline_amount": "pipeline",
    "commit_at_risk_amount": "at_risk",
    "lost_1w_amount": "lost_1w",
    "open_count": "open_count",
    "won_count": "won_count",
    "lost_count": "lost_count",
    "target_state": "CASE WHEN target = 0 THEN 'no_quota' WHEN won >= target THEN 'met' ELSE 'open' END",
    "change_basis": "'reconstructed'",
    "commit_change_known": "false",
}
TEAMS = "FROM settings WHERE quarter <> 'All' AND segment_filter = 'All' AND region_filter = 'All'"
WEEKS = {
    "snapshot_date": "seen_on",
    "cumulative_target": "13e6 * week / 13",
    "cumulative_closed": "closed",
    "cumulative_commit": "closed + in_commit",
    "cumulative_forecast": "closed + expected",
    "pipeline_commit": "in_commit",
    "pipeline_best_case": "in_best_case",
    "pipeline_total": "pipeline",
    "avg_pipeline_health": "signal_health",
}
"""Field of forecast_history → its definition, on the columns of `weeks`."""
VELOCITY = {
    "avg_duration_days": "avg(days)",
    "median_duration_days": "median(days)",
    "deviation_days": "avg(days) - max(benchmark_days)",
    "duration_change_pct": "avg(days) FILTER (ended_on > day - 45) / avg(days) FILTER (ended_on <= day - 45) - 1",
    "conversion_rate": "avg(went_on)",
}
"""Field of stage_velocity → its definition, on the rows of `passages` of a stage."""
BANDS = ("healthy", "monitor", "at_risk", "critical")
BY_TEAM = "FROM (SELECT *, unnest(['All', manager_name]) AS team FROM scores)"
AT_RISK = "avg((band IN ('at_risk', 'critical'))::INT) FILTER (ago = {})"

COMPARISONS = {
    "deal_health_scores.health_score": (
        "SELECT opportunity_id, score FROM scores WHERE ago = 0",
        "SELECT opportunity_id, health_score FROM deal_health_scores",
    ),
    "deal_health_scores.health_score_1w_ago": (
        "SELECT opportunity_id, score FROM scores WHERE ago = 7",
        "SELECT opportunity_id, health_score_1w_ago FROM deal_health_scores",
    ),
    "deal_health_scores.health_band": (
        "SELECT opportunity_id, band FROM scores WHERE ago = 0",
        "SELECT opportunity_id, health_band FROM deal_health_scores",
    ),
    **{
        f"stage_win_rates.{field}": (
            f"SELECT stage, {ours} FROM rates",
            f"SELECT stage_name, {field} FROM stage_win_rates",
        )
        for field, ours in {
            "planning_rate": "planning::DOUBLE",
            "deals_reached": "reached",
            "deals_won": "won",
            "history_win_rate": "won / reached",
            "win_rate": "rate",
        }.items()
    },
    **{
        f"deal_forecast.{field}": (
            f"SELECT opportunity_id, {ours} FROM deals",
            f"SELECT opportunity_id, {field} FROM deal_forecast",
        )
        for field, ours in {
            "expected_amount": "expected",
            "expected_amount_1w_ago": "expected_1w_ago",
            "win_chance": "CASE WHEN is_closed THEN is_won::INT ELSE least(1, raw) END",
            "segment": "segment",
            "state_1w_ago": "CASE WHEN opened_on > day - 7 THEN 'none' WHEN was_won THEN 'won' "
            "WHEN was_open THEN 'open' ELSE 'lost' END",
        }.items()
    },
    **{
        f"dashboard_kpis.{field}": (
            f"SELECT quarter, team, {ours} {TEAMS}",
            f"SELECT quarter, team_filter, {field} FROM dashboard_kpis",
        )
        for field, ours in KPIS.items()
    },
    **{
        f"dashboard_kpis_by_filter.{field}": (
            f"SELECT quarter, team, segment_filter, region_filter, {ours} FROM settings",
            f"SELECT quarter, team_filter, segment_filter, region_filter, {field} FROM dashboard_kpis_by_filter",
        )
        for field, ours in KPIS_BY_FILTER.items()
    },
    **{
        f"forecast_history.{field}": (
            f"SELECT week, {ours} FROM weeks",
            f"SELECT week_number, {field} FROM forecast_history",
        )
        for field, ours in WEEKS.items()
    },
    "forecast_history_by_filter.avg_health_score of today": (
        "SELECT quarter, avg(score) FROM scores WHERE ago = 0 AND quarter = 'Q4 2024' GROUP BY 1",
        "SELECT quarter, avg_health_score FROM forecast_history_by_filter WHERE snapshot_date = data_freshness "
        "AND team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All'",
    ),
    **{
        f"stage_velocity.{field}": (
            f"SELECT stage, {ours} FROM passages, today GROUP BY stage, day",
            f"SELECT stage_name, {field} FROM stage_velocity",
        )
        for field, ours in VELOCITY.items()
    },
    **{
        f"stage_velocity.{field}": (
            f"SELECT stage_name, {ours} FROM opportunities WHERE NOT is_closed GROUP BY 1",
            f"SELECT stage_name, {field} FROM stage_velocity",
        )
        for field, ours in {"deals_in_stage": "count(*)", "amount_in_stage": "sum(amount)"}.items()
    },
    "stage_velocity_by_filter.conversion_rate of a team, the same in every quarter": (
        "SELECT q, stage, avg(went_on) FROM passages JOIN opportunities o USING (opportunity_id), "
        "(SELECT unnest(['All', 'Q4 2024', 'Q1 2025']) AS q) WHERE manager_name = 'Michael Torres' GROUP BY ALL",
        "SELECT quarter_filter, stage_name, conversion_rate FROM stage_velocity_by_filter "
        "WHERE team_filter = 'Michael Torres' AND segment_filter = 'All' AND region_filter = 'All'",
    ),
    **{
        f"health_distribution.{band}_{field}": (
            f"SELECT quarter, team, {ours} {BY_TEAM} WHERE ago = 0 GROUP BY ALL",
            f"SELECT quarter, team_filter, {band}_{field} FROM health_distribution",
        )
        for band in BANDS
        for field, ours in {
            "count": f"count(*) FILTER (band = '{band}')",
            "amount": f"coalesce(sum(amount) FILTER (band = '{band}'), 0)",
            "pct": f"avg((band = '{band}')::INT)",
        }.items()
    },
    "health_distribution.at_risk_change_1w": (
        f"SELECT quarter, team, {AT_RISK.format(0)} - {AT_RISK.format(7)} {BY_TEAM} GROUP BY ALL",
        "SELECT quarter, team_filter, at_risk_change_1w FROM health_distribution",
    ),
    "health_distribution_by_filter.avg_health_1w_ago": (
        f"SELECT quarter, team, avg(score) {BY_TEAM} WHERE ago = 7 GROUP BY ALL",
        "SELECT quarter, team_filter, avg_health_1w_ago FROM health_distribution_by_filter "
        "WHERE quarter <> 'All' AND segment_filter = 'All' AND region_filter = 'All'",
    ),
    "process_bottlenecks.avg_duration_days": (
        "SELECT activity, avg(duration_days) FROM process_events WHERE activity NOT LIKE 'Closed%' GROUP BY 1",
        "SELECT activity, avg_duration_days FROM process_bottlenecks",
    ),
    "process_bottlenecks.amount_waiting": (
        "SELECT activity, sum(amount) FROM process_events JOIN opportunities USING (opportunity_id) "
        "WHERE ended_on IS NULL AND NOT is_closed GROUP BY 1",
        "SELECT activity, amount_waiting FROM process_bottlenecks WHERE amount_waiting > 0",
    ),
    "loss_analysis_by_filter.lost_amount by competitor": (
        "SELECT competitor, sum(amount) FROM opportunities WHERE is_closed AND NOT is_won GROUP BY 1",
        "SELECT value, lost_amount FROM loss_analysis_by_filter WHERE dimension = 'competitor' "
        "AND quarter_filter = 'All' AND team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All'",
    ),
    "loss_analysis_by_filter.lost_count by stage": (
        "SELECT closed_from_stage, count(*) FROM opportunities WHERE is_closed AND NOT is_won GROUP BY 1",
        "SELECT value, lost_count FROM loss_analysis_by_filter WHERE dimension = 'stage' "
        "AND quarter_filter = 'All' AND team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All'",
    ),
}
"""Figure → its recomputation and the published one, as two queries: the key in all columns but the last."""


@pytest.mark.parametrize("figure", COMPARISONS)
def test_a_figure_equals_its_definition(recomputed, differences, figure):
    assert differences(recomputed, *COMPARISONS[figure]) == []


ADDITIVE = (
    "quarter_target", "ai_forecast", "commit_amount", "closed_won_amount", "gap_to_target", "forecast_change_1w",
    "commit_change_1w", "best_case_amount", "open_pipeline_amount", "open_count", "open_amount", "won_count",
    "lost_count", "lost_amount", "commit_open_count", "commit_open_amount", "best_case_open_amount",
    "pipeline_open_amount", "omitted_amount", "commit_at_risk_count", "commit_at_risk_amount", "opened_1w_amount",
    "won_1w_amount", "lost_1w_amount",
)  # fmt: skip
"""Fields of dashboard_kpis_by_filter that add up."""
FILTERS = ("quarter", "team_filter", "segment_filter", "region_filter")
BY_FILTER = {
    "dashboard_kpis_by_filter": (FILTERS, (), ADDITIVE),
    "health_distribution_by_filter": (
        FILTERS, (),
        ("open_count", *[f"{band}_{field}" for band in (*BANDS, "unknown") for field in ("count", "amount")]),
    ),
    "stage_velocity_by_filter": (
        ("quarter_filter", *FILTERS[1:]), ("stage_name",), ("deals_in_stage", "amount_in_stage"),
    ),
    "process_bottlenecks_by_filter": (
        ("quarter_filter", *FILTERS[1:]), ("activity",), ("deals_waiting", "amount_waiting"),
    ),
    "loss_analysis_by_filter": (
        ("quarter_filter", *FILTERS[1:]), ("dimension", "value"), ("lost_count", "lost_amount"),
    ),
    "forecast_history_by_filter": (
        FILTERS[1:], ("quarter", "week_number"),
        ("cumulative_target", "cumulative_closed", "cumulative_commit", "cumulative_forecast", "pipeline_commit",
         "pipeline_best_case", "pipeline_total"),
    ),
}  # fmt: skip
"""Dataset → its filters, the rest of its key, and its fields that add up."""
SUMS = [
    (dataset, filters[position], field)
    for dataset, (filters, _, fields) in BY_FILTER.items()
    for position in range(len(filters))
    for field in fields
]


@pytest.mark.parametrize(("dataset", "summed", "field"), SUMS)
def test_a_figure_of_every_value_of_a_filter_adds_up_to_that_of_all(figures, differences, dataset, summed, field):
    filters, key, _ = BY_FILTER[dataset]
    kept = ", ".join([name for name in filters if name != summed] + list(key))
    parts = f"SELECT {kept}, sum({field}) FROM {dataset} WHERE {summed} <> 'All' GROUP BY ALL"
    total = f"SELECT {kept}, {field} FROM {dataset} WHERE {summed} = 'All'"
    assert differences(figures, parts, total) == []


def test_the_forecast_is_one_figure_in_cards_chart_and_deals(figures):
    [(card, chart, deals)] = figures.execute("""
        SELECT (SELECT ai_forecast FROM dashboard_kpis WHERE quarter = 'Q4 2024' AND team_filter = 'All'),
               (SELECT cumulative_forecast FROM forecast_history WHERE snapshot_date = data_freshness),
               (SELECT sum(expected_amount) + sum(amount) FILTER (deal_state = 'won') FROM deal_forecast
                WHERE quarter = 'Q4 2024')
    """).fetchall()
    assert (chart, deals) == (pytest.approx(card), pytest.approx(card))


def test_no_snapshot_is_dated_after_the_data(figures):
    for history in ("forecast_history", "forecast_history_by_filter", "forecast_snapshots"):
        assert figures.execute(f"SELECT count(*) FROM {history} WHERE snapshot_date > data_freshness").fetchone() == (
            0,
        )
