import json

from transforms_api.warehouse.history import has_its_files


def test_versions_of_the_last_week_stay_by_default(write, on_warehouse):
    old = write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    on_warehouse("vacuum")
    assert has_its_files(old)
    on_warehouse("vacuum", "--retain-days", "0")
    assert not has_its_files(old)


def test_vacuum_says_what_it_removed(write, on_warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    code, printed, _ = on_warehouse("vacuum", "--retain-days", "0")
    assert code == 0
    assert "1 files" in printed.splitlines()[0]
    assert "/A/deals" in printed.splitlines()[0]
    assert "1 datasets on branch 'master' removed and freed." in printed


def test_a_dry_run_removes_nothing(write, on_warehouse):
    old = write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    printed = on_warehouse("vacuum", "--retain-days", "0", "--dry-run")[1]
    assert "would be removed and freed" in printed
    assert has_its_files(old)


def test_only_the_datasets_that_are_named_are_vacuumed(write, on_warehouse):
    kept = write("/A/accounts", account=["X"])
    for dataset in ("/A/accounts", "/A/deals", "/A/deals"):
        write(dataset, n=[1])
    datasets = json.loads(on_warehouse("vacuum", "deals", "/A/deals", "--retain-days", "0", "--json")[1])["datasets"]
    assert [(dataset["dataset"], len(dataset["files"])) for dataset in datasets] == [("/A/deals", 1)]
    assert has_its_files(kept)


def test_a_warehouse_without_the_branch_has_nothing_to_remove(on_warehouse):
    assert on_warehouse("vacuum", "--json")[0] == 0
