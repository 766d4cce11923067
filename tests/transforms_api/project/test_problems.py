import pytest

from transforms.api import Input, Output, transform_df
from transforms_api.errors import CycleError, DiscoveryError, GraphError
from transforms_api.project.graph import reads_itself
from transforms_api.project.problems import Fault, describe_faults, missing_inputs, raise_faults

ONE = Fault(CycleError("a.py:1: round and round"), "a.py:1")
TWO = Fault(DiscoveryError("b.py:2: no luck"), "b.py:2")


def test_no_fault_is_no_error():
    raise_faults([])


def test_a_single_fault_is_raised_as_its_own_error():
    with pytest.raises(CycleError, match="round and round"):
        raise_faults([ONE])


def test_several_faults_are_one_error_that_has_them_all():
    with pytest.raises(GraphError) as error:
        raise_faults([ONE, TWO])
    assert str(error.value).splitlines() == [
        "2 faults:",
        "  1. CycleError: a.py:1: round and round",
        "  2. DiscoveryError: b.py:2: no luck",
    ]


def test_the_reason_distinguishes_the_transform_with_a_fault_from_those_that_depend_on_it():
    stopped, after = (transform_df(Output(f"/{n}"))(lambda: None) for n in "ab")
    fault = Fault(TWO.error, "b.py:2", (stopped,))
    assert fault.reason_for(stopped) == "b.py:2: no luck"
    assert fault.reason_for(after) == "what it needs cannot be built: b.py:2: no luck"


def test_a_warning_is_not_raised():
    raise_faults([Fault(GraphError("never mind"), "a.py:1", is_warning=True)])


def reads(output, *inputs):
    def compute(**frames):
        raise NotImplementedError

    return transform_df(Output(output), **{f"i{n}": Input(path) for n, path in enumerate(inputs)})(compute)


def test_faults_of_one_kind_that_share_their_advice_have_it_once():
    faults = reads_itself([reads("/a", "/a"), reads("/b", "/b")])
    [text] = describe_faults(faults)
    assert text.count("output.dataframe('previous')") == 1
    assert [line.partition("reads ")[2] for line in text.splitlines()[1:]] == [
        "/a, which it writes itself.",
        "/b, which it writes itself.",
    ]


def test_faults_without_advice_stay_alone():
    assert describe_faults([ONE, TWO, ONE]) == [
        "CycleError: a.py:1: round and round",
        "DiscoveryError: b.py:2: no luck",
        "CycleError: a.py:1: round and round",
    ]


def test_missing_inputs_are_one_table_with_each_transform_and_each_import_once():
    several = [reads("/a", "/R/one", "/R/two"), reads("/b", "/R/one"), reads("/c", "/R/one")]
    [text] = describe_faults(missing_inputs(several, [], lambda spec: False), "import {}".format)
    location = several[0].location
    assert text.splitlines() == [
        "MissingInputError: 3 transforms read 2 datasets that no transform writes and the warehouse does not have.",
        f"  {location} compute",
        "    → /R/one",
        "    → /R/two",
        f"  {location} compute and 1 more",
        "    → /R/one",
        "Import them; FOLDER has the files (Parquet, CSV, JSON, Delta or Iceberg):",
        "  import /R/one",
        "  import /R/two",
    ]


def test_a_missing_input_is_suggested_the_dataset_whose_path_ends_nearly_so():
    [text] = describe_faults(missing_inputs([reads("/a", "/R/oders")], ["/X/orders"], lambda _: False), str)
    assert "    → /R/oders  (Did you mean /X/orders?)" in text
