from types import SimpleNamespace

import polars
import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check
from transforms_api.testing import assert_contract, assert_df_equality, frame_for

FIELDS = [
    T.StructField("deal_id", T.StringType(), False),
    T.StructField("amount", T.DoubleType(), True),
    T.StructField("band", T.StringType(), False, {"values": ["good", "bad"]}),
    T.StructField("flags", T.ArrayType(T.StringType()), False, {"values": ["STUCK", "DARK"], "most": 1}),
]
DEAL = SimpleNamespace(name="Deal", grain="one row per deal", primary_key=("deal_id",), schema=T.StructType(FIELDS))


@pytest.fixture
def message(spark):
    """message(rows) → the error of `assert_contract` for deals with these values."""

    def say(rows):
        with pytest.raises(AssertionError) as error:
            assert_contract(frame_for(spark, DEAL, rows), DEAL)
        return str(error.value).splitlines()

    return say


def test_rows_that_keep_the_contract_pass(spark):
    assert_contract(frame_for(spark, DEAL, 20, nulls=0.5), DEAL)


@pytest.mark.parametrize(
    ("rows", "promise"),
    [
        ([{"deal_id": "D1"}, {"deal_id": "D1"}], "deal_id is its key"),
        ([{"flags": None}], "flags is known"),
        ([{"band": "ugly"}], "band is one of good, bad"),
        ([{"flags": ["STUCK", "NEW"]}], "flags is one of STUCK, DARK"),
        ([{"flags": ["STUCK", "DARK"]}], "flags has at most 1 elements"),
    ],
)
def test_each_kind_of_promise_is_checked(message, rows, promise):
    assert any(line.startswith(f"Deal: {promise}") for line in message(rows))


def test_everything_that_is_broken_is_reported_with_the_rows(message):
    text = message([{"deal_id": "D1", "band": "ugly", "amount": 1.0, "flags": []}, {"deal_id": "D2", "flags": None}])
    assert text[0] == "2 of 8 promises of the contract are broken:"
    assert "    band=ugly, deal_id=D1, amount=1.0, flags=[]" in text
    assert any(line.startswith("    flags=None, deal_id=D2") for line in text)


def test_a_missing_column_and_a_wrong_type_are_named(spark):
    df = spark.sql("SELECT 'D1' AS deal_id, 1 AS amount, 'good' AS band")
    with pytest.raises(AssertionError, match=r"(?s)has the columns of its contract.*amount.*flags"):
        assert_contract(df, DEAL)


def test_a_contract_with_checks_of_its_own_is_checked_by_these():
    large = SimpleNamespace(**vars(DEAL), checks=lambda: [Check(E.col("amount").gt(5), "is large")])
    with pytest.raises(AssertionError, match="1 of 1 promises of the contract are broken:\nDeal: is large"):
        assert_contract(polars.DataFrame({"amount": [1.0]}), large)


def test_neither_order_nor_nullability_nor_comments_make_a_difference(spark):
    deals = frame_for(spark, DEAL, 2)
    commented = F.col("amount").alias("amount", metadata={"comment": "USD"})
    known = F.coalesce("deal_id", F.lit("D")).alias("deal_id")
    other = deals.sort(F.desc("deal_id")).select(known, commented, "band", "flags")
    assert_df_equality(deals, other)


def test_a_difference_names_row_and_column(spark):
    actual = frame_for(spark, DEAL, [{"amount": 10.0, "band": "good"}])
    expected = frame_for(spark, DEAL, [{"amount": 20.0, "band": "good"}])
    with pytest.raises(AssertionError, match=r"where deal_id=deal-1, band=good, .*: amount is 10\.0, expected 20\.0"):
        assert_df_equality(actual, expected)


def test_a_column_of_a_different_type_is_a_missing_and_an_unexpected_column(spark):
    with pytest.raises(AssertionError, match="column missing: id : int\ncolumn not expected: id : bigint"):
        assert_df_equality(spark.range(1), spark.sql("SELECT 0 AS id"))


def test_numbers_may_be_apart_by_a_precision(spark):
    actual = frame_for(spark, DEAL, 1, amount=0.3004)
    assert_df_equality(actual, frame_for(spark, DEAL, 1, amount=0.3), precision=0.001)
    with pytest.raises(AssertionError, match=r"amount is 0\.3004, expected 0\.3"):
        assert_df_equality(actual, frame_for(spark, DEAL, 1, amount=0.3), precision=0.0001)


def test_the_order_counts_on_request(spark):
    rows = spark.range(3).coalesce(1)
    with pytest.raises(AssertionError):
        assert_df_equality(rows, rows.sort(F.desc("id")), ignore_row_order=False)
