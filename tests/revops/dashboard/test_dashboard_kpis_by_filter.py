from datetime import date

from transforms.revops.contracts.deals import FORECAST_HISTORY
from transforms.revops.contracts.forecast import FORECAST_CONFIDENCE
from transforms.revops.dashboard.dashboard_kpis_by_filter import compute

TODAY = date(2024, 11, 15)
ZEROS = {
    field.name: 0.0 if field.dataType.typeName() == "double" else 0
    for field in FORECAST_CONFIDENCE.schema
    if field.dataType.typeName() in ("double", "long")
}
FORECAST = {
    **ZEROS,
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
    "quarter": "Q4 2024",
    "quarter_target": 1000.0,
    "ai_forecast": 850.0,
    "change_basis": "reconstructed",
    "commit_recorded": True,
    "data_freshness": TODAY,
}
SMB_IN_THE_WEST = {**FORECAST, "segment_filter": "SMB", "region_filter": "West", "quarter_target": 800.0}
ALL_QUARTERS = {**FORECAST, "quarter": "All", "quarter_target": 2000.0}


def test_each_setting_of_the_forecast_has_its_gap(run, frame):
    forecast = frame(FORECAST_CONFIDENCE, FORECAST, SMB_IN_THE_WEST, ALL_QUARTERS)
    rows = run(compute, forecast=forecast, history=frame(FORECAST_HISTORY)).collect()
    assert {(row.quarter, row.segment_filter, row.region_filter): row.gap_to_target for row in rows} == {
        ("Q4 2024", "All", "All"): -150,
        ("Q4 2024", "SMB", "West"): 50,
        ("All", "All", "All"): -1150,
    }
