import shutil
import sys

import pytest

from revops_dashboards.commands import look_at
from transforms_api.project.settings import PROJECT
from transforms_api.project.user_code import forget_modules
from transforms_api.warehouse.warehouse import Warehouse

STATIONS = PROJECT / "tests" / "repositories" / "layouts" / "stations"


@pytest.fixture
def repository(tmp_path):
    """A copy of a repository, whose modules are forgotten afterwards: each test has its own of the same names."""
    yield shutil.copytree(STATIONS, tmp_path / "stations")
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]


@pytest.fixture
def watched(repository):
    """(look, versions, files) of the repository with a warehouse of its own."""
    return look_at(repository, Warehouse(repository / "warehouse"))


def test_a_look_finds_the_state_of_every_dataset(watched):
    look, *_ = watched
    states = {dataset: state.state.value for dataset, state in look().states.items()}
    assert states == dict.fromkeys(
        ("/Stations/raw", "/Stations/measured", "/Stations/warmest", "/Stations/names"), "missing"
    )


def test_a_saved_module_is_seen_and_the_next_look_finds_what_it_says(watched, repository):
    look, _, files = watched
    look()
    before, module = files(), repository / "src" / "stations" / "measured.py"
    module.write_text(module.read_text().replace("/Stations/measured", "/Stations/checked"))
    assert files() != before
    assert "/Stations/checked" in look().states


def test_a_project_that_cannot_be_read_any_more_keeps_its_states_and_says_why(watched, repository):
    look, *_ = watched
    states = look().states
    shutil.rmtree(repository / "src")
    found = look()
    assert found.states == states
    assert found.problem
