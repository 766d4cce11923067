import pytest

from transforms_api.cli.init import package_name, project_files


@pytest.mark.parametrize(
    ("folder", "package"),
    [
        ("my_shop", "my_shop"),
        ("My-Shop 2", "my_shop_2"),
        ("2024", "project_2024"),
        ("…", "project"),
        ("json", "json_pipeline"),
        ("class", "class_pipeline"),
        ("polars", "polars_pipeline"),
        ("transforms", "transforms_pipeline"),
        ("test", "test_pipeline"),
    ],
)
def test_a_package_is_called_as_its_folder_unless_that_is_no_name_or_taken(folder, package):
    assert package_name(folder) == package


def test_files_carry_the_name_of_the_package_in_path_and_text():
    files = project_files("shop")
    pipeline = "transforms-python/src/shop/datasets/sales_by_country.py"
    assert 'Output("/shop/sales_by_country"' in files[pipeline]
    assert not [path for path, text in files.items() if "__package__" in path or "__package__" in text]


def test_a_file_of_the_editor_that_exists_stays_as_it_is(command, tmp_path):
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text("{}")
    assert command("init", tmp_path)[0] == 0
    assert (tmp_path / ".vscode" / "settings.json").read_text() == "{}"
    assert (tmp_path / ".vscode" / "tasks.json").is_file()
