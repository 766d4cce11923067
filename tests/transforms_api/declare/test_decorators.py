from unittest.mock import MagicMock

import pytest

from transforms import expectations as E
from transforms.api import Check, Input, IntegerParam, Output, configure, transform, transform_df
from transforms_api.errors import BindingError, DeclarationError, TransformTypeError


@transform(deals=Input("/A/deals"), out=Output("/A/out"))
def copy(deals, out):
    """Copies deals."""
    return out.write_dataframe(deals.dataframe())


def test_a_decorated_function_can_be_called_as_the_plain_function():
    deals, out = MagicMock(), MagicMock()
    copy(deals=deals, out=out)
    out.write_dataframe.assert_called_once_with(deals.dataframe.return_value)


def test_a_decorated_function_keeps_its_name_and_documentation():
    assert (copy.__name__, copy.__doc__) == ("copy", "Copies deals.")


def test_the_name_of_a_transform_can_be_set_as_generators_of_transforms_do():
    generated = transform_df(Output("/A/generated"))(lambda: None)
    generated.__name__ = "generated_1"
    assert generated.reference.endswith(":generated_1")


def test_inputs_outputs_and_parameters_are_distinguished():
    @transform(deals=Input("/A/deals"), out=Output("/A/out"), scale=IntegerParam(5))
    def compute(ctx, scale, out, deals): ...

    assert compute.inputs["deals"].alias == "/A/deals"
    assert compute.outputs["out"].alias == "/A/out"
    assert compute.parameters["scale"].default == 5


def test_transform_df_takes_its_output_first_or_by_name():
    assert transform_df(Output("/A/x"))(lambda: None).outputs["output"].alias == "/A/x"
    assert transform_df(output=Output("/A/x"))(lambda: None).outputs["output"].alias == "/A/x"


def test_the_output_of_transform_df_is_no_parameter_of_its_function():
    with pytest.raises(BindingError, match="'output'"):
        transform_df(Output("/A/x"))(lambda output: None).check_binding()


def test_a_transform_without_output_is_refused():
    with pytest.raises(DeclarationError, match="declares no Output"):
        transform(deals=Input("/A/deals"))(lambda deals: None)


def test_a_plain_string_is_no_input():
    with pytest.raises(TypeError, match="'deals' of transform"):
        transform(deals="/A/deals", out=Output("/A/out"))(lambda deals, out: None)


def test_two_checks_of_one_transform_may_not_share_a_name():
    check = Check(E.count().gt(0), "has rows")
    with pytest.raises(DeclarationError, match="two checks called 'has rows'"):
        transform(deals=Input("/A/deals", checks=check), out=Output("/A/out", checks=check))(lambda deals, out: None)


def test_a_check_needs_an_expectation_and_fails_or_warns():
    with pytest.raises(TransformTypeError, match="needs an expectation"):
        Check("amount > 0", "amount")
    with pytest.raises(DeclarationError, match="'FAIL' or 'WARN'"):
        Check(E.count().gt(0), "has rows", "IGNORE")


def test_a_transform_with_an_unbound_input_is_unbound():
    assert not transform_df(Output("/A/x"), deals=Input())(lambda deals: None).is_bound


def test_an_input_accepts_mocks_as_attributes():
    deals = Input()
    deals.dataframe = MagicMock(return_value="rows")
    assert deals.dataframe() == "rows"


def test_configure_keeps_the_profiles_and_returns_the_transform():
    configured = configure(profile=["DRIVER_MEMORY_LARGE"])(copy)
    assert configured is copy
    assert copy.profiles == ("DRIVER_MEMORY_LARGE",)


def test_configure_on_a_plain_function_is_a_type_error():
    with pytest.raises(TypeError, match="configure goes above"):
        configure(profile="X")(lambda: None)
