import subprocess
import sys
import zipfile
from pathlib import Path

from transforms_api.engines.spark.cluster import PACKAGES, folder_of_package, write_archive


def test_modules_are_imported_from_the_archive_by_the_names_that_they_have_here(tmp_path, monkeypatch):
    package = tmp_path / "src" / "shop" / "orders"  # shop is a namespace: it has no __init__.py
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("NAME = 'orders'")
    (package / "rates.csv").write_text("1")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "old.pyc").touch()
    monkeypatch.syspath_prepend(tmp_path / "src")
    archive = tmp_path / "code.zip"
    write_archive(archive, [package])
    names = ["shop/", "shop/orders/", "shop/orders/__init__.py", "shop/orders/rates.csv"]
    assert zipfile.ZipFile(archive).namelist() == names
    code = f"import sys; sys.path.insert(0, {str(archive)!r}); import shop.orders; print(shop.orders.NAME)"
    printed = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "orders\n"


def test_an_environment_in_a_project_is_not_sent(tmp_path, monkeypatch):
    root = tmp_path / "root"
    (root / "env" / "lib").mkdir(parents=True)
    (root / "env" / "pyvenv.cfg").touch()
    (root / "env" / "lib" / "polars.py").touch()
    (root / "shop.py").touch()
    monkeypatch.syspath_prepend(root)
    write_archive(tmp_path / "code.zip", [root])
    assert zipfile.ZipFile(tmp_path / "code.zip").namelist() == ["shop.py"]


def test_a_folder_that_modules_are_imported_from_itself_has_no_name_in_the_archive(tmp_path, monkeypatch):
    (tmp_path / "shop.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    write_archive(tmp_path.parent / "code.zip", [tmp_path])
    assert zipfile.ZipFile(tmp_path.parent / "code.zip").namelist() == ["shop.py"]


def test_an_executor_imports_our_packages_from_the_archive(tmp_path):
    archive = tmp_path / "code.zip"
    write_archive(archive, [folder_of_package(name) for name in PACKAGES])
    elsewhere = [entry for entry in sys.path if entry and not Path(entry, "transforms_api", "door.py").is_file()]
    code = (
        f"import sys; sys.path[:] = {[str(archive), *elsewhere]!r}\n"
        "import transforms.api, palantir_models\n"
        "from transforms_api.warehouse import Warehouse\n"
        "print(transforms.api.__file__, palantir_models.__file__, sys.modules[Warehouse.__module__].__file__)"
    )
    printed = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert [Path(file).is_relative_to(archive) for file in printed.split()] == [True, True, True]
