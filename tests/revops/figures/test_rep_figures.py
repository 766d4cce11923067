"""Each figure of the coaching page, and of the lists of deals, equals its definition, recomputed in SQL.

The definitions are those of docs/metrics.md, on the scenario's tables; nothing here uses the pipeline's code. Those of
a list (flags of stuck deals, amounts of actions) start from the deals that the list has.
"""

import pytest

VIEWS = """
-- each rep's deals of the current quarter, year to date, and quarters before
CREATE TABLE reps AS
WITH quarter AS (
    SELECT owner_id, count(*) FILTER (is_won) AS won, count(*) FILTER (is_closed AND NOT is_won) AS lost,
           coalesce(sum(amount) FILTER (is_won), 0) AS amount, avg(close_date - opened_on) FILTER (is_won) AS cycle
    FROM opportunities WHERE quarter = 'Q4 2024' GROUP BY 1),
deals AS (
    SELECT owner_id, avg(stakeholder_count) AS stakeholders, avg(has_economic_buyer::INT) AS buyers
    FROM opportunities GROUP BY 1),
years AS (
    SELECT rep_id, sum(q.quota) AS quota, sum(q.closed_amount) AS earlier,
           sum(q.quota) FILTER (q.quarter <> 'Q4 2024') AS earlier_quota
    FROM (SELECT rep_id, unnest(quarters) AS q FROM sales_reps) GROUP BY 1)
SELECT r.rep_id, prior_quarter_win_rate, prior_quarter_rank, won, lost, amount, cycle, stakeholders, buyers,
       (earlier + amount) / quota AS ytd, earlier / earlier_quota AS prior_ytd, count(*) OVER () AS reps
FROM sales_reps r JOIN years USING (rep_id)
JOIN quarter ON quarter.owner_id = rep_id JOIN deals ON deals.owner_id = rep_id;
CREATE VIEW ranked AS SELECT *, rank() OVER (ORDER BY ytd DESC) AS place FROM reps;
CREATE VIEW team AS
SELECT count(*) FILTER (is_won) / count(*) AS win_rate,
       sum(amount) FILTER (is_won) / count(*) FILTER (is_won) AS deal_size,
       avg(close_date - opened_on) FILTER (is_won) AS cycle
FROM opportunities WHERE is_closed AND quarter = 'Q4 2024';

-- activities of each rep and period, those of working days, and the working days that the period has
CREATE VIEW periods AS SELECT * FROM (VALUES ('30d', 30), ('7d', 7), ('today', 1)) AS periods(period, length);
CREATE VIEW calendar AS
SELECT period, unnest(range(day - length + 1, day + INTERVAL 1 DAY, INTERVAL 1 DAY))::DATE AS date FROM periods, today;
CREATE TABLE worked AS
SELECT rep_id, period, date, count(activity_id) AS done,
       count(activity_id) FILTER (activity_type = 'call') AS calls,
       count(activity_id) FILTER (activity_type = 'email') AS emails,
       count(activity_id) FILTER (activity_type = 'meeting') AS meetings,
       count(activity_id) FILTER (activity_type = 'demo') AS demos
FROM sales_reps CROSS JOIN calendar LEFT JOIN (SELECT * FROM activities) a USING (rep_id)
WHERE a.activity_date = date OR a.activity_date IS NULL GROUP BY ALL;
CREATE TABLE days AS
SELECT r.rep_id, c.period, c.date, coalesce(done, 0) AS done, coalesce(calls, 0) AS calls,
       coalesce(emails, 0) AS emails, coalesce(meetings, 0) AS meetings, coalesce(demos, 0) AS demos
FROM sales_reps r CROSS JOIN calendar c LEFT JOIN worked USING (rep_id, period, date);
CREATE VIEW weekdays AS
SELECT rep_id, period, isodow(date) AS weekday, dayname(date) AS name, avg(done) AS mean
FROM days WHERE isodow(date) < 6 GROUP BY ALL;

-- open deals: what is known about contact and waiting
CREATE TABLE waits AS
SELECT opportunity_id, waits_in, waited, benchmark, waited - benchmark AS over FROM (
    SELECT opportunity_id, b.name AS waits_in, day - stage_entered_on AS waited, b.benchmark_days AS benchmark
    FROM opportunities o JOIN stage_benchmarks b ON b.level = 'stage' AND b.name = o.stage_name, today
    WHERE NOT is_closed
    UNION ALL
    SELECT opportunity_id, activity, day - started_on, b.benchmark_days
    FROM process_events JOIN stage_benchmarks b ON b.level = 'activity' AND b.name = activity, today
    WHERE ended_on IS NULL AND opportunity_id IN (SELECT opportunity_id FROM opportunities WHERE NOT is_closed))
WHERE waited > 1.5 * benchmark;
CREATE TABLE open_deals AS
SELECT o.*, day - o.opened_on AS days_open, close_date - day AS days_left, day - last_on AS silent_days,
       opportunity_id IN (SELECT opportunity_id FROM waits) AS is_stuck,
       (SELECT quantile_disc(close_date - opened_on, 0.9) FROM opportunities WHERE is_won) AS long_won
FROM opportunities o LEFT JOIN (SELECT opportunity_id, max(activity_date) AS last_on FROM activities GROUP BY 1)
     USING (opportunity_id), today WHERE NOT is_closed;
-- days from the close date of a week ago to today's; the latest stage from which a deal went back, and its stage
CREATE VIEW ordered AS
SELECT opportunity_id, sort_order AS stage,
       lag(sort_order) OVER (PARTITION BY opportunity_id ORDER BY sequence) AS before
FROM process_events JOIN (
    SELECT a.name AS activity, s.sort_order FROM stage_benchmarks a JOIN stage_benchmarks s ON s.name = a.stage_name
    WHERE a.level = 'activity' AND s.level = 'stage') USING (activity);
CREATE VIEW slipped AS
SELECT d.opportunity_id, d.close_date - e.close_date AS pushed_days, s.sort_order AS stage, last_return
FROM open_deals d LEFT JOIN earlier_deals e ON e.opportunity_id = d.opportunity_id AND e.deal_state = 'open'
     JOIN stage_benchmarks s ON s.level = 'stage' AND s.name = d.stage_name
     LEFT JOIN (SELECT opportunity_id, max(before) AS last_return FROM ordered WHERE stage < before GROUP BY 1) r
     ON r.opportunity_id = d.opportunity_id;
CREATE VIEW flags AS
SELECT opportunity_id, [f FOR f IN [
    CASE WHEN is_stuck THEN 'STUCK' END, CASE WHEN silent_days IS NULL THEN 'NEVER_CONTACTED' END,
    CASE WHEN silent_days > 7 THEN 'GOING_DARK' END, CASE WHEN NOT has_economic_buyer THEN 'NO_EB' END,
    CASE WHEN champion_status = 'None' THEN 'NO_CHAMPION' END,
    CASE WHEN champion_status = 'Silent' THEN 'CHAMPION_SILENT' END,
    CASE WHEN stakeholder_count <= 1 THEN 'SINGLE_THREADED' END,
    CASE WHEN competitor NOT IN ('None', 'Unknown') THEN 'COMPETITOR' END, CASE WHEN days_left < 0 THEN 'OVERDUE' END,
    CASE WHEN days_open > long_won THEN 'AGED' END,
    CASE WHEN pushed_days >= 30 THEN 'PUSHED' END,
    CASE WHEN last_return >= stage THEN 'REGRESSED' END] IF f IS NOT NULL] AS flags
FROM open_deals JOIN slipped USING (opportunity_id);
-- what the score of a deal is made of: forecast impact, health, silence, slip risk and flags
CREATE VIEW weighed AS
WITH benchmarks AS (
    SELECT name, benchmark_days, coalesce(sum(benchmark_days) OVER (ORDER BY sort_order ROWS BETWEEN 1 FOLLOWING
           AND UNBOUNDED FOLLOWING), 0) AS later FROM stage_benchmarks WHERE level = 'stage'),
facts AS (
    SELECT d.*, f.flags, h.health_score AS health, benchmark_days, later,
           greatest(0, benchmark_days - (data_freshness - stage_entered_on)) + later AS needed,
           amount * CASE forecast_category WHEN 'Commit' THEN 0.65 WHEN 'Best Case' THEN 0.3 WHEN 'Pipeline' THEN 0.1
                    ELSE 0 END * if(close_date <= DATE '2024-12-31', 1, 0.25) AS impact
    FROM open_deals d JOIN flags f USING (opportunity_id) JOIN benchmarks b ON b.name = d.stage_name
         JOIN (SELECT opportunity_id, health_score FROM deal_health_scores) h USING (opportunity_id))
SELECT *, CASE WHEN days_left < 0 OR needed > days_left OR health < 40
                    OR (is_stuck AND (health < 60 OR days_left <= 14)) THEN 'HIGH'
               WHEN health < 60 OR is_stuck THEN 'MEDIUM' ELSE 'LOW' END AS slip
FROM facts;
CREATE VIEW scored AS
SELECT *, 60 * if(impact > 0, clamp(1 + log10(impact / max(amount) OVER ()) / 3), 0) + 12 * (1 - health / 100)
          + 10 * coalesce(clamp(silent_days / 21), 1)
          + 10 * CASE slip WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 0.5 ELSE 0 END
          + 8 * clamp(len(flags) / 3) AS score
FROM weighed;
CREATE MACRO dollars(x) AS CASE WHEN x >= 1e6 THEN '$' || printf('%.1f', floor(x / 1e5 + 0.5) / 10) || 'M'
                                ELSE '$' || floor(x / 1e3 + 0.5)::BIGINT || 'K' END;
CREATE MACRO whole_percent(x) AS floor(100 * x + 0.5)::BIGINT || '%';
"""

WON_LOST = "won / (won + lost)"
VIEW = {
    "ytd_attainment": "ytd",
    "ytd_attainment_display": "whole_percent(ytd)",
    "win_rate": WON_LOST,
    "avg_deal_size": "amount / won",
    "avg_sales_cycle_days": "reps.cycle",
    "overall_rank": "place",
    "total_reps": "reps",
    "rank_display": "'#' || place || '/' || reps",
    "rank_change_qoq": "prior_quarter_rank - place",
    "team_avg_win_rate": "team.win_rate",
    "team_avg_deal_size": "team.deal_size",
    "team_avg_cycle": "team.cycle",
    "win_rate_vs_team": f"{WON_LOST} - team.win_rate",
    "cycle_vs_team": "reps.cycle - team.cycle",
    "win_rate_change_qoq": f"{WON_LOST} - prior_quarter_win_rate",
    "attainment_change_qoq": "ytd - prior_ytd",
    "performance_tier": "CASE WHEN ytd >= 1.1 THEN 'Top Performer' WHEN ytd >= 0.9 THEN 'On Track' "
    "WHEN ytd >= 0.7 THEN 'Needs Improvement' ELSE 'At Risk' END",
}
"""Field of rep_performance_view → its definition, on the columns of `reps`, `ranked` and `team`."""
DRIVERS = {
    "win_rate": WON_LOST,
    "avg_deal_size": "amount / won",
    "avg_sales_cycle_days": "cycle",
    "avg_stakeholders": "stakeholders",
    "economic_buyer_rate": "buyers",
}
"""Driver → its definition, on the columns of `reps`."""
ACTIVITY = {
    "total_activities": "sum(done)",
    "call_count": "sum(calls)",
    "email_count": "sum(emails)",
    "meeting_count": "sum(meetings)",
    "demo_count": "sum(demos)",
    "avg_daily_activities": "coalesce(avg(done) FILTER (isodow(date) < 6), 0)",
    "activity_consistency_score": "CASE WHEN sum(done) FILTER (isodow(date) < 6) > 0 THEN greatest(0, 1 - "
    "stddev_pop(done) FILTER (isodow(date) < 6) / avg(done) FILTER (isodow(date) < 6)) ELSE 0 END",
}
"""Field of rep_activity_metrics → its definition, on the rows of `days` of a rep and period."""
ALL_REPS = {"team_avg_daily": "avg", "top_performer_daily": "max"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
STUCK = "FROM open_deals WHERE is_stuck"
LISTED = "FROM open_deals WHERE opportunity_id IN (SELECT opportunity_id FROM next_best_actions)"

COMPARISONS = {
    **{
        f"rep_performance_view.{field}": (
            f"SELECT rep_id, {ours} FROM ranked AS reps, team",
            f"SELECT rep_id, {field} FROM rep_performance_view",
        )
        for field, ours in VIEW.items()
    },
    "sales_reps.prior_quarter_rank": (
        "SELECT rep_id, rank() OVER (ORDER BY prior_ytd DESC) FROM reps",
        "SELECT rep_id, prior_quarter_rank FROM sales_reps",
    ),
    **{
        f"rep_driver_comparison.rep_value of {driver}": (
            f"SELECT rep_id, {ours} FROM reps",
            f"SELECT rep_id, rep_value FROM rep_driver_comparison WHERE metric_name = '{driver}'",
        )
        for driver, ours in DRIVERS.items()
    },
    "rep_driver_comparison.rep_value of daily_activities": (
        "SELECT rep_id, avg(done) FROM days WHERE period = '30d' AND isodow(date) < 6 GROUP BY 1",
        "SELECT rep_id, rep_value FROM rep_driver_comparison WHERE metric_name = 'daily_activities'",
    ),
    **{
        f"rep_driver_comparison.top_performer_value of {driver}": (
            f"SELECT r.rep_id, (SELECT {ours} FROM ranked WHERE place = 1) FROM reps r",
            f"SELECT rep_id, top_performer_value FROM rep_driver_comparison WHERE metric_name = '{driver}'",
        )
        for driver, ours in DRIVERS.items()
    },
    "rep_driver_comparison.rep_bar_pct": (
        "SELECT rep_id, metric_name, 100 * rep_value / greatest(rep_value, top_performer_value, team_avg_value) "
        "FROM rep_driver_comparison",
        "SELECT rep_id, metric_name, rep_bar_pct FROM rep_driver_comparison",
    ),
    **{
        f"rep_activity_metrics.{field}": (
            f"SELECT rep_id, period, {ours} FROM days GROUP BY ALL",
            f"SELECT rep_id, period, {field} FROM rep_activity_metrics",
        )
        for field, ours in ACTIVITY.items()
    },
    **{
        f"rep_activity_metrics.{field}": (
            f"SELECT rep_id, period, {function}(mean) OVER (PARTITION BY period) FROM (SELECT rep_id, period, "
            "coalesce(avg(done) FILTER (isodow(date) < 6), 0) AS mean FROM days GROUP BY ALL)",
            f"SELECT rep_id, period, {field} FROM rep_activity_metrics",
        )
        for field, function in ALL_REPS.items()
    },
    **{
        f"rep_activity_metrics.{name}_avg": (
            f"SELECT rep_id, period, mean FROM weekdays WHERE weekday = {weekday} AND period <> 'today'",
            f"SELECT rep_id, period, {name}_avg FROM rep_activity_metrics WHERE period <> 'today'",
        )
        for weekday, name in enumerate(WEEKDAYS, start=1)
    },
    "rep_activity_metrics.low_activity_days": (
        "SELECT rep_id, period, coalesce(list(name ORDER BY weekday) FILTER (mean < 0.7 * of_all), []) FROM "
        "(SELECT *, avg(mean) OVER (PARTITION BY rep_id, period) AS of_all FROM weekdays) GROUP BY ALL",
        "SELECT rep_id, period, low_activity_days FROM rep_activity_metrics",
    ),
    "stuck_deals_view: the deals beyond 1.5 times a benchmark": (
        f"SELECT opportunity_id, true {STUCK}",
        "SELECT opportunity_id, true FROM stuck_deals_view",
    ),
    "deals_stuck_in_process.days_over": (
        "SELECT opportunity_id, max(over) FROM waits GROUP BY 1",
        "SELECT opportunity_id, days_over FROM deals_stuck_in_process",
    ),
    **{
        f"stuck_deals_view.{field}": (
            f"SELECT opportunity_id, {ours} {STUCK}",
            f"SELECT opportunity_id, {field} FROM stuck_deals_view",
        )
        for field, ours in {
            "days_in_stage": "data_freshness - stage_entered_on",
            "days_until_close": "days_left",
            "amount_display": "dollars(amount)",
            "action_target": "primary_contact_name",
        }.items()
    },
    "deal_health_scores.risk_flags": (
        "SELECT opportunity_id, flags FROM flags",
        "SELECT opportunity_id, risk_flags FROM deal_health_scores",
    ),
    "deal_health_scores.forecast_impact": (
        "SELECT opportunity_id, impact FROM weighed",
        "SELECT opportunity_id, forecast_impact FROM deal_health_scores",
    ),
    "deal_health_scores.slip_risk": (
        "SELECT opportunity_id, slip FROM weighed",
        "SELECT opportunity_id, slip_risk FROM deal_health_scores",
    ),
    "deal_health_scores.priority_score to one decimal": (
        "SELECT opportunity_id, true FROM scored",
        "SELECT opportunity_id, abs(score - priority_score) < 0.0501 FROM scored "
        "JOIN (SELECT opportunity_id, priority_score FROM deal_health_scores) USING (opportunity_id)",
    ),
    "deal_health_scores.urgency": (
        "SELECT opportunity_id, CASE WHEN len(flags) = 0 AND slip <> 'HIGH' AND priority_score >= 32 THEN 'MEDIUM' "
        "WHEN priority_score >= 62 THEN 'CRITICAL' WHEN priority_score >= 48 THEN 'HIGH' "
        "WHEN priority_score >= 32 THEN 'MEDIUM' ELSE 'LOW' END FROM weighed "
        "JOIN (SELECT opportunity_id, priority_score FROM deal_health_scores) USING (opportunity_id)",
        "SELECT opportunity_id, urgency FROM deal_health_scores",
    ),
    "stuck_deals_view.risk_flags": (
        "SELECT opportunity_id, flags FROM flags WHERE list_contains(flags, 'STUCK')",
        "SELECT opportunity_id, risk_flags FROM stuck_deals_view",
    ),
    **{
        f"next_best_actions.{field}": (
            f"SELECT opportunity_id, {ours} {LISTED}",
            f"SELECT opportunity_id, {field} FROM next_best_actions",
        )
        for field, ours in {
            "deal_amount": "amount",
            "contact_name": "primary_contact_name",
            "rep_id": "owner_id",
            "days_since_contact": "coalesce(silent_days, days_open)",
        }.items()
    },
    "next_best_actions.priority_rank": (
        "SELECT opportunity_id, row_number() OVER (PARTITION BY rep_id ORDER BY priority_score DESC, deal_amount DESC, "
        "opportunity_id) FROM next_best_actions",
        "SELECT opportunity_id, priority_rank FROM next_best_actions",
    ),
    "next_best_actions and stuck_deals_view: one action for a deal": (
        "SELECT opportunity_id, primary_action FROM stuck_deals_view "
        "SEMI JOIN next_best_actions USING (opportunity_id)",
        "SELECT opportunity_id, action_type FROM next_best_actions SEMI JOIN stuck_deals_view USING (opportunity_id)",
    ),
    "rep_coaching_insights.priority_actions: the amounts of the first three actions": (
        "SELECT rep_id, list(deal_amount ORDER BY priority_rank) FROM next_best_actions WHERE priority_rank <= 3 "
        "GROUP BY 1",
        "SELECT rep_id, [a.deal_amount FOR a IN priority_actions] FROM rep_coaching_insights",
    ),
    "rep_coaching_insights: lists of at most three": (
        "SELECT rep_id, true FROM sales_reps",
        "SELECT rep_id, len(strengths) <= 3 AND len(improvements) <= 3 AND len(priority_actions) <= 3 "
        "FROM rep_coaching_insights",
    ),
}
"""Figure → its recomputation and the published one, as two queries: the key in all columns but the last."""


@pytest.mark.parametrize("figure", COMPARISONS)
def test_a_figure_equals_its_definition(recomputed, differences, figure):
    assert differences(recomputed, *COMPARISONS[figure]) == []
