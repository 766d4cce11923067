import pytest

from transforms_api.project.source_files import is_own, module_files, own_files

PACKAGES = "lib/python3.11/site-packages"


@pytest.fixture
def folder(tmp_path):
    """folder(*files) → the root of a project with these files, the parts of a virtual environment `made` among them."""

    def write(*files):
        for name in files:
            (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "root" / name).write_bytes(b"\x00")
        return tmp_path / "root"

    return write


def files_below(root):
    """Return the modules that discovery would import."""
    return [file.relative_to(root).as_posix() for file in module_files(root)]


@pytest.mark.parametrize(
    "files",
    [
        [".venv/pyvenv.cfg", f".venv/{PACKAGES}/polars/lib.py"],
        ["made/pyvenv.cfg", f"made/{PACKAGES}/polars/lib.py"],
        ["deep/in/made/pyvenv.cfg", f"deep/in/made/{PACKAGES}/polars/lib.py"],
        ["conda/conda-meta/history", "conda/lib/python3.11/polars/lib.py"],
        ["pyvenv.cfg", f"{PACKAGES}/polars/lib.py"],
        ["pyvenv.cfg", "bin/activate_this.py"],
        ["conda-meta/history", "lib/python3.11/turtledemo/clock.py"],
        ["made/dist-packages/polars/lib.py"],
        [".tox/py311/lib.py"],
        ["node_modules/gyp/gyp.py"],
        ["__pycache__/a.py"],
        ["build/lib/shop/orders.py"],
        ["dist/shop/orders.py"],
        ["env/orders.py"],
        ["shop.egg-info/orders.py"],
        ["warehouse/master/orders/_delta_log/0.json", "warehouse/master/orders/orders.py"],
    ],
)
def test_files_of_environments_builds_and_datasets_are_not_the_project_s(folder, files):
    root = folder("orders.py", *files)
    foreign = root / files[-1]
    assert files_below(root) == ["orders.py"]
    assert not is_own(foreign, [root])
    assert foreign not in own_files(root)


@pytest.mark.parametrize(
    "file", ["orders.py", "shop/orders.py", "lib/orders.py", "bin/orders.py", "build/orders.py", "env/deep/orders.py"]
)
def test_modules_in_other_folders_and_in_packages_of_any_name_are_the_project_s(folder, file):
    root = folder(file, "build/__init__.py", "env/__init__.py")
    assert file in files_below(root)
    assert is_own(root / file, [root])
    assert root / file in own_files(root)


def test_tests_are_the_project_s_and_not_discovered(folder):
    root = folder("tests/helper.py", "shop/test_orders.py")
    assert files_below(root) == []
    assert all(is_own(root / file, [root]) for file in ("tests/helper.py", "shop/test_orders.py"))


@pytest.mark.parametrize("above", ["pyvenv.cfg", "conda-meta/history"])
def test_an_environment_that_the_root_lies_in_makes_nothing_foreign(folder, above):
    root = folder(above, "src/shop/orders.py", "src/lib/rates.py") / "src"
    assert files_below(root) == ["lib/rates.py", "shop/orders.py"]
    assert is_own(root / "lib" / "rates.py", [root])


def test_a_root_in_a_hidden_folder_or_among_installed_packages_has_modules_of_its_own(folder):
    root = folder(f".made/{PACKAGES}/shop/orders.py") / ".made" / PACKAGES / "shop"
    assert files_below(root) == ["orders.py"]
    assert is_own(root / "orders.py", [root])


def test_an_environment_behind_a_link_is_not_the_project_s(folder, tmp_path):
    root = folder("orders.py")
    (tmp_path / "elsewhere" / PACKAGES).mkdir(parents=True)
    (tmp_path / "elsewhere" / PACKAGES / "polars.py").touch()
    (root / "made").symlink_to(tmp_path / "elsewhere")
    assert files_below(root) == ["orders.py"]
    assert not is_own(root / "made" / PACKAGES / "polars.py", [root])
    assert list(own_files(root)) == [root / "orders.py"]


def test_a_module_that_is_installed_by_a_link_to_the_project_is_the_project_s(folder):
    root = folder("shop/orders.py", ".venv/pyvenv.cfg", f".venv/{PACKAGES}/other.py")
    (root / ".venv" / PACKAGES / "shop").symlink_to(root / "shop")
    assert is_own(root / ".venv" / PACKAGES / "shop" / "orders.py", [root])


def test_a_file_below_one_of_several_roots_is_the_project_s(folder):
    root = folder("a/x.py", "b/y.py")
    assert is_own(root / "b" / "y.py", [root / "a", root / "b"])
    assert not is_own(root / "c.py", [root / "a", root / "b"])
