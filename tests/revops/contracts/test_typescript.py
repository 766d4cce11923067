"""The TypeScript that `run_local.py contracts` prints is that of docs/dashboard_data_contracts.md, name by name."""

import re
from pathlib import Path

import pytest

from transforms_api.porting.contracts import collect_contracts
from transforms_api.porting.notations import typescript

DOCUMENT = (Path(__file__).parents[3] / "docs" / "dashboard_data_contracts.md").read_text(encoding="utf-8")
INTERFACE = re.compile(r"interface (\w+)(?: extends (\w+))? \{(.*?)\n\}", re.DOTALL)
LINE_COMMENT = re.compile(r"//.*")
DATASETS = re.compile(r"\*\*Dataset\*\*: `/[^`]+`\s+```typescript\s+interface (\w+)")


def interfaces(text):
    """Return name → (extended interface, members without comments and line breaks)."""
    return {
        name: (base, " ".join(re.sub(r"/\*\*.*?\*/", "", LINE_COMMENT.sub("", body)).split()))
        for name, base, body in INTERFACE.findall(text)
    }


DOCUMENTED = interfaces("\n".join(re.findall(r"```typescript\n(.*?)```", DOCUMENT, re.DOTALL)))
WRITTEN = interfaces(typescript(collect_contracts("transforms.revops.contracts"), {}))


def test_the_document_has_its_ten_datasets_and_two_shared_types():
    assert len(DATASETS.findall(DOCUMENT)) == 10
    assert DOCUMENTED.keys() - set(DATASETS.findall(DOCUMENT)) == {"CommonFields", "DashboardFilters"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_each_interface_of_the_document_is_written_with_its_members_in_their_order(name):
    assert WRITTEN[name][1] == DOCUMENTED[name][1]


@pytest.mark.parametrize("name", DATASETS.findall(DOCUMENT))
def test_each_dataset_of_the_document_extends_the_common_fields(name):
    assert WRITTEN[name][0] == "CommonFields"
