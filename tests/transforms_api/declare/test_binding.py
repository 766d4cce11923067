import pytest

from transforms.api import Input, InputSet, Output, transform, transform_df
from transforms_api.declare.inputs_outputs import BoundInput
from transforms_api.declare.transforms import refuse_missing, refuse_unexpected, wants_context
from transforms_api.errors import BindingError, DeclarationError


def test_names_are_bound_whatever_their_order():
    refuse_unexpected(lambda b, a: None, ["a", "b"])
    refuse_missing(lambda b, a: None, ["a", "b"])


def test_ctx_may_be_any_parameter_and_need_not_be_declared():
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


def test_a_bound_input_names_its_parameter_its_dataset_and_how_it_is_read():
    rid = "ri.foundry.main.dataset.1"
    declared = transform(raw=Input(rid, branch="main", failure_strategy="continue"), out=Output("/A/out"))(
        lambda raw, out: None
    )
    [bound] = declared.bound_inputs
    assert bound == BoundInput("raw", rid, rid=rid, branch="main", failure_strategy="continue")


def test_members_of_a_set_are_bound_under_the_parameter_of_the_set():
    declared = transform(raw=InputSet(["/A/a", "/A/b"]), out=Output("/A/out"))(lambda raw, out: None)
    assert [(input_.parameter, input_.dataset) for input_ in declared.bound_inputs] == [
        ("raw", "/A/a"),
        ("raw", "/A/b"),
    ]
    assert declared.map_inputs(lambda bound: bound.dataset) == {"raw": ["/A/a", "/A/b"]}
    assert declared.map_outputs(lambda bound: bound.dataset) == {"out": "/A/out"}


def test_an_input_without_a_dataset_cannot_be_bound():
    declared = transform(raw=Input(), out=Output("/A/out"))(lambda raw, out: None)
    with pytest.raises(DeclarationError, match="'raw' names no dataset"):
        declared.bound_inputs  # noqa: B018


def test_transforms_are_keys_by_identity():
    first, second = (transform_df(Output("/A/out"))(lambda: None) for _ in range(2))
    assert {first: 1, second: 2}[first] == 1
