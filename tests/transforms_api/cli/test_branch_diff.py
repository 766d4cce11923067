import json

import pytest


@pytest.fixture
def diff(on_warehouse, tmp_path):
    """diff(dataset, before, after, …) with a repository whose transform gives /Shop/deals the key `deal`."""
    package = tmp_path / "repository" / "src" / tmp_path.name  # modules of one name are imported once
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "deals.py").write_text(
        "from transforms import expectations as E\n"
        "from transforms.api import Check, Output, transform\n"
        "@transform.using(out=Output('/Shop/deals', checks=[\n"
        "    Check(E.count().gt(0), 'some'), Check(E.primary_key('deal'), 'key')]))\n"
        "def deals(out): ...\n"
    )
    return lambda *arguments: on_warehouse("branch", "diff", *arguments, "--repo", str(tmp_path / "repository"))


def test_rows_are_matched_by_the_primary_key_of_the_checks(write, diff):
    write("/Shop/deals", deal=["A", "B"], amount=[1, 2])
    write("/Shop/deals", branch="feature/x", deal=["A", "C"], amount=[10, 3])
    code, printed, _ = diff("deals", "master", "feature/x")
    assert code == 0
    assert printed.splitlines() == [
        "master: version 0, 2 rows",
        "feature/x: version 0, 2 rows",
        "rows matched by deal",
        "  1 added, 1 removed, 1 changed",
        "  changed values: amount 1",
        "  + deal=C, amount=3",
        "  - deal=B, amount=2",
        "  ~ deal=A  amount: 1 → 10",
    ]


def test_a_dataset_without_a_key_is_compared_by_whole_rows(write, diff):
    write("/Shop/other", n=[1, 1])
    write("/Shop/other", branch="feature", n=[1])
    assert "whole rows compared\n  0 added, 1 removed, 0 changed" in diff("/Shop/other", "master", "feature")[1]


def test_a_key_that_does_not_identify_rows_is_named_with_the_reason(write, diff):
    write("/Shop/deals", deal=["A", "A"])
    write("/Shop/deals", branch="feature", deal=["A"])
    assert "since the key (deal) is null or repeated in rows before" in diff("deals", "master", "feature")[1]


def test_columns_that_differ_come_first(write, diff):
    write("/Shop/other", n=[1], old=[1], kind=[1])
    write("/Shop/other", branch="feature", n=[1], new=["x"], kind=["x"])
    assert diff("/Shop/other", "master", "feature")[1].splitlines()[2:5] == [
        "  column added    new (VARCHAR)",
        "  column removed  old (BIGINT)",
        "  column retyped  kind (BIGINT, now VARCHAR)",
    ]


def test_a_branch_without_the_dataset_has_that_of_the_default_branch(write, diff):
    write("/Shop/deals", deal=["A"])
    code, printed, _ = diff("deals", "master", "feature")
    assert code == 0
    assert printed.splitlines()[1] == "feature: version 0 of branch master, 1 rows"


def test_json_has_the_versions_and_the_difference(write, diff):
    write("/Shop/deals", deal=["A"])
    write("/Shop/deals", branch="feature", deal=["B"])
    document = json.loads(diff("deals", "master", "feature", "--json")[1])
    assert (document["before"], document["after"]) == (
        {"branch": "master", "version": 0},
        {"branch": "feature", "version": 0},
    )
    assert (document["key"], document["rows"]) == (["deal"], {"added": 1, "removed": 1, "changed": 0})
