import pytest

from transforms.api import BooleanParam, FloatParam, IntegerParam, StringParam
from transforms_api.errors import DeclarationError


def test_parameters_take_values_of_their_own_kind():
    assert IntegerParam(1).parse(7) == 7
    assert FloatParam(1).parse(2) == 2.0
    assert BooleanParam(False).parse(True) is True
    assert StringParam("a", allowed_values={"a", "b"}).parse("b") == "b"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [(IntegerParam(1), "7"), (IntegerParam(1), True), (IntegerParam(1), 1.5), (BooleanParam(True), 1)],
)
def test_parameters_refuse_values_of_another_kind(parameter, value):
    with pytest.raises(DeclarationError, match="takes"):
        parameter.parse(value)


def test_a_text_out_of_the_allowed_ones_is_refused():
    with pytest.raises(DeclarationError, match="'c' is none of a, b"):
        StringParam("a", allowed_values={"a", "b"}).parse("c")
