import io
import json


def test_branches_are_listed_with_datasets_last_commit_and_own_bytes(write, on_warehouse):
    write("/A/deals", n=[1])
    write("/A/deals", branch="feature/x", n=[2])
    code, printed, _ = on_warehouse("branch", "list", "--json")
    feature, master = json.loads(printed)["branches"]
    assert code == 0
    assert (feature["branch"], feature["datasets"]) == ("feature/x", ["/A/deals"])
    assert (master["branch"], master["datasets"]) == ("master", ["/A/deals"])
    assert feature["last_commit"] > master["last_commit"]
    assert feature["own_bytes"] > 0


def test_for_people_each_branch_is_a_line(write, on_warehouse):
    write("/A/deals", n=[1])
    write("/A/deals", branch="feature/x", n=[2])
    assert [line.split()[0] for line in on_warehouse("branch", "list")[1].splitlines()] == [
        "branch",
        "feature/x",
        "master",
    ]


def test_a_branch_is_deleted_after_a_yes(write, on_warehouse, monkeypatch):
    table = write("/A/deals", branch="feature", n=[1]).table
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    code, printed, _ = on_warehouse("branch", "delete", "feature")
    assert (code, printed) == (0, "Branch 'feature' and its 1 datasets have been deleted.\n")
    assert not table.exists()


def test_a_branch_stays_after_a_no(write, on_warehouse, monkeypatch):
    table = write("/A/deals", branch="feature", n=[1]).table
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    code, _, error = on_warehouse("branch", "delete", "feature")
    assert (code, error.splitlines()[-1]) == (0, "Branch 'feature' stays.")
    assert table.exists()


def test_a_branch_stays_without_an_answer_or_yes(write, on_warehouse, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    table = write("/A/deals", branch="feature", n=[1]).table
    code, _, error = on_warehouse("branch", "delete", "feature")
    assert code == 2
    assert "say --yes" in error
    assert table.exists()
    assert on_warehouse("branch", "delete", "feature", "--yes")[0] == 0
    assert not table.exists()


def test_the_default_branch_of_the_settings_is_refused(write, on_warehouse):
    write("/A/deals", n=[1])
    code, _, error = on_warehouse("branch", "delete", "master", "--yes")
    assert code == 2
    assert "'master' is the default branch" in error


def test_a_branch_that_is_not_there_is_refused_with_the_one_that_may_be_meant(write, on_warehouse):
    write("/A/deals", branch="feature", n=[1])
    code, _, error = on_warehouse("branch", "delete", "featrue")
    assert code == 2
    assert "Did you mean feature? Its branches: feature." in error


def test_a_new_branch_that_may_be_a_typo_is_reported_and_reads_like_a_new_branch(write, on_warehouse):
    write("/A/deals", n=[1])
    code, _, error = on_warehouse("show", "deals", "--branch", "mastr")
    assert (code, error.splitlines()[-1]) == (0, "Branch 'mastr' has no datasets of its own yet. Did you mean master?")


def test_a_new_branch_that_is_called_like_no_other_is_not_worth_a_word(write, on_warehouse):
    write("/A/deals", n=[1])
    assert on_warehouse("show", "deals", "--branch", "feature/x")[2].count("\n") == 1  # the project alone


def test_a_branch_that_does_not_exist_is_refused_before_the_confirmation(write, on_warehouse):
    write("/A/deals", n=[1])
    code, _, error = on_warehouse("branch", "delete", "..")
    assert code == 2
    assert "There is no branch '..'" in error
