"""Every widget gives the same advice about a deal: all deals of the demo's warehouse."""

import duckdb
import pytest
from deltalake import DeltaTable

DATASETS = {
    "health": "Enriched/deal_health_scores",
    "stuck": "Analytics/stuck_deals_view",
    "waits": "Analytics/deals_stuck_in_process",
    "actions": "Analytics/next_best_actions",
    "insights": "Analytics/rep_coaching_insights",
}


@pytest.fixture(scope="module")
def query(built):
    """query(sql) → rows from the tables of the demo, by the names of `DATASETS`."""
    connection = duckdb.connect()
    for name, dataset in DATASETS.items():
        connection.register(name, DeltaTable(str(built[0] / "master" / "RevOps" / dataset)).to_pyarrow_table())
    return lambda sql: connection.sql(sql).fetchall()


def test_the_stuck_deals_are_those_with_the_flag(query):
    flagged = query("SELECT opportunity_id FROM health WHERE list_contains(risk_flags, 'STUCK') ORDER BY 1")
    assert len(flagged) > 0
    assert query("SELECT opportunity_id FROM stuck ORDER BY 1") == flagged
    assert query("SELECT opportunity_id FROM waits ORDER BY 1") == flagged


def test_a_stuck_deal_shows_the_flags_urgency_and_advice_of_its_health(query):
    different = query("""
        SELECT opportunity_id FROM stuck JOIN health USING (opportunity_id)
        WHERE stuck.risk_flags != health.risk_flags OR stuck.urgency != health.urgency
           OR stuck.slip_risk != health.slip_risk OR stuck.primary_action != health.next_action
           OR stuck.action_reason != health.action_reason OR stuck.action_target != health.primary_contact_name
    """)
    assert different == []


def test_a_next_best_action_is_the_advice_of_its_deal(query):
    different = query("""
        SELECT opportunity_id FROM actions JOIN health USING (opportunity_id)
        WHERE action_type != next_action OR actions.action_reason != health.action_reason
           OR actions.priority_score != health.priority_score OR contact_name != primary_contact_name
           OR actions.urgency != CASE health.urgency WHEN 'CRITICAL' THEN 'today' WHEN 'HIGH' THEN 'this_week'
                                 ELSE 'soon' END
    """)
    assert different == []


def test_a_deal_that_is_stuck_and_in_the_action_list_has_one_action_and_one_reason(query):
    both = query("""
        SELECT primary_action = action_type AND stuck.action_reason = actions.action_reason
        FROM stuck JOIN actions USING (opportunity_id)
    """)
    assert len(both) > 0
    assert set(both) == {(True,)}


def test_coaching_gives_the_reasons_of_the_first_three_actions(query):
    coached = query("SELECT rep_id, [a.reason FOR a IN priority_actions] FROM insights ORDER BY 1")
    ranked = query("""
        SELECT rep_id, list(action_reason ORDER BY priority_rank) FROM actions WHERE priority_rank <= 3
        GROUP BY rep_id ORDER BY 1
    """)
    assert coached == ranked


def test_the_largest_deal_at_stake_this_quarter_is_the_first_action_of_the_company(query):
    [(account,)] = query("SELECT account_name FROM health ORDER BY priority_score DESC LIMIT 1")
    assert account == "Acme Corporation"


def test_a_small_deal_is_never_more_urgent_than_a_silent_commit_deal_of_a_million(query):
    [(least,)] = query("SELECT priority_score FROM health WHERE account_name = 'Acme Corporation'")
    assert query(f"SELECT account_name FROM health WHERE amount < 100000 AND priority_score >= {least}") == []


def test_no_deal_of_critical_health_has_a_low_slip_risk(query):
    assert query("SELECT account_name FROM health WHERE health_band = 'critical' AND slip_risk = 'LOW'") == []


def test_days_since_contact_are_known_of_every_action_and_a_deal_never_contacted_says_so(query):
    assert query("SELECT action_id FROM actions WHERE days_since_contact IS NULL") == []
    never = query("SELECT risk_flags, action_reason FROM health WHERE contact_status = 'Never contacted'")
    assert len(never) == 3
    assert all("NEVER_CONTACTED" in flags and "never contacted" in reason for flags, reason in never)


def test_every_deadline_is_a_working_day_and_before_a_later_close_date(query):
    assert (
        query("""
        SELECT account_name, act_by, close_date FROM health
        WHERE isodow(act_by) > 5 OR act_by < data_freshness OR (close_date > data_freshness AND act_by >= close_date)
    """)
        == []
    )
