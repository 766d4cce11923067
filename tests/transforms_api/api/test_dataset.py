import pytest

from transforms_api.api import Project
from transforms_api.cli.options import dataset_in
from transforms_api.errors import StoreError, UnknownTargetError


@pytest.fixture
def path_of(warehouse):
    """path_of(name) → the path of the dataset of the demo that has this name; keywords as of `Project.open`."""

    def resolve(name, folder=None, **options):
        return Project.open(folder, warehouse=warehouse.root, **options).dataset(name).path

    return resolve


def test_a_dataset_named_by_its_path_is_that_dataset(path_of):
    assert path_of("/A/deals") == "/A/deals"


def test_the_last_part_of_a_path_is_found_in_the_warehouse(write, path_of):
    write("/A/deals", n=[1])
    write("/A/large_deals", n=[1])
    assert path_of("deals") == "/A/deals"


def test_a_branch_finds_the_datasets_of_its_fallback_branch_and_of_no_other(write, path_of):
    write("/A/deals", n=[1])
    write("/B/deals", branch="other", n=[1])
    assert path_of("deals", branch="feature") == "/A/deals"


def test_a_dataset_that_was_never_built_is_found_in_the_pipeline(path_of):
    assert path_of("dashboard_kpis") == "/RevOps/Analytics/dashboard_kpis"


def test_a_name_that_means_two_datasets_is_an_error_that_has_both(write, path_of):
    write("/A/deals", n=[1])
    write("/B/deals", n=[1])
    with pytest.raises(StoreError, match="'deals' may mean /A/deals or /B/deals"):
        path_of("deals")


def test_an_unknown_name_is_an_error_with_the_nearest(path_of):
    with pytest.raises(UnknownTargetError, match="dashboard_kpi"):
        path_of("dashboard_kpi")


def test_an_unknown_path_is_an_error_with_the_nearest_of_the_warehouse_and_the_project(write, path_of):
    write("/A/imported_deals", n=[1])
    with pytest.raises(UnknownTargetError, match=r"Did you mean /A/imported_deals\?"):
        path_of("/A/importd_deals")
    with pytest.raises(UnknownTargetError, match="Did you mean /RevOps/Analytics/dashboard_kpis"):
        path_of("/RevOps/Analytics/dashboard_kpsi")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/A/deals@3", ("/A/deals", 3)),
        ("/A/deals", ("/A/deals", None)),
        ("/Users/a@b/deals", ("/Users/a@b/deals", None)),
        ("/Users/a@b/deals@12", ("/Users/a@b/deals", 12)),
        ("/A/deals@latest", ("/A/deals@latest", None)),
    ],
)
def test_a_version_is_the_number_after_the_last_at(warehouse, text, meant):
    dataset = dataset_in(Project.open(warehouse=warehouse.root), text)
    assert (dataset.path, dataset.at) == meant


@pytest.mark.parametrize("name", ["/P/one", "ri.one", "one", "/Real/one"])
def test_a_name_in_the_shrinkwrap_means_its_dataset(write, tmp_path, name, path_of):
    write("/Real/one", n=[1])
    (tmp_path / "a.py").touch()
    (tmp_path / "transforms-shrinkwrap.yml").write_text(
        'mappings: [{alias: "/P/one", path: "/Real/one", rid: "ri.one"}]'
    )
    assert path_of(name, tmp_path) == "/Real/one"
