"""The examples of docs/python-api.md, run one after the other in a project."""

import ast
import re
import shutil
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "python-api.md"


def blocks(language):
    """Return the code blocks of the document in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def namespace(folder, monkeypatch):
    """The names that the examples have defined, after all of them have run in the folder of the project."""
    monkeypatch.chdir(folder)
    names = {"__name__": "docs.python_api"}
    for code in blocks("python"):
        exec(compile(code, str(DOCUMENT), "exec"), names)
    return names


def test_the_examples_run_one_after_the_other(namespace):
    assert namespace["report"].succeeded
    assert namespace["totals"].polars()["amount"].to_list() == [10, 50]
    assert namespace["first"].num_rows == 2
    assert set(namespace["difference"].rows.values()) == {0}


def test_the_task_of_a_scheduler_builds_and_returns_the_rows_written(namespace, folder):
    shutil.rmtree(folder / "warehouse")
    assert namespace["build_dataset"]("totals", folder=folder) == 3 + 2


@pytest.mark.parametrize("code", blocks("py"))
def test_the_examples_for_schedulers_are_python_and_short(code):
    ast.parse(code)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
