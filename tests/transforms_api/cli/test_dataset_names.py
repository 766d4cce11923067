import pytest

from transforms_api.cli.options import dataset_and_version, dataset_path
from transforms_api.errors import StoreError, UnknownTargetError
from transforms_api.warehouse.warehouse import Warehouse


def test_a_dataset_named_by_its_path_is_that_dataset(warehouse):
    assert dataset_path("/A/deals", None, warehouse) == "/A/deals"


def test_the_last_part_of_a_path_is_found_in_the_warehouse(write, warehouse):
    write("/A/deals", n=[1])
    write("/A/large_deals", n=[1])
    assert dataset_path("deals", None, warehouse) == "/A/deals"


def test_a_branch_finds_the_datasets_of_its_fallback_branch_and_of_no_other(write, warehouse):
    write("/A/deals", n=[1])
    write("/B/deals", branch="other", n=[1])
    assert dataset_path("deals", None, Warehouse(warehouse.root, "feature", ("master",))) == "/A/deals"


def test_a_dataset_that_was_never_built_is_found_in_the_pipeline(warehouse):
    assert dataset_path("dashboard_kpis", None, warehouse) == "/RevOps/Analytics/dashboard_kpis"


def test_a_name_that_means_two_datasets_is_an_error_that_has_both(write, warehouse):
    write("/A/deals", n=[1])
    write("/B/deals", n=[1])
    with pytest.raises(StoreError, match="'deals' may mean /A/deals or /B/deals"):
        dataset_path("deals", None, warehouse)


def test_a_name_that_nobody_knows_is_an_error_with_the_nearest(warehouse):
    with pytest.raises(UnknownTargetError, match="dashboard_kpi"):
        dataset_path("dashboard_kpi", None, warehouse)


def test_a_path_that_nobody_knows_is_an_error_with_the_nearest_of_the_warehouse_and_the_project(write, warehouse):
    write("/A/imported_deals", n=[1])
    with pytest.raises(UnknownTargetError, match=r"Did you mean /A/imported_deals\?"):
        dataset_path("/A/importd_deals", None, warehouse)
    with pytest.raises(UnknownTargetError, match="Did you mean /RevOps/Analytics/dashboard_kpis"):
        dataset_path("/RevOps/Analytics/dashboard_kpsi", None, warehouse)


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
    assert dataset_and_version(text, None, warehouse) == meant


@pytest.mark.parametrize("name", ["/P/one", "ri.one", "one", "/Real/one"])
def test_a_name_in_the_shrinkwrap_means_its_dataset(write, warehouse, tmp_path, name):
    write("/Real/one", n=[1])
    (tmp_path / "a.py").touch()
    (tmp_path / "transforms-shrinkwrap.yml").write_text(
        'mappings: [{alias: "/P/one", path: "/Real/one", rid: "ri.one"}]'
    )
    assert dataset_path(name, tmp_path, warehouse) == "/Real/one"
