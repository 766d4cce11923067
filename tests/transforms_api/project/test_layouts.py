import pytest

from transforms_api.errors import DiscoveryError
from transforms_api.project.layouts import read_repository
from transforms_api.project.source_files import module_files


def roots(folder):
    return [project.root.relative_to(folder).as_posix() for project in read_repository(folder).projects]


def test_python_lies_in_the_src_of_a_folder_with_a_build_gradle(layouts):
    assert roots(layouts / "template") == ["transforms-python/src"]


def test_python_lies_in_the_src_of_folders_called_transforms_something_where_they_have_python(layouts):
    assert roots(layouts / "two_projects") == ["transforms-north/src", "transforms-south/src"]


def test_a_folder_called_transform_something_is_a_sub_project(folder):
    assert roots(folder({"transform-python/src/a.py": ""})) == ["transform-python/src"]


def test_a_repository_may_have_its_modules_in_src(layouts):
    assert roots(layouts / "src_alone") == ["src"]


def test_a_repository_may_have_its_modules_at_its_root(layouts):
    assert roots(layouts / "modules_alone") == ["."]


def test_a_folder_without_python_and_sql_is_an_error(folder):
    with pytest.raises(DiscoveryError, match="has no Python and no SQL"):
        read_repository(folder({"README.md": "", "test/test_a.py": "", "transforms-sql/src/test/a.sql": ""}))


def test_a_repository_of_sql_alone_is_one(folder):
    repository = read_repository(folder({"transforms-sql/src/a.sql": "", "README.md": ""}))
    assert (repository.projects, [source.path.name for source in repository.sql]) == ((), ["a.sql"])


def test_the_entry_point_may_be_beside_src(folder):
    setup = "setup(package_dir={'': 'src'}, entry_points={'transforms.pipelines': ['root = a:b']})"
    [project] = read_repository(folder({"setup.py": setup, "src/a.py": ""})).projects
    assert project.entry_point == "a:b"


def test_the_default_branch_is_the_one_of_gradle_properties(layouts):
    assert read_repository(layouts / "template").branch == "develop"


def test_without_gradle_properties_there_is_no_default_branch(layouts):
    assert read_repository(layouts / "src_alone").branch is None


def test_a_comment_in_gradle_properties_names_no_branch(folder):
    assert (
        read_repository(folder({"a.py": "", "gradle.properties": "# transformsDefaultBranchName = x"})).branch is None
    )


def test_a_shrinkwrap_that_cannot_be_read_is_a_fault_with_its_file(folder):
    [fault] = read_repository(folder({"a.py": "", "transforms-shrinkwrap.yml": "mappings: {"})).faults
    assert fault.location.endswith("transforms-shrinkwrap.yml")
    assert "has to list 'mappings'" in fault.text


@pytest.mark.parametrize(
    "file",
    ["setup.py", "test/a.py", "tests/a.py", "p/test_a.py", "p/a_test.py", "conftest.py", "p/__main__.py",
     ".hidden/a.py", "build/a.py", "dist/a.py", "venv/a.py"],
)  # fmt: skip
def test_files_that_are_no_modules_of_the_project_are_skipped(folder, file):
    assert list(module_files(folder({file: ""}))) == []


def test_an_environment_of_any_name_is_skipped(folder):
    assert list(module_files(folder({"my_env/pyvenv.cfg": "", "my_env/lib/a.py": ""}))) == []


def test_python_files_in_a_dataset_are_data(folder):
    assert list(module_files(folder({"t/_delta_log/0.json": "", "t/files/a.py": ""}))) == []


def test_modules_in_folders_without_init_count(folder):
    root = folder({"a.py": "", "p/q/1-b.py": ""})
    assert [file.relative_to(root).as_posix() for file in module_files(root)] == ["a.py", "p/q/1-b.py"]
