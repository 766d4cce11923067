from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import types as T

from transforms.revops.contracts.reps import REP_COACHING_INSIGHTS
from transforms_api.errors import FactoryError
from transforms_api.testing import assert_contract, frame_for, rows_for

ACCOUNT = T.StructType([T.StructField("account_id", T.StringType()), T.StructField("country", T.StringType(), True)])
FIELDS = [
    T.StructField("deal_id", T.StringType(), False),
    T.StructField("account_id", T.StringType(), False),
    T.StructField("amount", T.DoubleType(), True),
    T.StructField("band", T.StringType(), False, {"values": ["good", "bad"]}),
    T.StructField("flags", T.ArrayType(T.StringType()), False, {"values": ["STUCK", "DARK"], "most": 1}),
]
DEAL = SimpleNamespace(name="Deal", grain="one row per deal", primary_key=("deal_id",), schema=T.StructType(FIELDS))
WEEK = SimpleNamespace(
    name="Week",
    grain="one row per band and week",
    primary_key=("band", "week"),
    schema=T.StructType([FIELDS[3], T.StructField("week", T.LongType(), False)]),
)
BANDS = SimpleNamespace(name="Band", grain="one row per band", primary_key=("band",), schema=T.StructType([FIELDS[3]]))


def test_rows_have_all_fields_in_the_order_of_the_contract():
    [row] = rows_for(DEAL, 1)
    assert list(row) == ["deal_id", "account_id", "amount", "band", "flags"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), count=st.integers(0, 30), nulls=st.sampled_from([0, 0.5, 1]))
def test_rows_keep_the_contract_with_any_seed(seed, count, nulls):
    rows = rows_for(DEAL, count, seed=seed, nulls=nulls)
    assert len({row["deal_id"] for row in rows}) == count
    assert all(row["band"] in ("good", "bad") and row["flags"] in ([], ["STUCK"], ["DARK"]) for row in rows)
    assert all(row[name] is not None for row in rows for name in row if name != "amount")


def test_equal_seeds_give_equal_rows_and_different_seeds_different_ones():
    assert rows_for(DEAL, 5, seed=1) == rows_for(DEAL, 5, seed=1) != rows_for(DEAL, 5, seed=2)


def test_fewer_rows_are_the_first_of_more():
    assert rows_for(DEAL, 2) == rows_for(DEAL, 5)[:2]


def test_a_stated_value_changes_no_other_value():
    made_up = rows_for(DEAL, 3)
    assert rows_for(DEAL, 3, amount=1.0) == [{**row, "amount": 1.0} for row in made_up]


def test_each_row_may_state_values_of_its_own():
    rows = rows_for(DEAL, [{"amount": 10.0}, {"amount": 20.0}], band="bad")
    assert [(row["amount"], row["band"]) for row in rows] == [(10, "bad"), (20, "bad")]


def test_a_row_s_own_value_comes_before_that_of_all():
    assert [row["band"] for row in rows_for(DEAL, [{}, {"band": "good"}], band="bad")] == ["bad", "good"]


def test_a_function_gives_the_value_of_each_row_by_its_number():
    assert [row["amount"] for row in rows_for(DEAL, 3, amount=lambda number: number * 10.0)] == [0, 10, 20]


def test_there_are_nulls_only_in_fields_that_allow_them_and_on_request():
    assert None not in [row["amount"] for row in rows_for(DEAL, 20)]
    assert [row["amount"] for row in rows_for(DEAL, 2, nulls=1)] == [None, None]


def test_stated_values_stay_as_they_are_even_if_the_contract_forbids_them():
    [first, second] = rows_for(DEAL, [{"band": None}, {"deal_id": "D1"}], deal_id="D1")
    assert (first["band"], first["deal_id"], second["deal_id"]) == (None, "D1", "D1")


def test_a_made_up_key_avoids_one_that_was_stated():
    keys = [row["deal_id"] for row in rows_for(DEAL, [{"deal_id": "deal-2"}, {}])]
    assert keys == ["deal-2", "deal-12"]


def test_a_key_of_several_fields_is_unique_as_a_whole():
    assert len({(row["band"], row["week"]) for row in rows_for(WEEK, 200)}) == 200


def test_the_rest_of_a_key_is_made_up_where_part_of_it_is_stated():
    assert [row["week"] for row in rows_for(WEEK, 3, band="good")] == [1, 2, 3]


def test_more_rows_than_the_key_has_values_are_refused():
    with pytest.raises(FactoryError, match=r"band is the key, and no value is left for row 2.*Ask for fewer rows"):
        rows_for(BANDS, 3)


def test_identifiers_of_other_rows_are_among_their_first_ten():
    first_ten = {f"account-{number}" for number in range(1, 11)}
    assert {row["account_id"] for row in rows_for(DEAL, 100)} == first_ten


def test_a_name_that_is_no_field_is_refused_with_those_that_are():
    with pytest.raises(FactoryError, match=r"'amuont', 'colour', which .* deal_id, account_id, amount, band, flags"):
        rows_for(DEAL, [{"colour": "red"}], amuont=1.0)


def test_a_schema_of_spark_is_a_contract_without_a_key():
    assert list(rows_for(ACCOUNT, 1)[0]) == ["account_id", "country"]


def test_a_frame_has_the_columns_of_a_stored_dataset(spark):
    df = frame_for(spark, DEAL, [{"amount": 10.0, "band": None}], flags=[])
    types = {field.name: (field.dataType.simpleString(), field.nullable) for field in df.schema}
    assert types["amount"] == ("double", True)
    assert types["flags"] == ("array<string>", True)
    assert df.select("amount", "band", "flags").first() == (10.0, None, [])


def test_rows_with_nested_structs_keep_a_contract_of_the_pipeline(spark):
    assert_contract(frame_for(spark, REP_COACHING_INSIGHTS, 10), REP_COACHING_INSIGHTS)
