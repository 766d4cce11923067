import shutil
import sys

import pytest

from revops_dashboards.commands import poll_build_state
from transforms_api.api import Project
from transforms_api.project.settings import PROJECT
from transforms_api.project.source_files import forget_modules

STATIONS = PROJECT / "tests" / "repositories" / "layouts" / "stations"


@pytest.fixture
def repository(tmp_path):
    """A copy of a repository, whose modules are forgotten afterwards: each test has its own of the same names."""
    yield shutil.copytree(STATIONS, tmp_path / "stations")
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]


@pytest.fixture
def watched(repository):
    """(read, versions, files) of the repository with a warehouse of its own."""
    return poll_build_state(Project.open(repository, warehouse=repository / "warehouse"), ["/Stations/raw"])


def test_the_state_of_every_dataset_is_read(watched):
    read, *_ = watched
    states = {dataset: state.state.value for dataset, state in read().states.items()}
    assert states == dict.fromkeys(
        ("/Stations/raw", "/Stations/measured", "/Stations/warmest", "/Stations/names"), "missing"
    )


def test_a_saved_module_changes_the_times_of_files_and_the_next_state(watched, repository):
    read, _, files = watched
    read()
    before, module = files(), repository / "src" / "stations" / "measured.py"
    module.write_text(module.read_text().replace("/Stations/measured", "/Stations/checked"))
    assert files() != before
    assert "/Stations/checked" in read().states


def test_a_saved_sql_transform_changes_the_times_of_files_and_the_next_state(repository):
    file = repository / "transforms-sql" / "src" / "main" / "sql" / "coldest.sql"
    file.parent.mkdir(parents=True)
    file.write_text("CREATE TABLE `/Stations/coldest` AS SELECT * FROM `/Stations/raw`")
    read, _, files = poll_build_state(Project.open(repository, warehouse=repository / "warehouse"), ["/Stations/raw"])
    assert "/Stations/coldest" in read().states
    before = files()
    file.write_text("CREATE TABLE `/Stations/frost` AS SELECT * FROM `/Stations/raw`")
    assert files() != before
    assert "/Stations/frost" in read().states


def test_a_project_that_can_no_longer_be_read_keeps_its_states_and_has_a_problem(watched, repository):
    read, *_ = watched
    states = read().states
    shutil.rmtree(repository / "src")
    state = read()
    assert state.states == states
    assert state.problem
