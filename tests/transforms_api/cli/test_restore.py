"""`restore` as a user runs it, and what builds make of a restored dataset."""

import json

import pytest


def test_the_restored_version_is_printed(write, on_warehouse):
    write("/A/deals", deal=["A"])
    write("/A/deals", deal=["B"])
    code, printed, _ = on_warehouse("restore", "deals@0")
    assert (code, printed) == (0, "/A/deals: version 2 on branch 'master' is version 0, 1 rows.\n")


def test_restore_prints_the_restored_and_the_new_version_as_json(write, on_warehouse):
    write("/A/deals", deal=["A"])
    printed = json.loads(on_warehouse("restore", "deals@0", "--branch", "feature", "--json")[1])
    assert printed == {"dataset": "/A/deals", "branch": "feature", "restored": 0, "version": 0, "rows": 1}


def test_a_restore_without_a_version_is_wrong_use(write, on_warehouse):
    write("/A/deals", deal=["A"])
    code, _, error = on_warehouse("restore", "deals")
    assert code == 2
    assert "deals@3" in error


# What a build makes of a restored dataset


@pytest.fixture
def build(on_warehouse, tmp_path):
    """build() → the job of a transform that copies what is new in /Shop/orders to /Shop/copies."""
    package = tmp_path / "repository" / "src" / tmp_path.name  # modules of one name are imported once
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "copies.py").write_text(
        "from transforms.api import Input, Output, incremental, transform\n"
        "@incremental()\n"
        "@transform.using(orders=Input('/Shop/orders'), out=Output('/Shop/copies'))\n"
        "def copies(orders, out):\n"
        "    out.write_table(orders.polars())\n"
    )

    def run():
        [job] = json.loads(on_warehouse("build", "--repo", str(tmp_path / "repository"), "--json")[1])["jobs"]
        return job

    return run


def test_a_restored_version_stays_while_its_inputs_and_logic_are_the_same(write, build, on_warehouse, rows):
    write("/Shop/orders", order=[1])
    build()
    write("/Shop/copies", order=[-1])
    on_warehouse("restore", "copies@0")
    assert build()["state"] == "ignored"
    assert rows("/Shop/copies") == [{"order": 1}]


def test_an_incremental_build_goes_on_from_what_the_restored_version_had_read(write, build, on_warehouse, rows):
    write("/Shop/orders", order=[1])
    build()
    write("/Shop/orders", adds=True, order=[2])
    build()
    on_warehouse("restore", "copies@0")
    again = build()
    assert (again["rows"], again["notes"]) == ({"/Shop/copies": 1}, ["ran incrementally"])
    assert rows("/Shop/copies") == [{"order": 1}, {"order": 2}]


def test_an_incremental_reader_of_a_restored_dataset_reads_all_of_its_rows(write, build, on_warehouse, rows):
    write("/Shop/orders", order=[1])
    write("/Shop/orders", adds=True, order=[2])
    build()
    on_warehouse("restore", "orders@0")
    assert build()["notes"] == ["not running incrementally: /Shop/orders got a SNAPSHOT since the last run"]
    assert rows("/Shop/copies") == [{"order": 1}]
