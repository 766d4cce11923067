import pytest

from transforms.revops.analytics import deal_slippage, deal_snapshots
from transforms.revops.enrichment.calculate_deal_health import compute


@pytest.fixture(scope="session")
def story_health(run, story):
    """The health scores of the demo scenario."""
    inputs = {path.rpartition("/")[2]: rows for path, rows in story.items()}
    inputs["deal_snapshots"] = run(deal_snapshots.compute, **inputs).localCheckpoint()
    inputs["slippage"] = run(deal_slippage.compute, **inputs).localCheckpoint()
    return run(compute, **inputs).localCheckpoint()
