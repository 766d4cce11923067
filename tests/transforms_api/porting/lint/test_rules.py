"""docs/lint.md has the rules as they are, and its examples break them."""

import re
from pathlib import Path

import pytest

from transforms_api.porting.lint.check import RULES

DOCUMENT = Path(__file__).parents[4] / "docs" / "lint.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| F\d", line)
]
IN_CODE = [(code, example[1:-1]) for code, _, example, _ in ROWS if example.startswith("`")]

TRANSFORM = """
from transforms.mediasets import MediaSetInput

@transform_df(Output("/Shop/rates"))
def rates(ctx):
    return ctx.spark_session.range(1)

def example(df, orders):
    {example}
"""


def test_the_table_says_of_each_rule_what_the_rule_says():
    assert [(code, says, fix) for code, says, _, fix in ROWS] == [
        (rule.code, rule.says(), rule.fix()) for rule in RULES.values()
    ]


@pytest.mark.parametrize(("code", "example"), IN_CODE)
def test_an_example_breaks_its_rule_and_no_other(linted, imports, code, example):
    findings = linted(
        {
            "pyproject.toml": "[project]\ndependencies = ['requests']",
            "src/shop/rates.py": imports + TRANSFORM.format(example=example),
        }
    )
    assert [finding.split()[1] for finding in findings] == [code]


def test_only_examples_that_are_no_line_of_code_are_described_in_words():
    assert set(RULES) - {code for code, _ in IN_CODE} == {"F502", "F503", "F701"}
