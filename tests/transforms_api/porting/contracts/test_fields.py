import pytest
from pyspark.sql import types as T

from transforms_api.errors import TransformTypeError
from transforms_api.porting.contracts import Kind, comment_of, kind_of, null_reason_of


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        (T.VarcharType(9), Kind.TEXT),
        (T.StringType(), Kind.TEXT),
        (T.ShortType(), Kind.INTEGER),
        (T.DecimalType(10, 2), Kind.NUMBER),
        (T.TimestampNTZType(), Kind.MOMENT),
        (T.MapType(T.StringType(), T.LongType()), None),
        (T.BinaryType(), None),
    ],
    ids=lambda value: getattr(value, "value", None) or str(value),
)
def test_each_type_has_a_kind_or_is_refused_by_its_field_s_name(data_type, kind):
    field = T.StructField("odd", data_type)
    if kind is None:
        with pytest.raises(TransformTypeError, match="'odd'"):
            kind_of(field, data_type)
    else:
        assert kind_of(field, data_type) is kind


def test_a_comment_is_one_line():
    assert comment_of(T.StructField("a", T.LongType(), metadata={"comment": "one\n   two"})) == "one two"


def test_only_a_field_that_can_be_null_has_a_reason_for_it():
    assert null_reason_of(T.StructField("a", T.LongType(), nullable=False)) is None
    assert null_reason_of(T.StructField("a", T.LongType())) == "not known"
    assert null_reason_of(T.StructField("a", T.LongType(), metadata={"null_reason": "no price"})) == "no price"
