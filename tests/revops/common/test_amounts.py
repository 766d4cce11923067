import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.common.amounts import short_amount, sign_of, with_currency_sign
from transforms.revops.contracts.scenario import REPORTING_CURRENCY


def test_an_amount_is_in_millions_from_a_million_on_and_in_thousands_below(spark):
    rows = [(2_100_000.0, "$2.1M"), (1_000_000.0, "$1.0M"), (850_000.0, "$850K"), (0.0, "$0K"), (None, None)]
    df = spark.createDataFrame(rows, "amount double, expected string")
    actual = df.select("expected", short_amount(F.col("amount")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


@pytest.mark.parametrize(("sign", "text"), [("€", "€2.1M"), ("R$", "R$2.1M"), ("CHF ", "CHF 2.1M")])
def test_an_amount_in_another_currency_than_dollars_has_its_sign(spark, sign, text):
    df = spark.createDataFrame([(2_100_000.0, sign)], "amount double, sign string")
    assert df.select(short_amount(F.col("amount"), F.col("sign"))).first()[0] == text


@pytest.mark.parametrize(("code", "sign"), [("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("BRL", "R$"), ("CHF", "CHF ")])
def test_a_currency_without_a_sign_is_written_by_its_code(code, sign):
    assert sign_of(code) == sign


def test_every_row_has_the_sign_of_the_reporting_currency(spark, frame):
    rows = spark.createDataFrame([("D1",), ("D2",)], "opportunity_id string")
    signed = with_currency_sign(rows, frame(REPORTING_CURRENCY, {"currency": "EUR", "currency_sign": "€"}))
    assert sorted((row.opportunity_id, row.currency_sign) for row in signed.collect()) == [("D1", "€"), ("D2", "€")]
