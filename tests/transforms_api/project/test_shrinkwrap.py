import pytest

from transforms.api import Input, InputSet, Output, transform
from transforms_api.errors import DiscoveryError
from transforms_api.project.layouts import DatasetName, dataset_names, read_shrinkwrap, use_names

RID = "ri.foundry.main.dataset.11111111-1111-1111-1111-111111111111"
ENTRY = f"mappings:\n  - alias: /Old/deals\n    rid: {RID}\n    modes: [BUILD]\n    path: /New/deals\n"


def names(folder, text):
    return dataset_names(read_shrinkwrap(folder({"transforms-shrinkwrap.yml": text}) / "transforms-shrinkwrap.yml"))


def called(folder, *entries):
    """Return name → the name of its dataset, for entries such as 'alias: /A/b, rid: ri.1, path: /A/c'."""
    text = "mappings:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)
    return {name: meant.alias for name, meant in names(folder, text).items()}


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


ONE, TWO = "ri.foundry.main.dataset.1", "ri.foundry.main.dataset.2"


@pytest.mark.parametrize("path", ["/deprecated-field", "/redacted-do-not-use"])
def test_a_constant_that_foundry_writes_instead_of_the_path_names_no_dataset(folder, path):
    entries = f"alias: /A/out, rid: {ONE}, path: {path}", f"alias: {TWO}, rid: {TWO}, path: {path}"
    assert called(folder, *entries) == {ONE: "/A/out", "/A/out": "/A/out", TWO: TWO}


def test_a_constant_such_as_deprecated_field_names_no_dataset_even_if_one_entry_has_it(folder):
    assert called(folder, f"alias: /A/out, rid: {ONE}, path: /deprecated-field") == {ONE: "/A/out", "/A/out": "/A/out"}


def test_a_path_that_several_rids_share_names_none_of_them(folder):
    entries = f"alias: /A/out, rid: {ONE}, path: /any", f"alias: /A/in, rid: {TWO}, path: /any"
    assert called(folder, *entries) == {ONE: "/A/out", "/A/out": "/A/out", TWO: "/A/in", "/A/in": "/A/in"}


def test_a_path_that_entries_of_one_rid_share_names_their_dataset(folder):
    entries = f"alias: /Old/b, rid: {ONE}, path: /A/b", f"alias: {ONE}, rid: {ONE}, path: /A/b"
    assert called(folder, *entries) == {ONE: "/A/b", "/Old/b": "/A/b", "/A/b": "/A/b"}


@pytest.mark.parametrize("path", ["", ", path: /deprecated-field"])
@pytest.mark.parametrize("is_turned", [False, True])
def test_aliases_of_one_rid_are_one_dataset_called_by_the_alias_that_is_a_path(folder, path, is_turned):
    entries = [f"alias: {ONE}, rid: {ONE}{path}", f"alias: /A/b, rid: {ONE}{path}"]
    assert called(folder, *(entries[::-1] if is_turned else entries)) == {ONE: "/A/b", "/A/b": "/A/b"}


@pytest.mark.parametrize("is_turned", [False, True])
def test_of_several_paths_that_are_aliases_of_one_rid_the_one_that_is_written_names_the_dataset(folder, is_turned):
    entries = [f"alias: /A/read, rid: {ONE}, modes: [READ]", f"alias: /B/written, rid: {ONE}, modes: [BUILD]"]
    assert called(folder, *(entries[::-1] if is_turned else entries)) == {
        ONE: "/B/written", "/A/read": "/B/written", "/B/written": "/B/written"
    }  # fmt: skip


def test_the_only_path_among_the_entries_of_a_rid_names_their_dataset(folder):
    entries = f"alias: /Old/b, rid: {ONE}, path: /deprecated-field", f"alias: {ONE}, rid: {ONE}, path: /A/b"
    assert called(folder, *entries) == {ONE: "/A/b", "/Old/b": "/A/b", "/A/b": "/A/b"}


def test_an_alias_means_its_own_dataset_also_where_it_is_the_path_of_another(folder):
    entries = f"alias: /A/b, rid: {ONE}, path: /A/moved", f"alias: /A/c, rid: {TWO}, path: /A/b"
    assert called(folder, *entries) == {
        ONE: "/A/moved", "/A/moved": "/A/moved", "/A/b": "/A/moved", TWO: "/A/c", "/A/c": "/A/c"
    }  # fmt: skip


@pytest.mark.parametrize("entry", [f"alias: {ONE}", f"rid: {ONE}", f"rid: {ONE}, path: /deprecated-field"])
def test_a_dataset_of_which_only_the_rid_is_known_is_called_by_it(folder, entry):
    assert called(folder, entry) == {ONE: ONE}


def test_an_entry_without_a_rid_belongs_to_the_dataset_that_has_its_alias(folder):
    assert called(folder, "alias: /A/b", f"alias: {ONE}, rid: {ONE}, path: /A/b") == {ONE: "/A/b", "/A/b": "/A/b"}


def test_names_are_those_that_declarations_have_whatever_blanks_and_slashes_the_file_has(folder):
    entries = f'alias: "/A//b", rid: {ONE}', f'alias: "/A/c\\n", rid: {TWO}'
    assert called(folder, *entries) == {ONE: "/A/b", "/A/b": "/A/b", TWO: "/A/c", "/A/c": "/A/c"}


def test_an_unresolved_merge_conflict_is_named_with_its_line(folder):
    text = f"mappings:\n- alias: /A/b\n<<<<<<< HEAD\n  rid: {ONE}\n=======\n  rid: {TWO}\n>>>>>>> other\n"
    with pytest.raises(DiscoveryError, match=r"transforms-shrinkwrap\.yml:3: the file has a merge conflict"):
        names(folder, text)


@pytest.mark.parametrize("text", ["", "mappings:\n", "other: 1\n"])
def test_a_file_without_mappings_names_nothing(folder, text):
    assert names(folder, text) == {}


@pytest.mark.parametrize("text", ["mappings: {", "- a\n- b\n", "mappings: [1, 2]\n"])
def test_a_shrinkwrap_without_a_list_of_mappings_is_an_error(folder, text):
    with pytest.raises(DiscoveryError, match="has to list 'mappings'"):
        names(folder, text)


def test_inputs_and_outputs_are_called_by_their_paths_and_know_their_rids(folder):
    other = RID.replace("1", "2")
    declared = transform(deals=Input(RID), more=InputSet([other, "/A/b"]), out=Output("/Old/deals"))(
        lambda deals, more, out: None
    )
    use_names([declared], names(folder, ENTRY))
    assert (declared.reads, declared.writes) == (["/New/deals", other, "/A/b"], ["/New/deals"])
    assert (declared.outputs["out"].rid, [member.rid for member in declared.inputs["more"].members]) == (
        RID,
        [other, None],
    )
