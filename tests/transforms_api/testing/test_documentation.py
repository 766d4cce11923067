"""The examples of docs/testing.md are the tests of this file."""

import re
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[3] / "docs" / "testing.md"
TEXT = DOCUMENT.read_text()

for example in re.finditer(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
    # Lines above keep the numbers of lines in tracebacks.
    lines_above = "\n" * TEXT.count("\n", 0, example.start(1))
    exec(compile(lines_above + example[1], DOCUMENT, "exec"), globals())


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """The current folder has the SQL files of the document, each called as its first line says."""
    for example in re.finditer(r"^```sql\n(-- (\S+)\n.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        file = tmp_path / example[2]
        file.parent.mkdir(parents=True)
        file.write_text(example[1])
    monkeypatch.chdir(tmp_path)


def test_no_example_hides_another():
    names = re.findall(r"^def (\w+)\(", TEXT, re.MULTILINE)
    assert len(names) == len(set(names)) > 8
