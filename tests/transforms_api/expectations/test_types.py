import polars as pl
import pytest
from pyspark.sql import types as T

from transforms_api.errors import TransformTypeError
from transforms_api.expectations.types import type_name


@pytest.mark.parametrize(
    ("of_spark", "of_polars"),
    [
        (T.BooleanType(), pl.Boolean),
        (T.ByteType(), pl.Int8()),
        (T.ShortType(), pl.Int16),
        (T.IntegerType, pl.Int32),
        (T.LongType(), pl.Int64),
        (T.FloatType(), pl.Float32),
        (T.DoubleType(), pl.Float64),
        (T.DecimalType(10, 2), pl.Decimal(10, 2)),
        (T.StringType(), pl.String),
        (T.BinaryType(), pl.Binary),
        (T.DateType(), pl.Date),
        (T.TimestampType(), pl.Datetime("us", "UTC")),
        (T.ArrayType(T.ArrayType(T.LongType())), pl.List(pl.List(pl.Int64))),
        (
            T.StructType().add("a", T.LongType()).add("b", T.ArrayType(T.StringType())),
            pl.Struct({"a": pl.Int64, "b": pl.List(pl.String)}),
        ),
    ],
)
def test_spark_and_polars_have_one_name_for_a_type(of_spark, of_polars):
    assert type_name(of_spark) == type_name(of_polars)


@pytest.mark.parametrize(
    ("wanted", "stored"),
    [
        (pl.UInt8, "smallint"),
        (pl.UInt32, "bigint"),
        (pl.Categorical, "string"),
        (pl.Datetime("ms"), "timestamp"),
        (pl.Array(pl.Int64, 3), "array<bigint>"),
    ],
)
def test_types_that_datasets_do_not_have_are_named_as_they_are_stored(wanted, stored):
    assert type_name(wanted) == stored


@pytest.mark.parametrize("wrong", ["string", 5, str, T.ArrayType, pl.List, pl.Duration, None])
def test_a_text_that_names_no_column_type_is_refused(wrong):
    with pytest.raises(TransformTypeError, match="is no type of Spark"):
        type_name(wrong)
