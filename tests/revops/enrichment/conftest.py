import pytest

from transforms.revops.enrichment.calculate_deal_health import compute


@pytest.fixture(scope="session")
def story_health(run, story):
    """The health scores of the demo scenario."""
    return run(
        compute,
        opportunities=story["/RevOps/Scenario/opportunities"],
        activities=story["/RevOps/Scenario/activities"],
        process_events=story["/RevOps/Scenario/process_events"],
        stage_benchmarks=story["/RevOps/Reference/stage_benchmarks"],
        reporting_currency=story["/RevOps/Reference/reporting_currency"],
    ).localCheckpoint()
