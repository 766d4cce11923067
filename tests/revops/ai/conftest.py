"""A rep's facts as a model receives them, and an acceptable answer."""

import copy

import pytest

FACTS = {
    "rep_name": "Ada Brown",
    "segment": "Enterprise",
    "performance_tier": "On Track",
    "attainment_of_the_year_s_quota": "78%",
    "rank": "#4/12",
    "currency_sign": "$",
    "win_rate": "38%",
    "team_win_rate": "28%",
    "drivers": [
        {
            "title": "Average Deal Size",
            "standing": "neither",
            "rep": "$431K",
            "team_average": "$430K",
            "top_performer": "$600K",
            "gap_to_team": "$1K above team",
            "gap_impact": "$169K average deal size improvement potential ($431K to $600K)",
        },
        {
            "title": "Sales Cycle",
            "standing": "improvement",
            "rep": "61d",
            "team_average": "45d",
            "top_performer": "40d",
            "gap_to_team": "16 days above team",
            "gap_impact": "21-day sales cycle improvement potential (61d to 40d)",
        },
        {
            "title": "Win Rate",
            "standing": "strength",
            "rep": "38%",
            "team_average": "28%",
            "top_performer": "41%",
            "gap_to_team": "10 points above team",
            "gap_impact": "3-point win rate improvement potential (38% to 41%)",
        },
    ],
    "days_of_low_activity": [],
    "actions": [
        {
            "deal_name": "Studio 54",
            "deal_amount": 2_134_000.0,
            "deal_amount_as_text": "$2.1M",
            "contact_name": "Grace Hill",
            "contact_role": "Champion",
            "action_type": "call",
            "reason": "Re-engage: 11 days without contact",
            "time_since_contact": "11d",
            "risk_if_delayed": "$2.1M may slip: 53 days to the close date",
            "deadline": "2024-11-22",
        },
        {
            "deal_name": "Smith & Co.",
            "deal_amount": None,
            "deal_amount_as_text": None,
            "contact_name": "Unknown",
            "contact_role": "Unknown",
            "action_type": "email",
            "reason": "Get to the economic buyer",
            "time_since_contact": None,
            "risk_if_delayed": "This deal may stall: no close date set",
            "deadline": "2024-11-29",
        },
    ],
}
INSIGHTS = {
    "strengths": [
        {
            "title": "Win Rate",
            "detail": "Win rate 38% vs. team 28%.",
            "metric_value": "38%",
            "metric_comparison": "vs. team 28%",
        }
    ],
    "improvements": [
        {
            "title": "Sales Cycle",
            "detail": "Sales cycle 61 days vs. team 45 days.",
            "gap_value": "16 days above team",
            "impact_estimate": "21-day sales cycle improvement potential (61d to 40d)",
            "suggested_action": "Agree on a mutual close plan in the first meeting.",
        }
    ],
    "priority_actions": [
        {
            "deal_name": "Studio 54",
            "deal_amount": 2134000,
            "action": "Call Grace Hill at Studio 54",
            "reason": "Re-engage: 11 days without contact, and $2.1M may slip.",
            "deadline": "2024-11-22",
        }
    ],
    "overall_assessment": "Ada Brown ranks #4/12 with 78% of the year's quota.",
    "primary_focus_area": "Sales Cycle",
}


@pytest.fixture
def rep():
    """Facts of one rep, free to be changed."""
    return copy.deepcopy(FACTS)


@pytest.fixture
def insights():
    """Insights that are true of `rep`, free to be changed."""
    return copy.deepcopy(INSIGHTS)
