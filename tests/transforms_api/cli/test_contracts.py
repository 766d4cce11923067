import json
import sys

import pytest


@pytest.mark.parametrize(
    ("language", "beginning"),
    [
        ("typescript", "/**\n"),
        ("json-schema", '{\n  "$schema": "https://json-schema.org/draft/2020-12/schema"'),
        ("markdown", "# Data contracts\n"),
        ("odcs", "apiVersion: v3.1.0\nkind: DataContract\nid: transforms.revops.contracts\n"),
    ],
)
def test_our_contracts_are_printed_in_each_language_and_nothing_else_is(command, language, beginning):
    code, printed, _ = command("contracts", "--format", language)
    assert code == 0
    assert printed.startswith(beginning)


def test_every_dataset_of_the_pipeline_is_listed_with_its_contract(command):
    _, listed, _ = command("list", "--json")
    datasets = [dataset for entry in json.loads(listed)["transforms"] for dataset in entry["outputs"]]
    _, printed, _ = command("contracts")
    assert [dataset for dataset in datasets if f"- Dataset: `{dataset}`\n" not in printed] == []


def test_a_repository_that_names_no_contracts_says_where_to(command, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    (tmp_path / "without_promises.py").write_text("")
    code, _, error = command("contracts", "--repo", str(tmp_path))
    assert code == 2
    assert 'conf/run.toml names no contracts: add `contracts = "package.module"`' in error


def test_contracts_of_a_repository_are_imported_from_its_own_modules(command, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    command("init", tmp_path / "corner_shop")
    code, printed, _ = command("contracts", "--repo", str(tmp_path / "corner_shop"))
    assert code == 0
    assert "- Dataset: `/corner_shop/sales_by_country`\n" in printed
