import pytest

from transforms_api.declare.transforms import refuse_missing, refuse_unexpected, wants_context
from transforms_api.errors import BindingError


def test_names_are_bound_whatever_their_order():
    refuse_unexpected(lambda b, a: None, ["a", "b"])
    refuse_missing(lambda b, a: None, ["a", "b"])


def test_ctx_may_stand_anywhere_and_need_not_be_declared():
    refuse_missing(lambda a, ctx, b: None, ["a", "b"])
    assert wants_context(lambda a, ctx, b: None)
    assert not wants_context(lambda a, context: None)


def test_a_function_with_kwargs_takes_every_name():
    refuse_unexpected(lambda a, **others: None, ["a", "b", "c"])
    refuse_missing(lambda a, **others: None, ["a", "b", "c"])


def test_a_parameter_with_a_default_may_be_left_out():
    refuse_missing(lambda a, source="crm": None, ["a"])


def test_a_parameter_that_nothing_provides_is_an_error_naming_file_and_line():
    with pytest.raises(BindingError, match=r"test_binding\.py:\d+.*nothing is declared for its parameter 'b'"):
        refuse_missing(lambda a, b: None, ["a"])


def test_a_declared_name_that_the_function_lacks_is_an_error():
    with pytest.raises(BindingError, match="no parameter 'forcast', which the decorator declares"):
        refuse_unexpected(lambda forecast=None: None, ["forcast"])


def test_an_input_may_not_be_called_ctx():
    with pytest.raises(BindingError, match="may be called 'ctx'"):
        refuse_unexpected(lambda ctx: None, ["ctx"])
