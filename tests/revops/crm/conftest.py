"""The mapping of the Maven export, and folders of exports."""

import copy
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def maven_text():
    """Text of conf/import/maven_crm.toml."""
    return (REPOSITORY / "conf/import/maven_crm.toml").read_text(encoding="utf-8")


@pytest.fixture
def maven(maven_text):
    """The mapping conf/import/maven_crm.toml, to change as a test likes."""
    return copy.deepcopy(tomllib.loads(maven_text))


@pytest.fixture(scope="session")
def sample_folder():
    """Real rows of the export, and 3 deals made up to be odd but usable, 18 rows made up to be unusable."""
    return REPOSITORY / "tests/data/crm_sample"


@pytest.fixture(scope="session")
def full_folder():
    """The whole export: 8,800 deals."""
    folder = REPOSITORY.parent / "shared/data/crm_sales_opportunities"
    if not folder.is_dir():
        pytest.skip(f"The export is not at {folder}: download it as docs/your-crm.md says and unpack it there.")
    return folder
