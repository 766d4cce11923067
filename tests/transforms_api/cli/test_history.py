import json

BUILD = {
    "kind": "build",
    "build": "0123456789abcdef",
    "transform": "shop.deals:clean",
    "inputs": {
        "/A/raw": {"branch": "master", "version": 4, "transaction": "t"},
        "/A/rates": {"branch": "main", "version": 0, "transaction": "u"},
    },
    "checks": [
        {"name": "key", "on_error": "FAIL", "problem": None},
        {"name": "many", "on_error": "WARN", "problem": "the number of rows is 1, expected > 9"},
    ],
}


def lines(printed):
    """The printed versions, each as its cells."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in printed.splitlines()[2:]]


def test_a_version_is_a_line_with_what_it_was_made_by_and_from(write, on_warehouse):
    write("/A/deals", made_from=BUILD, deal=["A"])
    code, printed, _ = on_warehouse("history", "deals")
    [[version, _, *rest]] = lines(printed)
    assert code == 0
    assert [version, *rest] == ["0", "SNAPSHOT", "clean", "rates@0 of main, raw@4", "1", "1/2", "01234567"]


def test_versions_of_the_branch_that_is_continued_have_its_name(write, on_warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", branch="feature", adds=True, deal=["B"])
    printed = on_warehouse("history", "deals", "--branch", "feature")[1]
    assert [line[0] for line in lines(printed)] == ["0", "0 of master"]


def test_a_restored_version_says_so(write, on_warehouse):
    write("/A/deals", made_from=BUILD, deal=["A"])
    write("/A/deals", deal=["B"])
    on_warehouse("restore", "deals@0")
    assert "clean, 0 restored" in on_warehouse("history", "deals")[1]


def test_a_version_that_sail_computed_says_whether_spark_has_verified_it(write, on_warehouse):
    on_sail = {**BUILD, "engine": "sail", "engine_version": "0.7.2"}
    for proof in ({}, {"engine_proof": "probes"}, {"engine_proof": "verified"}):
        write("/A/deals", made_from={**on_sail, **proof}, deal=["A"])
    assert [line[3] for line in lines(on_warehouse("history", "deals")[1])] == [
        "clean, on Sail 0.7.2, verified against Spark",
        "clean, on Sail 0.7.2, equal to Spark by the probes",
        "clean, on Sail 0.7.2, never verified",
    ]


def test_a_version_without_its_files_is_in_brackets(write, on_warehouse):
    old = write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    (old.table / old.paths[0]).unlink()
    assert [line[0] for line in lines(on_warehouse("history", "deals")[1])] == ["1", "(0)"]


def test_a_limit_takes_the_newest(write, on_warehouse):
    for deal in "ABC":
        write("/A/deals", deal=[deal])
    assert [line[0] for line in lines(on_warehouse("history", "deals", "--limit", "2")[1])] == ["2", "1"]


def test_json_has_all_that_a_commit_says(write, on_warehouse):
    write("/A/deals", made_from=BUILD, deal=["A"])
    [version] = json.loads(on_warehouse("history", "deals", "--json")[1])["versions"]
    assert {
        key: version[key] for key in ("version", "rows", "is_readable", "type", "kind", "transform", "restored")
    } == {
        "version": 0,
        "rows": 1,
        "is_readable": True,
        "type": "SNAPSHOT",
        "kind": "build",
        "transform": "shop.deals:clean",
        "restored": None,
    }
    assert (version["inputs"], version["checks"]) == (BUILD["inputs"], BUILD["checks"])


def test_a_dataset_that_was_never_built_is_wrong_use(on_warehouse):
    code, _, error = on_warehouse("history", "/A/deals")
    assert code == 2
    assert "/A/deals is not in" in error
