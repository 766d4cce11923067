import pytest

from transforms.api import Input, InputSet, Output, transform
from transforms_api.errors import DiscoveryError
from transforms_api.graph.shrinkwrap import DatasetName, read_shrinkwrap, use_names

RID = "ri.foundry.main.dataset.11111111-1111-1111-1111-111111111111"
ENTRY = f"mappings:\n  - alias: /Old/deals\n    rid: {RID}\n    modes: [BUILD]\n    path: /New/deals\n"


def names(folder, text):
    return read_shrinkwrap(folder({"transforms-shrinkwrap.yml": text}) / "transforms-shrinkwrap.yml")


def test_alias_rid_and_path_mean_one_dataset(folder):
    deals = DatasetName("/New/deals", RID)
    assert names(folder, ENTRY) == {"/Old/deals": deals, RID: deals, "/New/deals": deals}


def test_a_dataset_without_a_path_is_called_by_its_alias(folder):
    assert names(folder, f"mappings:\n  - alias: /Old/deals\n    rid: {RID}\n")[RID] == DatasetName("/Old/deals", RID)


def test_a_path_that_is_none_is_passed_over(folder):
    assert (
        names(folder, f"mappings:\n  - alias: /Old/deals\n    path: ../deals\n    rid: {RID}\n")[RID].alias
        == "/Old/deals"
    )


@pytest.mark.parametrize("text", ["", "mappings:\n", "other: 1\n"])
def test_a_file_without_mappings_names_nothing(folder, text):
    assert names(folder, text) == {}


@pytest.mark.parametrize("text", ["mappings: {", "- a\n- b\n", "mappings: [1, 2]\n"])
def test_another_shape_is_an_error(folder, text):
    with pytest.raises(DiscoveryError, match="has to list 'mappings'"):
        names(folder, text)


def test_inputs_and_outputs_are_called_by_their_paths_and_know_their_rids(folder):
    other = RID.replace("1", "2")
    declared = transform(deals=Input(RID), more=InputSet([other, "/A/b"]), out=Output("/Old/deals"))(
        lambda deals, more, out: None
    )
    use_names([declared], names(folder, ENTRY))
    assert (declared.reads, declared.writes) == (["/New/deals", other, "/A/b"], ["/New/deals"])
    assert (declared.outputs["out"].rid, [one.rid for one in declared.inputs["more"].members]) == (RID, [other, None])
