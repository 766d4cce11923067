"""Pacing and pipeline to create of the demo equal their definitions in docs/metrics.md, recomputed in SQL."""

import pytest

KEY = "quarter, team_filter, segment_filter, region_filter"
VIEWS = """
CREATE VIEW owned AS
SELECT o.* EXCLUDE (segment), r.segment FROM opportunities o JOIN sales_reps r ON r.rep_id = o.owner_id;
CREATE VIEW by_setting AS
SELECT CASE WHEN t = 1 THEN manager_name ELSE 'All' END AS team_filter,
       CASE WHEN s = 1 THEN segment ELSE 'All' END AS segment_filter,
       CASE WHEN r = 1 THEN region ELSE 'All' END AS region_filter, owned.*
FROM owned, (VALUES (0), (1)) AS of_team(t), (VALUES (0), (1)) AS of_segment(s), (VALUES (0), (1)) AS of_region(r);
CREATE VIEW closed_year AS
SELECT team_filter, segment_filter, region_filter, count(*) AS closed, count(*) FILTER (is_won) AS won,
       avg(amount) FILTER (is_won) AS size, avg(close_date - opened_on) FILTER (is_won) AS cycle
FROM by_setting, today WHERE is_closed AND close_date > day - 365 GROUP BY ALL;
CREATE VIEW rates AS
SELECT s.team_filter, s.segment_filter, s.region_filter,
       CASE WHEN coalesce(own.closed, 0) >= 10 THEN own.won / own.closed ELSE company.won / company.closed END AS rate,
       CASE WHEN coalesce(own.closed, 0) >= 10 THEN own.cycle ELSE company.cycle END AS cycle
FROM (SELECT DISTINCT team_filter, segment_filter, region_filter FROM by_setting) s
LEFT JOIN closed_year own USING (team_filter, segment_filter, region_filter)
CROSS JOIN (FROM closed_year WHERE team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All') company;
"""
NEEDED = f"""
SELECT {KEY}, greatest(0, quarter_target - closed_won_amount - (ai_forecast - closed_won_amount)) / rate AS needed
FROM dashboard_kpis_by_filter JOIN rates USING (team_filter, segment_filter, region_filter)
WHERE target_state = 'open' AND quarter NOT IN ('All', 'Unknown')"""
FIGURES = {
    "the pipeline to create is what is missing of the target by the win rate": (
        NEEDED,
        f"SELECT {KEY}, pipeline_to_create FROM pipeline_to_create WHERE target_state = 'open'",
    ),
    "a deal has to be created its mean cycle before the quarter ends": (
        f"""SELECT {KEY}, (DATE '2024-12-31' - ceil(cycle)::INT)::VARCHAR FROM dashboard_kpis_by_filter
            JOIN rates USING (team_filter, segment_filter, region_filter) WHERE quarter = 'Q4 2024'""",
        f"SELECT {KEY}, create_by::VARCHAR FROM pipeline_to_create WHERE quarter = 'Q4 2024'",
    ),
    "the won amount of the current quarter is that of the key figures": (
        f"SELECT {KEY}, closed_won_amount FROM dashboard_kpis_by_filter WHERE quarter = 'Q4 2024'",
        f"SELECT {KEY}, won_amount FROM pipeline_pacing WHERE is_current",
    ),
    "the open pipeline of today is that of all open deals": (
        """SELECT team_filter, segment_filter, region_filter, sum(amount) FROM by_setting WHERE NOT is_closed
           GROUP BY ALL""",
        """SELECT team_filter, segment_filter, region_filter, pipeline_amount FROM pipeline_pacing
           WHERE is_current AND pipeline_count > 0""",
    ),
    "the result of an earlier quarter is what its reps have closed": (
        """SELECT q.quarter, manager_name, sum(q.closed_amount) FROM (
               SELECT manager_name, unnest(quarters) AS q FROM sales_reps) WHERE q.quarter <> 'Q4 2024' GROUP BY ALL
           HAVING sum(q.closed_amount) > 0""",
        """SELECT quarter, team_filter, final_amount FROM pipeline_pacing
           WHERE NOT is_current AND final_amount > 0 AND team_filter <> 'All' AND segment_filter = 'All'
             AND region_filter = 'All'""",
    ),
    "the forecast of a rep is what the rep's deals add up to": (
        """SELECT owner_id, sum(CASE deal_state WHEN 'won' THEN amount WHEN 'open' THEN expected_amount ELSE 0 END)
           FROM deal_forecast WHERE quarter = 'Q4 2024' GROUP BY ALL""",
        "SELECT rep_id, forecast_amount FROM rep_forecast_accuracy",
    ),
    "pushed days are those between the close dates of a week ago and of today": (
        """SELECT opportunity_id, greatest(0, o.close_date - e.close_date)::DOUBLE FROM opportunities o
           JOIN earlier_deals e USING (opportunity_id) WHERE NOT is_closed AND deal_state = 'open'""",
        "SELECT opportunity_id, pushed_days::DOUBLE FROM deal_slippage WHERE push_count IS NOT NULL",
    ),
}


@pytest.mark.parametrize("definition", FIGURES)
def test_a_figure_of_pace_equals_its_definition(recomputed, differences, definition):
    assert differences(recomputed, *FIGURES[definition]) == []


@pytest.mark.parametrize("name", ["won_amount", "pipeline_amount", "final_amount", "won_count", "pipeline_count"])
def test_the_teams_of_each_quarter_add_up_to_all(figures, differences, name):
    rest = f"FROM pipeline_pacing WHERE segment_filter = 'All' AND region_filter = 'All' AND {name} IS NOT NULL"
    teams = f"SELECT quarter, sum({name})::DOUBLE {rest} AND team_filter <> 'All' GROUP BY ALL"
    assert differences(figures, teams, f"SELECT quarter, {name}::DOUBLE {rest} AND team_filter = 'All'") == []


def test_the_demos_week_has_pushed_and_regressed_deals(figures):
    [row] = figures.execute(
        "SELECT count(*) FILTER (is_pushed) > 0, count(*) FILTER (is_regressed) > 0 FROM deal_slippage"
    ).fetchall()
    assert row == (True, True)
