from pyspark.sql import types as T

from transforms_api.porting.notations import markdown

EXPECTED = """\
# Data contracts

## Deal

- Dataset: `/Sales/deals`
- Grain: one row per deal
- Key: `deal_id`
- Further fields: those of Stamps

| field | type | what it is | null |
|---|---|---|---|
| `deal_id` | text | what it is called | never |
| `count` | integer | people | nobody counted |
| `band` | text | one of `good`, `bad` | never |
| `is_won` | flag |  | never |
| `flags` | array of text | what is wrong; one of `STUCK`, `DARK` | never |
| `notes` | array of struct | at most 3 | never |
| `notes.by` | text |  | never |
| `notes.score` | number |  | never |
"""


def test_a_contract_is_a_section_with_a_row_for_each_field_and_each_part_of_one(deals, stamps):
    assert markdown([deals, stamps], {"Deal": ["/Sales/deals"]}).startswith(EXPECTED)


def test_a_bar_in_a_comment_does_not_break_the_table(stamps):
    stamps.schema = T.StructType([T.StructField("a", T.LongType(), False, {"comment": "x | y"})])
    assert "| `a` | integer | x \\| y | never |" in markdown([stamps], {})
