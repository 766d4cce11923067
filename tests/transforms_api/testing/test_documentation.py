"""The examples of docs/testing.md are the tests of this file."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "testing.md"
TEXT = DOCUMENT.read_text()

for example in re.finditer(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
    # Lines above keep the numbers of lines in tracebacks.
    lines_above = "\n" * TEXT.count("\n", 0, example.start(1))
    exec(compile(lines_above + example[1], DOCUMENT, "exec"), globals())


def test_no_example_hides_another():
    names = re.findall(r"^def (\w+)\(", TEXT, re.MULTILINE)
    assert len(names) == len(set(names)) > 8
