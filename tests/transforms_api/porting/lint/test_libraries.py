import pytest

from transforms_api.porting.lint.project import declared_libraries, is_on_foundry

RECIPE = """
{% set version = "1" %}
package:
  name: "{{ PACKAGE_NAME }}"
requirements:
  build:
    - python 3.11.*
  run:
    - transforms {{ PYTHON_TRANSFORMS_VERSION }}
    - scikit-learn >=1.2  # models
  pip:
    - Faker==30.1
test:
  requires:
    - hypothesis
"""


@pytest.mark.parametrize(
    ("file", "text", "declared"),
    [
        ("conda_recipe/meta.yaml", RECIPE, {"transforms", "scikit-learn", "faker"}),
        ("conda_recipe/meta.yaml", "requirements:\n  run:\n", set()),
        ("conda_recipe/meta.yaml", "package:\n  name: shop", None),
        ("conda_recipe/meta.yaml", "requirements: [", None),
        ("conda-versions.run.linux-64.lock", "# solved\npandas=2.2.0=py311\nunidecode=1.3=py", {"pandas", "unidecode"}),
        ("conda-versions.test.linux-64.lock", "hypothesis=6=py", None),
        ("pyproject.toml", "[project]\ndependencies = ['polars>=1', 'typer']", {"polars", "typer"}),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.11'\npolars = '*'", {"python", "polars"}),
        (
            "pyproject.toml",
            "[project]\ndependencies = ['typer']\n[tool.transforms.lint]\nlibraries = ['faker']",
            {"faker"},
        ),
        ("pyproject.toml", "[tool.ruff]\nline-length = 120", None),
    ],
)
def test_each_kind_of_project_file_declares_libraries(tmp_path, file, text, declared):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert declared_libraries(tmp_path, tmp_path) == declared


def test_files_of_a_root_and_of_the_folders_above_it_in_the_repository_count_together(tmp_path):
    (tmp_path / "outside.txt").write_text("")
    root = tmp_path / "repository" / "transforms-python" / "src"
    root.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['typer']")
    (root.parents[1] / "pyproject.toml").write_text("[project]\ndependencies = ['polars']")
    (root.parent / "conda_recipe").mkdir()
    (root.parent / "conda_recipe" / "meta.yaml").write_text("requirements: {run: [faker]}")
    assert declared_libraries(root, tmp_path / "repository") == {"polars", "faker"}


@pytest.mark.parametrize(
    ("name", "declared", "is_there"),
    [
        ("json", "", True),
        ("pyspark", "", True),
        ("pandas", "", True),
        ("geopandas", "", False),
        ("geopandas", "geopandas", True),
        ("great_expectations", "great-expectations", True),
        ("sklearn", "scikit-learn", True),
        ("yaml", "pyyaml", True),
        ("docx", "python-docx", True),
        ("typer", "rich", False),
    ],
)
def test_a_library_is_on_foundry_where_it_comes_with_transforms_or_is_declared(name, declared, is_there):
    assert is_on_foundry(name, frozenset(declared.split())) is is_there
