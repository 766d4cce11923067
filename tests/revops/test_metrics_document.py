"""docs/metrics.md has one complete entry per metric, and names datasets and columns that exist."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import transforms.revops
from transforms.api import Transform

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
FIELDS = ["Name", "Definition", "Formula", "Unit", "Grain", "Shown", "Unknown", "Source"]
ENTRIES = re.findall(r"^### `([^`]+)`\n\n(.*?)(?=\n#|\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
DATASETS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)


def columns_by_dataset():
    """Return dataset → its columns, by the contract that its checks name."""
    sections = {}
    for info in pkgutil.walk_packages(transforms.revops.__path__, "transforms.revops."):
        module = importlib.import_module(info.name)
        contracts = [value for value in vars(module).values() if type(value).__name__ == "Contract"]
        for transform in [value for value in vars(module).values() if isinstance(value, Transform)]:
            for output in transform.outputs.values():
                name = output.checks[0].name.partition(":")[0]
                for contract in contracts:
                    if contract.name == name:
                        sections[output.alias.rpartition("/")[2]] = contract.schema.fieldNames()
    return sections


def test_every_metric_has_one_entry():
    keys = [key for key, _ in ENTRIES]
    assert len(keys) == len(re.findall(r"^### ", DOCUMENT, re.MULTILINE)) > 40
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(("key", "entry"), ENTRIES, ids=[key for key, _ in ENTRIES])
def test_an_entry_of_the_metrics_document_has_every_field(key, entry):
    assert re.findall(r"^- \*\*([^*]+):\*\* \S", entry, re.MULTILINE) == FIELDS


@pytest.mark.parametrize(("dataset", "columns"), [(name, columns) for name, _, columns in DATASETS])
def test_the_columns_that_the_document_names_are_those_of_the_dataset(dataset, columns):
    known = columns_by_dataset()[dataset]
    named = [name.strip() for name in re.sub(r"\([^)]*\)", "", columns.partition("and:")[2] or columns).split(",")]
    assert [name for name in named if re.fullmatch(r"\w+", name) and name not in known] == []
