"""One small contract, with a field of each kind, and the type that it shares with others."""

from types import SimpleNamespace

import pytest
from pyspark.sql import types as T


def field(name, data_type, nullable=False, **metadata):
    return T.StructField(name, data_type, nullable, metadata)


FRESHNESS = field("fresh_on", T.DateType(), comment="day of the data")


@pytest.fixture
def stamps():
    return SimpleNamespace(name="Stamps", grain="part of every row", primary_key=(), schema=T.StructType([FRESHNESS]))


@pytest.fixture
def deals():
    notes = T.ArrayType(T.StructType([field("by", T.StringType()), field("score", T.DoubleType())]))
    fields = [
        field("deal_id", T.StringType(), comment="what it is called"),
        field("count", T.LongType(), nullable=True, comment="people", null_reason="nobody counted"),
        field("band", T.StringType(), values=["good", "bad"]),
        field("is_won", T.BooleanType()),
        field("flags", T.ArrayType(T.StringType()), comment="what is wrong", values=["STUCK", "DARK"]),
        field("notes", notes, most=3),
        FRESHNESS,
    ]
    return SimpleNamespace(name="Deal", grain="one row per deal", primary_key=("deal_id",), schema=T.StructType(fields))
