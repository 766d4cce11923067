import importlib
import os
import sys

import pytest

from transforms_api.project.discovery import put_on_path

pytestmark = pytest.mark.usefixtures("imports_undone")


def test_roots_are_importable_here_and_in_spark_s_workers(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/already/there")
    root = folder({"mine.py": "X = 1"})
    put_on_path([root])
    assert importlib.import_module("mine").X == 1
    assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(root), "/already/there"]


def test_the_first_root_goes_first(folder):
    root = folder({"one/a.py": "", "two/a.py": ""})
    put_on_path([root / "one", root / "two"])
    assert sys.path[:2] == [str(root / "one"), str(root / "two")]


def test_a_transforms_folder_without_init_is_joined_with_ours(folder):
    put_on_path([folder({"transforms/mine/a.py": "from transforms.api import Input"})])
    assert importlib.import_module("transforms.mine.a").Input


def test_a_transforms_package_finds_ours_already_in_its_own_init(folder):
    put_on_path([folder({"transforms/__init__.py": "from transforms.api import Input\nX = 1", "transforms/a.py": ""})])
    assert importlib.import_module("transforms").X == 1
    assert importlib.import_module("transforms.a")


def test_names_of_ours_are_found_as_attributes_of_a_transforms_package(folder):
    import transforms.api

    put_on_path([folder({"transforms/__init__.py": ""})])
    assert importlib.import_module("transforms").api is transforms.api
