from transforms.revops.analytics.deals_stuck_in_process import stuck
from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES


def test_the_deals_with_the_flag_are_stuck_with_the_benchmark_of_what_they_wait_in(frame):
    deals = frame(
        DEAL_HEALTH_SCORES,
        {
            "opportunity_id": "D1", "risk_flags": ["STUCK"], "benchmark_days": 10.0, "waits_in": "Legal Review",
            "wait_benchmark_days": 5.0,
        },
        {"opportunity_id": "D2", "risk_flags": ["NO_EB"], "benchmark_days": 10.0},
    )  # fmt: skip
    [row] = stuck(deals).collect()
    assert (row.opportunity_id, row.waits_in, row.benchmark_days) == ("D1", "Legal Review", 5.0)
