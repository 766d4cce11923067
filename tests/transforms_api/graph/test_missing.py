import pytest

from transforms.api import Input, Output, transform_df
from transforms_api.graph.missing import missing_inputs


def reads(output, **source):
    return transform_df(Output(output), source=Input(**source))(lambda source: None)


def test_an_input_that_nobody_writes_and_the_warehouse_lacks_is_named_with_its_nearest():
    one = reads("/b", alias="/RevOps/acounts")
    [fault] = missing_inputs([one], ["/RevOps/accounts", "/b"], lambda spec: False)
    assert fault.stops == (one,)
    assert "test_missing.py:8: transform '<lambda>' reads /RevOps/acounts" in fault.text
    assert "Did you mean /RevOps/accounts" in fault.text


def test_an_input_in_the_warehouse_needs_no_writer():
    assert missing_inputs([reads("/b", alias="/raw")], [], lambda spec: spec.alias == "/raw") == []


def test_the_branch_that_an_input_names_is_the_one_looked_at():
    asked = []
    missing_inputs([reads("/b", alias="/raw", branch="other")], [], lambda spec: asked.append(spec.branch))
    assert asked == ["other"]


def test_a_dataset_that_several_read_is_one_fault_that_stops_them_all():
    several = [reads("/b", alias="/raw"), reads("/c", alias="/raw")]
    [fault] = missing_inputs(several, [], lambda spec: False)
    assert fault.stops == tuple(several)
    assert fault.text.endswith("1 more transforms read it, too.")


@pytest.mark.parametrize("known, suggested", [(100, True), (50_000, False)])
def test_names_are_compared_only_where_that_is_quick(known, suggested):
    [fault] = missing_inputs([reads("/b", alias="/x/1")], [f"/x/{n}0" for n in range(known)], lambda spec: False)
    assert ("Did you mean" in fault.text) is suggested
