"""A rep's facts as a model is told them, and an answer that may be accepted."""

import copy

import pytest

FACTS = {
    "rep_name": "Ada Brown",
    "segment": "Enterprise",
    "performance_tier": "On Track",
    "attainment_of_the_year_s_quota": "78%",
    "rank": "#4/12",
    "win_rate": "38%",
    "team_win_rate": "28%",
    "drivers": [
        {
            "title": "Average Deal Size",
            "standing": "neither",
            "rep": "$431K",
            "team_average": "$430K",
            "top_performer": "$600K",
            "gap_to_top": "$169K",
            "gap_impact": "28% average deal size improvement potential",
        },
        {
            "title": "Sales Cycle",
            "standing": "improvement",
            "rep": "61d",
            "team_average": "45d",
            "top_performer": "40d",
            "gap_to_top": "21d",
            "gap_impact": "53% sales cycle improvement potential",
        },
        {
            "title": "Win Rate",
            "standing": "strength",
            "rep": "38%",
            "team_average": "28%",
            "top_performer": "41%",
            "gap_to_top": "3%",
            "gap_impact": "7% win rate improvement potential",
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
            "reason": "No contact for 11 days: pick the conversation up again",
            "time_since_contact": "11d",
            "risk_if_delayed": "$2.1M may slip: 53d until the close date",
            "deadline": "2024-11-22",
        },
        {
            "deal_name": "Smith & Co.",
            "deal_amount": None,
            "deal_amount_as_text": None,
            "contact_name": "Unknown",
            "contact_role": "Unknown",
            "action_type": "email",
            "reason": "The economic buyer is not involved: ask for an introduction",
            "time_since_contact": None,
            "risk_if_delayed": "The amount is unknown",
            "deadline": "2024-11-29",
        },
    ],
}
INSIGHTS = {
    "strengths": [
        {
            "title": "Win Rate",
            "detail": "Ada Brown wins 38% of closed deals where the team wins 28%.",
            "metric_value": "38%",
            "metric_comparison": "28% team average",
        }
    ],
    "improvements": [
        {
            "title": "Sales Cycle",
            "detail": "Deals take 61 days, those of the team 45 days.",
            "gap_value": "21d",
            "impact_estimate": "53% sales cycle improvement potential",
            "suggested_action": "Agree on a dated plan with each buyer in the first meeting.",
        }
    ],
    "priority_actions": [
        {
            "deal_name": "Studio 54",
            "deal_amount": 2134000,
            "action": "Call Grace Hill at Studio 54",
            "reason": "Nobody has spoken to her for 11 days, and $2.1M may slip.",
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
