import pytest

from transforms.revops.analytics import deal_slippage, deal_snapshots
from transforms.revops.enrichment.calculate_deal_health import compute


@pytest.fixture(scope="session")
def story_health(run, story):
    """The health scores of the demo scenario."""
    given = {path.rpartition("/")[2]: rows for path, rows in story.items()}
    given["deal_snapshots"] = run(deal_snapshots.compute, **given).localCheckpoint()
    given["slippage"] = run(deal_slippage.compute, **given).localCheckpoint()
    return run(compute, **given).localCheckpoint()
