import pytest

from transforms.api import Input, Output, transform_df
from transforms_api.project.problems import did_you_mean_dataset, missing_inputs


def reads(output, **source):
    return transform_df(Output(output), source=Input(**source))(lambda source: None)


def test_an_input_without_writer_or_table_is_reported_with_the_most_similar_name():
    reader = reads("/b", alias="/RevOps/acounts")
    [fault] = missing_inputs([reader], ["/RevOps/accounts", "/b"], lambda bound: False)
    assert fault.stops == (reader,)
    assert "test_missing_inputs.py:8: transform '<lambda>' reads /RevOps/acounts" in fault.text
    assert "Did you mean /RevOps/accounts" in fault.text


def test_an_input_in_the_warehouse_needs_no_writer():
    assert missing_inputs([reads("/b", alias="/raw")], [], lambda bound: bound.dataset == "/raw") == []


def test_the_branch_that_an_input_names_is_the_one_looked_at():
    branches = []
    missing_inputs([reads("/b", alias="/raw", branch="other")], [], lambda bound: branches.append(bound.branch))
    assert branches == ["other"]


def test_a_dataset_that_several_read_is_one_fault_that_stops_them_all():
    several = [reads("/b", alias="/raw"), reads("/c", alias="/raw")]
    [fault] = missing_inputs(several, [], lambda bound: False)
    assert fault.stops == tuple(several)
    assert fault.text.endswith("1 more transforms read it, too.")


@pytest.mark.parametrize("known, suggested", [(100, True), (50_000, False)])
def test_names_are_compared_only_where_that_is_quick(known, suggested):
    [fault] = missing_inputs(
        [reads("/b", alias="/x/rows_1")], [f"/x/rows_{n}0" for n in range(known)], lambda bound: False
    )
    assert ("Did you mean" in fault.text) is suggested


RID = "ri.foundry.main.dataset.1111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("name", "known", "suggested"),
    [
        ("/A/oders", ["/B/orders", "/A/others"], " Did you mean /B/orders?"),
        ("/A/veiw", ["/A/view"], " Did you mean /A/view?"),
        ("/A/raw/orders", ["/A/raw/customers", "/A/raw/items"], ""),
        ("/Very/Long/Folder/of/a/project/orders", ["/Very/Long/Folder/of/a/project/readers"], ""),
        (RID, [RID.replace("5555", "5556"), "/A/orders"], ""),
        ("/A/orders", [RID], ""),
        ("dashboard_kpi", ["/A/dashboard_kpis", "dashboard_kpis"], " Did you mean dashboard_kpis?"),
    ],
)
def test_only_datasets_whose_path_ends_nearly_so_are_suggested(name, known, suggested):
    assert did_you_mean_dataset(name, known) == suggested
