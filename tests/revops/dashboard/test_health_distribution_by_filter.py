from datetime import date

from transforms.revops.contracts.deals import PIPELINE_HEALTH_SUMMARY
from transforms.revops.dashboard.health_distribution_by_filter import compute

SUMMARY = {
    **{field.name: 0.0 if field.dataType.simpleString() == "double" else 0 for field in PIPELINE_HEALTH_SUMMARY.schema},
    **{name: date(2024, 11, 15) for name in ("created_at", "updated_at", "data_freshness")},
    "quarter": "Q4 2024",
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
}


def test_every_setting_with_an_open_deal_has_its_distribution_and_what_is_unknown(run, frame):
    settings = [
        {**SUMMARY, "healthy_count": 1, "critical_count": 1, "unknown_count": 1},
        {**SUMMARY, "segment_filter": "SMB", "region_filter": "West", "critical_count": 1},
        {**SUMMARY, "segment_filter": "SMB", "region_filter": "East", "unknown_count": 1},
    ]
    rows = run(compute, summary=frame(PIPELINE_HEALTH_SUMMARY, *settings)).collect()
    bands = {(row.segment_filter, row.region_filter): (row.critical_pct, row.unknown_count) for row in rows}
    assert bands == {("All", "All"): (0.5, 1), ("SMB", "West"): (1, 0), ("SMB", "East"): (0, 1)}
