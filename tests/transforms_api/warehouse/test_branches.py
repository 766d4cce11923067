import pytest

from transforms_api.errors import LockedError, StoreError
from transforms_api.warehouse.branches import delete_branch, list_branches, list_needs
from transforms_api.warehouse.locks import lock_tables


def datasets(root):
    return {branch.name: list(branch.tables) for branch in list_branches(root)}


@pytest.fixture
def root(warehouse):
    return warehouse.root


# Which there are


def test_branches_come_by_name_with_the_datasets_that_they_have_themselves(write, root):
    write("/A/deals", n=[1])
    write("/A/b/kpis", n=[1])
    write("/A/deals", branch="feature", n=[2])
    assert datasets(root) == {"feature": ["/A/deals"], "master": ["/A/b/kpis", "/A/deals"]}


def test_a_branch_with_a_slash_is_no_dataset_of_another(write, root):
    write("/A/deals", branch="feature", n=[1])
    write("/A/deals", branch="feature/x", n=[1])
    write("/x/A/deals", branch="feature", n=[1])
    assert datasets(root) == {"feature": ["/A/deals", "/x/A/deals"], "feature/x": ["/A/deals"]}


def test_names_with_characters_that_folders_encode_come_back(write, root):
    write("/A b/C#1: ä~", branch="ünï~cödé/#1", n=[1])
    assert datasets(root) == {"ünï~cödé/#1": ["/A b/C#1: ä~"]}


def test_a_dataset_may_lie_below_another_one(write, root):
    write("/A/deals", n=[1])
    write("/A/deals/large", n=[1])
    assert datasets(root) == {"master": ["/A/deals", "/A/deals/large"]}


def test_folders_without_datasets_and_links_are_no_branches(write, root, tmp_path):
    write("/A/deals", n=[1])
    (root / "_logs").mkdir()
    (root / "linked").symlink_to(root / "master")
    assert list(datasets(root)) == ["master"]


def test_a_warehouse_that_is_not_there_has_none(tmp_path):
    assert list_branches(tmp_path / "nowhere") == []


def test_the_last_commit_of_a_branch_is_that_of_any_of_its_datasets(write, root):
    write("/A/deals", n=[1])
    first = list_branches(root)[0].last_commit
    write("/A/kpis", n=[1])
    assert list_branches(root)[0].last_commit > first


# What they need of each other


def test_a_dataset_needs_what_it_was_last_made_from_and_what_it_continues(write, root):
    write("/A/deals", n=[1])
    for version in (0, 1):
        made_from = {"inputs": {"/A/raw": {"branch": "master", "version": version}}}
        write("/A/deals", branch="feature", adds=True, made_from=made_from, n=[2])
    needs = {(need.branch, need.dataset, need.table.name, need.version, need.why) for need in list_needs(root)}
    assert needs == {
        ("feature", "/A/deals", "deals", 0, "continues"),
        ("feature", "/A/deals", "raw", 1, "was made from"),
    }


# The end of one


def test_a_branch_is_deleted_and_no_other(write, root):
    write("/A/deals", n=[1])
    write("/A/deals", branch="feature", n=[1])
    write("/A/deals", branch="feature/x", n=[1])
    delete_branch(root, "feature", "master")
    assert list(datasets(root)) == ["feature/x", "master"]
    assert not (root / "feature").exists()


def test_rows_that_a_deleted_branch_shared_stay(write, root, rows):
    write("/A/deals", n=[1])
    write("/A/deals", branch="feature", adds=True, n=[2])
    delete_branch(root, "feature", "master")
    assert rows("/A/deals") == [{"n": 1}]


def test_the_default_branch_stays(write, root):
    write("/A/deals", n=[1])
    with pytest.raises(StoreError, match="'master' is the default branch"):
        delete_branch(root, "master", "master")
    assert list(datasets(root)) == ["master"]


def test_a_branch_that_another_one_continues_stays(write, root):
    write("/A/deals", n=[1])
    write("/A/deals", branch="feature", adds=True, n=[2])
    with pytest.raises(StoreError, match="'master' is still needed: /A/deals of branch 'feature' continues it"):
        delete_branch(root, "master", "main")


def test_a_branch_that_another_one_has_read_stays(write, root):
    write("/A/raw", branch="release", n=[1])
    write("/A/deals", made_from={"inputs": {"/A/raw": {"branch": "release", "version": 0}}}, n=[1])
    with pytest.raises(StoreError, match="/A/deals of branch 'master' was made from it"):
        delete_branch(root, "release", "master")


@pytest.mark.parametrize("name", ["", ".", "..", "../warehouse", "/", "feature/A", "_jobs"])
def test_a_name_that_is_no_branch_is_not_deleted(write, root, name):
    write("/A/deals", branch="feature", n=[1])
    with pytest.raises(StoreError, match=f"There is no branch '{name}' in .* Its branches: feature"):
        delete_branch(root, name, "master")
    assert list(datasets(root)) == ["feature"]


def test_a_branch_that_is_being_built_stays(write, root, warehouse):
    table = write("/A/deals", branch="feature", n=[1]).table
    with lock_tables(root, [table], "a build"), pytest.raises(LockedError, match="a build"):
        delete_branch(root, "feature", "master")


# Names that are reserved


@pytest.mark.parametrize("name", ["_jobs", "_locks", "_logs", "_delta_log", "_x", ".git", "_LOGS"])
def test_a_branch_may_have_any_name_and_never_takes_a_folder_of_the_warehouse(write, warehouse, name):
    for own in ("_jobs", "_locks", "_logs"):
        (warehouse.root / own).mkdir(parents=True)
    version = write("/A/deals", branch=name, n=[1])
    code = {"_": "~5f~", ".": "~2e~"}[name[0]]
    assert version.table == warehouse.root / f"{code}{name[1:]}" / "A" / "deals"
    assert [branch.name for branch in list_branches(warehouse.root)] == [name]


@pytest.mark.parametrize("name", ["_jobs", "_locks", "_logs"])
def test_a_folder_of_the_warehouse_is_deleted_as_no_branch_even_if_it_holds_tables(write, warehouse, name):
    (write("/A/deals", n=[1]).table.parents[1]).rename(warehouse.root / name)
    with pytest.raises(StoreError, match=f"There is no branch '{name}'"):
        delete_branch(warehouse.root, name, "master")
    assert (warehouse.root / name / "A" / "deals").is_dir()


def test_deleting_a_branch_called_like_a_folder_of_the_warehouse_leaves_that_folder(write, warehouse):
    (warehouse.root / "_logs").mkdir(parents=True)
    write("/A/deals", branch="_logs", n=[1])
    delete_branch(warehouse.root, "_logs", "master")
    assert {folder.name for folder in warehouse.root.iterdir()} == {"_jobs", "_locks", "_logs"}


@pytest.mark.parametrize("name", ["_x", ".x"])
def test_a_branch_made_before_names_of_the_warehouse_s_folders_were_encoded_keeps_its_folder(write, warehouse, name):
    (write("/A/deals", n=[1]).table.parents[1]).rename(warehouse.root / name)
    version = write("/A/deals", branch=name, n=[2])
    assert version.table == warehouse.root / name / "A" / "deals"
    assert version.version == 1


def test_a_folder_that_is_no_branch_is_not_taken_for_one(write, warehouse):
    (warehouse.root / ".git" / "objects").mkdir(parents=True)
    assert warehouse.table("/A/deals", ".git") == warehouse.root / "~2e~git" / "A" / "deals"


def test_the_gitignore_of_a_warehouse_is_no_branch(write, warehouse):
    warehouse.storage.make_root(warehouse.root)
    write("/A/deals", n=[1])
    assert [branch.name for branch in list_branches(warehouse.root)] == ["master"]
