import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from faker import Faker
from pyspark.sql import types as T

from transforms_api.errors import TransformTypeError
from transforms_api.testing.rows import fake_values


def values(name, data_type, **metadata):
    """Return twenty values of a field, made up for the rows 1 to 20."""
    chance = Faker("en_US")
    chance.seed_instance(0)
    return [fake_values(T.StructField(name, data_type, False, metadata), number, chance) for number in range(1, 21)]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("deal_id", r"deal-\d+"),
        ("dealId", r"deal-\d+"),
        ("id", r"id-\d+"),
        ("contact_email", r"\S+@\S+\.\w+"),
        ("owner_name", r"[\w.']+ .+"),
        ("phone", r"\+1-555-\d{3}-\d{4}"),
        ("website", r"https?://\S+/"),
        ("currency", r"[A-Z]{3}"),
        ("quarter", r"Q[1-4] 2024"),
        ("loss_reason", r".+ .+\."),
        ("colour_of_hair", r"\w+"),
    ],
)
def test_a_text_is_what_its_name_says(name, pattern):
    assert all(re.fullmatch(pattern, text) for text in values(name, T.StringType()))


def test_an_identifier_has_the_number_of_its_row():
    assert values("deal_id", T.StringType())[6] == "deal-7"
    assert values("deal_id", T.LongType())[6] == 7


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("win_rate", 0, 1), ("healthy_pct", 0, 1), ("deal_amount", 1000, 1_000_000), ("health_score", 0, 100)],
)
def test_a_number_lies_where_its_name_says(name, least, most):
    assert all(least <= number <= most for number in values(name, T.DoubleType()))
    assert len(set(values(name, T.DoubleType()))) > 10


def test_a_decimal_fits_its_precision_and_scale():
    assert all(abs(value) < 100 and value == round(value, 2) for value in values("amount", T.DecimalType(4, 2)))
    assert all(isinstance(value, Decimal) for value in values("amount", T.DecimalType(4, 2)))


def test_a_text_of_limited_length_is_cut():
    assert {len(value) for value in values("note", T.VarcharType(5))} == {5}


def test_made_up_beginnings_lie_before_made_up_ends():
    assert max(values("created_at", T.DateType())) < min(values("updated_at", T.DateType()))
    assert {day.year for day in values("close_date", T.DateType())} == {2024}


def test_a_moment_is_the_same_on_every_machine():
    assert {moment.tzinfo for moment in values("seen_at", T.TimestampType())} == {UTC}
    assert {moment.tzinfo for moment in values("seen_at", T.TimestampNTZType())} == {None}


def test_an_enumeration_comes_before_the_name():
    assert set(values("owner_name", T.StringType(), values=["A", "B"])) == {"A", "B"}


def test_an_array_has_no_more_elements_than_it_may():
    assert {len(value) for value in values("tags", T.ArrayType(T.StringType()))} == {0, 1, 2, 3}
    assert {len(value) for value in values("tags", T.ArrayType(T.StringType()), most=2)} == {0, 1, 2}


def test_elements_of_an_enumeration_come_once_and_in_its_order():
    flags = values("flags", T.ArrayType(T.StringType()), values=["Z", "A"])
    assert {tuple(flag_list) for flag_list in flags} == {(), ("Z",), ("A",), ("Z", "A")}


def test_structs_have_all_their_fields():
    quota = T.StructType([T.StructField("quarter", T.StringType()), T.StructField("amount", T.DoubleType())])
    assert all(list(row) == ["quarter", "amount"] for rows in values("quotas", T.ArrayType(quota)) for row in rows)


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        (T.BooleanType(), bool),
        (T.ByteType(), int),
        (T.FloatType(), float),
        (T.BinaryType(), bytes),
        (T.MapType(T.StringType(), T.LongType()), dict),
        (T.DateType(), date),
        (T.TimestampType(), datetime),
    ],
)
def test_every_type_has_values(data_type, kind):
    assert all(isinstance(value, kind) for value in values("x", data_type))


def test_a_type_without_values_is_refused():
    with pytest.raises(TransformTypeError, match="'x' is a interval"):
        values("x", T.DayTimeIntervalType())
