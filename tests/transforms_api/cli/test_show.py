import json


def test_a_version_is_shown_as_it_was(write, on_warehouse):
    write("/A/deals", deal=["A", "B"])
    write("/A/deals", deal=["C"])
    code, printed, _ = on_warehouse("show", "deals@0", "--json")
    document = json.loads(printed)
    assert code == 0
    assert (document["version"], document["rows"], document["sample"]) == (0, 2, [{"deal": "A"}, {"deal": "B"}])


def test_without_a_version_the_last_one_is_shown(write, on_warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["C"])
    assert json.loads(on_warehouse("show", "deals", "--json")[1])["sample"] == [{"deal": "C"}]


def test_a_branch_without_the_dataset_shows_that_of_the_default_branch_and_says_so(write, on_warehouse):
    write("/A/deals", deal=["A"])
    assert "/A/deals  version 0 of branch master, 1 rows" in on_warehouse("show", "deals", "--branch", "feature/x")[1]


def test_the_requested_branch_is_not_repeated(write, on_warehouse):
    write("/A/deals", branch="feature/x", deal=["A"])
    assert "/A/deals  version 0, 1 rows" in on_warehouse("show", "deals", "--branch", "feature/x")[1]


def test_a_version_that_is_not_there_is_wrong_use(write, on_warehouse):
    write("/A/deals", deal=["A"])
    code, _, error = on_warehouse("show", "deals@4")
    assert code == 2
    assert "/A/deals on branch 'master' has no version 4. Versions that can be read: 0." in error


def test_columns_without_a_name_are_wrong_use(write, on_warehouse):
    write("/A/deals", deal=["A"])
    code, _, error = on_warehouse("show", "deals", "--columns", " ,")
    assert code == 2
    assert "--columns names no column" in error
