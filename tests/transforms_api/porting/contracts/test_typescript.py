from pyspark.sql import types as T

from transforms_api.porting.notations import typescript

EXPECTED = """\
/**
 * Part of every row.
 */
export interface Stamps {
  /** day of the data */
  fresh_on: Date;
}

/**
 * One row per deal.
 * Dataset: /Sales/deals
 * Key: deal_id
 */
export interface Deal extends Stamps {
  /** what it is called */
  deal_id: string;
  /** people; null: nobody counted */
  count: number;
  band: "good" | "bad";
  is_won: boolean;
  /** what is wrong; elements: STUCK, DARK */
  flags: string[];
  /** at most 3 */
  notes: {
    by: string;
    score: number;
  }[];
}
"""


def test_each_contract_is_an_interface_the_shared_ones_first(deals, stamps):
    assert typescript([deals, stamps], {"Deal": ["/Sales/deals"]}) == EXPECTED


def test_a_name_that_is_no_identifier_is_quoted_and_a_comment_cannot_end_early(stamps):
    stamps.schema = T.StructType([T.StructField("a b", T.LongType(), False, {"comment": "ends */ here"})])
    assert '  /** ends *\\/ here */\n  "a b": number;\n' in typescript([stamps], {})
