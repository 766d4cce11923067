from pyspark.sql import functions as F

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.dashboard.prepare_stuck_deals_view import amount_display, urgency_icon, view


def values_of(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_every_urgency_has_its_color(spark):
    rows = [("CRITICAL",), ("HIGH",), ("MEDIUM",), ("LOW",)]
    assert values_of(spark, urgency_icon(F.col("level")), rows, "level string") == ["🔴", "🟠", "🟡", "🟢"]


def test_amounts_are_millions_or_thousands_or_unknown(spark):
    rows = [(2_100_000.0,), (720_000.0,), (None,)]
    assert values_of(spark, amount_display(F.col("amount")), rows, "amount double") == ["$2.1M", "$720K", "Unknown"]


def test_flags_and_advice_are_those_of_the_deals_health(frame):
    advice = {
        "next_action": "call", "action_reason": "Re-engage: 9 days without contact", "urgency": "HIGH",
        "slip_risk": "MEDIUM", "risk_flags": ["STUCK", "GOING_DARK"], "primary_contact_name": "Ada Brown",
    }  # fmt: skip
    [row] = view(frame(DEAL_HEALTH_SCORES, advice)).collect()
    assert (row.primary_action, row.action_reason, row.action_target) == (
        "call", "Re-engage: 9 days without contact", "Ada Brown",
    )  # fmt: skip
    assert (row.urgency, row.slip_risk, row.risk_flags_display) == ("HIGH", "MEDIUM", "Stuck • Going Dark")
