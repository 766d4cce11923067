"""A restore with what was made from the restored dataset, on a project that is built, changed and built again."""

import pytest

from transforms_api import Project
from transforms_api.errors import StoreError


def amounts(project, dataset):
    return project.dataset(dataset).polars()["amount"].to_list()


@pytest.fixture
def rebuilt(project, modules):
    """The project, built with amounts of 10, 20 and 30, then with 10, 20 and 300."""
    project.build().raise_for_failures()
    (modules / "orders.py").write_text((modules / "orders.py").read_text().replace("30]", "300]"))
    project.reload()
    project.build().raise_for_failures()
    return project


def test_what_was_made_from_a_restored_dataset_has_its_rows_of_that_time(rebuilt):
    assert amounts(rebuilt, "totals") == [10, 320]
    steps = rebuilt.dataset("orders").restore_downstream(0)
    assert [(step.dataset, step.version.version, step.latest.version) for step in steps] == [
        ("/Shop/orders", 0, 2),
        ("/Shop/totals", 0, 2),
    ]
    assert amounts(rebuilt, "totals") == [10, 50]


def test_with_the_code_of_that_time_a_build_leaves_the_restored_datasets_alone(rebuilt, modules):
    rebuilt.dataset("orders").restore_downstream(0)
    (modules / "orders.py").write_text((modules / "orders.py").read_text().replace("300]", "30]"))
    rebuilt.reload()
    assert rebuilt.plan().jobs == []


def test_a_restore_without_what_was_made_from_it_leaves_that_stale(rebuilt, modules):
    rebuilt.dataset("orders").restore(0)
    (modules / "orders.py").write_text((modules / "orders.py").read_text().replace("300]", "30]"))
    rebuilt.reload()
    assert [job.writes for job in rebuilt.plan().jobs] == [["/Shop/totals"]]


def test_a_restored_version_can_be_restored_again_with_what_was_made_from_it(rebuilt):
    rebuilt.dataset("orders").restore_downstream(0)
    rebuilt.dataset("orders").restore_downstream(1)
    assert amounts(rebuilt, "totals") == [10, 320]
    rebuilt.dataset("orders").restore_downstream(2)
    assert amounts(rebuilt, "totals") == [10, 50]


def test_a_dataset_without_a_version_of_that_time_keeps_its_last_one(project, modules):
    project.build("orders").raise_for_failures()
    (modules / "orders.py").write_text((modules / "orders.py").read_text().replace("30]", "300]"))
    project.reload()
    project.build().raise_for_failures()
    steps = project.dataset("orders").restore_downstream(0)
    assert [(step.dataset, step.version and step.version.version) for step in steps] == [
        ("/Shop/orders", 0),
        ("/Shop/totals", None),
    ]
    assert amounts(project, "totals") == [10, 320]


def test_a_restore_on_a_branch_leaves_the_default_branch_as_it_is(rebuilt, folder):
    branch = Project.open(folder, branch="feature")
    branch.dataset("orders").restore_downstream(0)
    assert (amounts(branch, "totals"), amounts(rebuilt, "totals")) == ([10, 50], [10, 320])


def test_a_version_that_does_not_exist_is_refused(rebuilt):
    with pytest.raises(StoreError, match=r"has no version 7\. Versions that can be read: 0 to 1"):
        rebuilt.dataset("orders").restore_downstream(7)
