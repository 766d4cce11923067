import importlib
import json
import queue
import sys

import pytest

from transforms.api import Output
from transforms_api.project.source_files import forget_modules, location_of, merge_conflict_in, report_slow_imports


def raised_by(action):
    try:
        action()
    except Exception as error:
        return error


def test_an_error_in_a_library_comes_from_the_line_that_called_it():
    assert location_of(raised_by(lambda: json.loads("{"))).endswith("test_user_code.py:20")


def test_an_error_in_this_package_comes_from_the_line_that_called_it():
    assert location_of(raised_by(lambda: Output("relative"))).endswith("test_user_code.py:24")


def test_a_syntax_error_comes_from_the_line_that_is_wrong():
    assert location_of(raised_by(lambda: compile("x = 1\ny = (\n", "/home/me/a.py", "exec"))) == "/home/me/a.py:2"


def test_an_error_without_a_line_of_the_user_s_has_no_place():
    assert location_of(ValueError("never raised")) is None


@pytest.fixture
def reported(monkeypatch):
    """A queue of what is reported; a module that is imported can wait in it, as `builtins.REPORTED`."""
    reported = queue.Queue()
    monkeypatch.setattr("builtins.REPORTED", reported, raising=False)
    return reported


def test_a_module_whose_import_lasts_is_reported_with_its_line(folder, imports_undone, monkeypatch, reported):
    waiting = "def wait():\n    first = REPORTED.get(timeout=60)\n    REPORTED.put(first)\n"
    files = {"slow.py": "import slow_helper\n\nslow_helper.wait()\n", "slow_helper.py": waiting}
    root = folder(files)
    monkeypatch.syspath_prepend(str(root))
    with report_slow_imports(reported.put, every=0.01):
        importlib.import_module("slow")
    assert reported.get().startswith(f"still importing slow ({root}/slow.py:3), ")


def test_an_import_that_is_interrupted_is_reported_with_its_line(folder, imports_undone, monkeypatch, reported):
    root = folder({"stuck.py": "\nraise KeyboardInterrupt\n"})
    monkeypatch.syspath_prepend(str(root))
    with pytest.raises(KeyboardInterrupt), report_slow_imports(reported.put):
        importlib.import_module("stuck")
    assert reported.get() == f"interrupted while importing stuck ({root}/stuck.py:2)"


def test_an_import_that_is_soon_done_reports_nothing(folder, imports_undone, monkeypatch, reported):
    monkeypatch.syspath_prepend(str(folder({"quick.py": ""})))
    with report_slow_imports(reported.put):
        importlib.import_module("quick")
    assert reported.empty()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n", 2),
        ("a\r\n>>>>>>> main\r\n", 2),
        ("Title\n=======\n", None),
        ("x = 1 <<<<<<< 2", None),
        ("", None),
    ],
)
def test_the_first_marker_of_a_merge_conflict_is_found_by_its_line(text, line):
    assert merge_conflict_in(text) == line


def test_a_namespace_package_of_a_project_is_forgotten_with_its_modules(tmp_path, monkeypatch):
    (tmp_path / "namespace_of_a_shop").mkdir()
    (tmp_path / "namespace_of_a_shop" / "orders.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("namespace_of_a_shop.orders")
    forget_modules([tmp_path])
    assert [name for name in sys.modules if name.startswith("namespace_of_a_shop")] == []
