import inspect

import pytest

from transforms.api import Input, Output
from transforms_api.declare.inputs_outputs import check_dataset_path
from transforms_api.errors import DatasetPathError


@pytest.mark.parametrize(
    "path",
    ["/RevOps/Scenario/accounts", "/A folder/B & C [raw]: #1/ünï", "ri.foundry.main.dataset.0c1a-22"],
)
def test_absolute_paths_and_rids_name_datasets(path):
    assert check_dataset_path(path) == path


@pytest.mark.parametrize(
    "path", ["accounts", "RevOps/accounts", "/", "//", "", "\n", "/a\n/b", "/a\x00", "s3://bucket/a"]
)
def test_a_text_that_is_no_path_names_no_dataset(path):
    with pytest.raises(DatasetPathError, match="is no Foundry path"):
        check_dataset_path(path)


@pytest.mark.parametrize("path", ["/A//b", "/A/b\n", "/A/b/", " /A/b ", "//A///b//"])
def test_doubled_slashes_and_white_space_around_a_path_are_no_part_of_its_name(path):
    assert check_dataset_path(path) == "/A/b"


def test_white_space_around_a_rid_is_no_part_of_it():
    assert check_dataset_path("ri.foundry.main.dataset.0c1a-22\n") == "ri.foundry.main.dataset.0c1a-22"


@pytest.mark.parametrize("path", ["/../x", "/RevOps/../../etc", "/a/./b"])
def test_a_path_that_leaves_its_folder_is_refused(path):
    with pytest.raises(DatasetPathError, match="would leave its folder"):
        check_dataset_path(path)


def test_the_error_names_file_and_line_of_the_declaration():
    line = inspect.currentframe().f_lineno + 2
    with pytest.raises(DatasetPathError, match=rf"test_dataset_path\.py:{line}: '/\.\./x'"):
        Input("/../x")


def test_a_wrong_declaration_is_a_value_error_too():
    with pytest.raises(ValueError, match="relative"):
        Output("relative")
