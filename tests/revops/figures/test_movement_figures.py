"""What moved in the demo's last week equals its definition in docs/metrics.md, recomputed in SQL from the scenario."""

import pytest

VIEWS = """
CREATE VIEW now AS
SELECT o.* EXCLUDE (segment), r.segment, CASE WHEN is_won THEN 'won' WHEN is_closed THEN 'lost' ELSE 'open' END AS state
FROM opportunities o JOIN sales_reps r ON r.rep_id = o.owner_id;
CREATE TABLE pairs AS
SELECT coalesce(n.manager_name, e.manager_name) AS team, coalesce(n.segment, e.segment) AS segment,
       e.opportunity_id IS NOT NULL AS was_there, n.opportunity_id IS NOT NULL AS is_there,
       e.deal_state AS old_state, n.state AS new_state, e.quarter AS old_quarter, n.quarter AS new_quarter,
       e.amount::DECIMAL(20, 2) AS old_amount, n.amount::DECIMAL(20, 2) AS new_amount,
       e.close_date AS old_close, n.close_date AS new_close
FROM earlier_deals e FULL JOIN now n USING (opportunity_id);
"""
FIGURES = {
    "opening": ("old_quarter", "old_amount", "old_state = 'open'"),
    "closing": ("new_quarter", "new_amount", "new_state = 'open'"),
    "won": ("old_quarter", "-new_amount", "old_state = 'open' AND new_state = 'won'"),
    "lost": ("old_quarter", "-old_amount", "old_state = 'open' AND new_state = 'lost'"),
    "removed": ("old_quarter", "-old_amount", "old_state = 'open' AND NOT is_there"),
    "increased": (
        "new_quarter", "new_amount - old_amount",
        "old_state = 'open' AND new_state = 'open' AND new_amount > old_amount",
    ),
    "decreased": (
        "new_quarter", "new_amount - old_amount",
        "old_state = 'open' AND new_state = 'open' AND new_amount < old_amount",
    ),
}  # fmt: skip
"""Figure → its quarter, its USD and its deals."""
MOVES = {"pushed_out": "new_close > old_close", "pulled_in": "new_close < old_close"}
IS_WEEK = (
    "period = '1w' AND segment_filter = 'All' AND region_filter = 'All' AND quarter <> 'All' AND team_filter <> 'All'"
)


@pytest.mark.parametrize("name", FIGURES)
def test_each_part_of_the_movement_is_that_of_the_two_days(recomputed, differences, name):
    quarter, dollars, of = FIGURES[name]
    ours = f"SELECT {quarter}, team, count(*), sum({dollars})::DOUBLE FROM pairs WHERE {of} GROUP BY ALL"
    theirs = f"""SELECT quarter, team_filter, {name}_count, {name}_amount FROM pipeline_movement
                 WHERE {IS_WEEK} AND {name}_count > 0"""
    assert differences(recomputed, ours, theirs) == []


@pytest.mark.parametrize("name", MOVES)
def test_a_move_to_another_quarter_leaves_one_and_enters_the_other(recomputed, differences, name):
    moved = (
        f"FROM pairs WHERE old_state = 'open' AND new_state = 'open' AND old_quarter <> new_quarter AND {MOVES[name]}"
    )
    ours = f"""SELECT quarter, team, count(*), sum(dollars)::DOUBLE FROM (
                   SELECT old_quarter AS quarter, team, -old_amount AS dollars {moved} UNION ALL
                   SELECT new_quarter, team, old_amount {moved}) GROUP BY ALL"""
    theirs = f"""SELECT quarter, team_filter, {name}_count, {name}_amount FROM pipeline_movement
                 WHERE {IS_WEEK} AND {name}_count > 0"""
    assert differences(recomputed, ours, theirs) == []


def test_the_closing_pipeline_is_the_open_amount_of_the_key_figures(figures, differences):
    key = "quarter, team_filter, segment_filter, region_filter"
    ours = f"SELECT {key}, open_amount FROM dashboard_kpis_by_filter WHERE open_count > 0"
    theirs = f"SELECT {key}, closing_amount FROM pipeline_movement WHERE period = '1w' AND closing_count > 0"
    assert differences(figures, ours, theirs) == []


def test_every_setting_balances_to_the_cent(figures):
    parts = " + ".join(f"{name}_amount" for name in (*FIGURES, "created", *MOVES) if name != "closing")
    [(count, off)] = figures.execute(
        f"SELECT count(*), count_if(round({parts} - closing_amount, 2) <> 0) FROM pipeline_movement"
    ).fetchall()
    assert (count > 100, off) == (True, 0)


def test_the_demos_week_has_every_kind_of_movement_but_new_deals(figures):
    names = (*FIGURES, *MOVES)
    counts = ", ".join(f"{name}_count" for name in names)
    of_all = "segment_filter = 'All' AND region_filter = 'All' AND quarter = 'All' AND team_filter = 'All'"
    row = figures.execute(f"SELECT {counts} FROM pipeline_movement WHERE period = '1w' AND {of_all}").fetchone()
    assert [name for name, count in zip(names, row, strict=True) if not count] == []


def test_a_new_deal_is_one_that_was_opened_within_the_week_of_which_the_story_has_none(figures):
    [row] = figures.execute("""
        SELECT (SELECT sum(created_count) FROM pipeline_movement WHERE period = '1w'),
               (SELECT count(*) FROM opportunities, today WHERE opened_on > day - 7)
    """).fetchall()
    assert row == (0, 0)
