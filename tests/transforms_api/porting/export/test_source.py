from pathlib import Path

import pytest

from transforms_api.errors import ExportError
from transforms_api.porting.export.source import Part, files_below, package_source

PIPELINE = "from transforms.api import Pipeline\n{name} = Pipeline()\n"


def test_our_pipeline_is_the_package_revops_with_the_tests_that_mirror_it():
    project = Path(__file__).parents[4]
    source = package_source("transforms.revops", project)
    assert source.parts == (Part("revops", project / "transforms" / "revops", "transforms.revops"),)
    assert source.tests == project / "tests" / "revops"
    assert (source.folder, source.entry_point) == ("transforms-python", None)


def test_a_repository_keeps_its_folders_entry_point_tests_and_files_of_foundry(layout, sources):
    root = layout("template")
    [source] = sources(root)
    assert [part.name for part in source.parts] == ["shop"]
    assert (source.folder, source.entry_point) == ("transforms-python", "shop.pipeline:my_pipeline")
    assert source.tests == root / "transforms-python" / "src" / "test"
    assert set(source.own_files) == {"src/setup.py", "build.gradle", "conda_recipe/meta.yaml"}


def test_each_sub_project_keeps_its_name(layout, sources):
    assert [source.folder for source in sources(layout("two_projects"))] == ["transforms-north", "transforms-south"]


def test_a_pipeline_that_no_file_declares_is_found_in_its_module(folder, sources):
    [source] = sources(folder({"src/shop/__init__.py": "", "src/shop/pipeline.py": PIPELINE.format(name="mine")}))
    assert source.entry_point == "shop.pipeline:mine"


def test_two_pipelines_that_no_file_chooses_from_are_an_error(folder, sources):
    files = {f"src/{name}/{file}": "" for name in ("a", "b") for file in ("__init__.py", "pipeline.py")}
    files |= {f"src/{name}/pipeline.py": PIPELINE.format(name="mine") for name in ("a", "b")}
    with pytest.raises(ExportError, match=r"several pipelines, a\.pipeline:mine, b\.pipeline:mine"):
        sources(folder(files))


def test_a_package_in_a_folder_called_transforms_moves_to_the_top(folder, sources, transform):
    [source] = sources(folder({"transforms/shop/orders.py": transform("orders")}))
    [part] = source.parts
    assert (part.name, part.imported_as) == ("shop", "transforms.shop")
    assert part.holding() == [("orders",)]


BROKEN = "import a_library_that_nobody_has\n"


def test_of_modules_that_cannot_be_imported_here_the_text_says_what_they_hold(folder, sources, transform):
    texts = {"orders": BROKEN + transform("orders"), "rates": BROKEN, "raw": transform("raw") + "def (\n"}
    [source] = sources(folder({f"src/shop/{name}.py": text for name, text in texts.items()}))
    assert [part.holding() for part in source.parts] == [[("orders",), ("raw",)]]


def test_a_pipeline_in_a_module_that_cannot_be_imported_here_is_the_entry_point(folder, sources):
    [source] = sources(folder({"src/shop/pipeline.py": BROKEN + PIPELINE.format(name="mine")}))
    assert source.entry_point == "shop.pipeline:mine"


def test_a_package_that_cannot_be_imported_here_is_exported_with_its_files(folder, monkeypatch):
    root = folder({"broken_shop/__init__.py": BROKEN, "broken_shop/orders.py": ""})
    monkeypatch.syspath_prepend(str(root))
    [part] = package_source("broken_shop", root).parts
    assert (part.name, part.location) == ("broken_shop", root / "broken_shop")


def test_a_transforms_package_that_is_no_python_is_an_error(folder, sources, transform):
    files = {"transforms/__init__.py": "def (", "transforms/shop/orders.py": transform("orders")}
    with pytest.raises(ExportError, match=r"transforms/__init__\.py is no Python"):
        sources(folder(files))


def test_a_transforms_package_that_defines_names_is_an_error(layout, sources):
    with pytest.raises(ExportError, match=r"transforms/__init__\.py has code"):
        sources(layout("modules_alone"))


def test_a_package_has_all_its_files_but_hidden_ones_compiled_ones_and_links_to_elsewhere(folder, tmp_path):
    (tmp_path / "secret").write_text("")
    root = folder({"a.py": "", "data/b.json": "", ".env": "", ".git/c": "", "__pycache__/a.pyc": "", "d.pyc": ""})
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inner").symlink_to(root / "a.py")
    assert list(files_below(root)) == ["a.py", "inner", "data/b.json"]
