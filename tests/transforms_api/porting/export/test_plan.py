import pytest

from transforms_api.errors import ExportError
from transforms_api.porting.export.plan import Versions, plan_export

SRC = "transforms-python/src"


@pytest.fixture
def export(sources):
    """export(folder) → the export of the repository in it."""
    return lambda folder, versions=None: plan_export(sources(folder), folder, "master", versions)


def test_a_repository_made_by_foundry_is_exported_unchanged(layout, export):
    root = layout("template")
    planned = export(root)
    here = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    here = {path: content for path, content in here.items() if "__pycache__" not in path}
    assert planned.files.keys() - here.keys() == {"EXPORT.md"}
    assert {path: planned.files[path] for path in here} == here


def test_the_names_of_rids_come_with_the_repository(layout, export):
    assert "transforms-shrinkwrap.yml" in export(layout("rids")).files


def test_packages_that_hold_transforms_get_a_pipeline_and_others_do_not_join_it(folder, export, transform):
    files = {
        "shop/__init__.py": "", "shop/prices/__init__.py": "", "shop/prices/tax.py": "RATE = 1.5",
        "shop/daily/__init__.py": "", "shop/daily/orders.py": transform("orders"),
    }  # fmt: skip
    planned = export(folder(files))
    assert b"from shop import daily\n" in planned.files[f"{SRC}/shop/pipeline.py"]
    assert b"root = shop.pipeline:my_pipeline" in planned.files[f"{SRC}/setup.py"]


def test_a_transform_right_in_a_package_makes_the_whole_package_discovered(folder, export, transform):
    planned = export(folder({"shop/__init__.py": "", "shop/orders.py": transform("orders")}))
    assert b"import shop\n" in planned.files[f"{SRC}/shop/pipeline.py"]


def test_several_packages_have_one_pipeline_in_the_first(folder, export, transform):
    planned = export(
        folder({"a/__init__.py": "", "a/x.py": transform("x"), "b/__init__.py": "", "b/y.py": transform("y")})
    )
    assert b"import a, b\n" in planned.files[f"{SRC}/a/pipeline.py"]


def test_a_module_called_pipeline_that_declares_none_stays(folder, export, transform):
    text = transform("orders")
    planned = export(folder({"shop/__init__.py": "", "shop/pipeline.py": text}))
    assert planned.files[f"{SRC}/shop/pipeline.py"] == text.encode()
    assert f"{SRC}/shop/foundry_pipeline.py" in planned.files


def test_folders_without_init_get_one_since_foundry_does_not_descend_into_them(folder, export, transform):
    planned = export(folder({"shop/daily/orders.py": transform("orders")}))
    assert planned.files[f"{SRC}/shop/__init__.py"] == planned.files[f"{SRC}/shop/daily/__init__.py"] == b""


def test_programs_and_tests_among_modules_stay_behind_since_discovery_would_run_them(folder, export, transform):
    files = {"shop/orders.py": transform("orders"), "shop/__main__.py": "", "shop/test_a.py": "", "shop/tests/b.py": ""}
    planned = export(folder(files))
    assert {path for path in planned.files if "main" in path or "/test" in path} == set()
    assert [line.partition(":")[0] for line in planned.left_out] == [
        "`shop/__main__.py`", "`shop/test_a.py`", "`shop/tests/b.py`",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"orders.py": "{orders}"}, r"orders\.py has transforms, but is in no package"),
        ({"shop/a.py": ""}, "No package has a transform"),
    ],
)
def test_transforms_that_foundry_would_not_discover_are_an_error(folder, export, transform, files, text):
    files = {name: content.replace("{orders}", transform("orders")) for name, content in files.items()}
    with pytest.raises(ExportError, match=text):
        export(folder(files))


def test_a_package_that_imports_itself_below_transforms_is_an_error_with_the_line(folder, export, transform):
    text = f"from transforms import api\nfrom transforms.shop import prices\n{transform('orders')}"
    with pytest.raises(ExportError, match=r"orders\.py:2 imports transforms\.shop\.prices, which is 'shop'"):
        export(folder({"transforms/shop/orders.py": text, "transforms/shop/prices.py": ""}))


def test_recipes_pin_the_versions_that_are_given(folder, export, transform):
    files = {"shop/__init__.py": "", "shop/orders.py": f"import yaml\n{transform('orders')}"}
    planned = export(folder(files), Versions("3.10", {"pyyaml": "1.2"}))
    recipe = planned.files["transforms-python/conda_recipe/meta.yaml"].decode()
    assert "    - python 3.10.*\n" in recipe and "    - pyyaml 1.2\n" in recipe
    assert planned.versions == Versions("3.10", {"pyyaml": "1.2"})


def test_the_files_that_foundry_knows_better_are_the_three_of_gradle(folder, export, transform):
    planned = export(folder({"shop/orders.py": transform("orders")}))
    assert planned.foundrys == {"build.gradle", "gradle.properties", "transforms-python/build.gradle"}
    assert planned.foundrys <= planned.files.keys()
