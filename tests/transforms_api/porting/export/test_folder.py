import json

import pytest

from transforms_api.errors import ExportError
from transforms_api.porting.export.plan import (
    RECORD,
    Differences,
    Export,
    Versions,
    compare_export,
    read_record,
    write_export,
)

VERSIONS = Versions("3.11", {"faker": "30.1"})
SAME = Differences([], [], [])


def export_of(**files):
    content = {name.replace("_py", ".py").replace("__", "/"): text.encode() for name, text in files.items()}
    return Export({"build.gradle": b"ours", **content}, frozenset({"build.gradle"}), ("src/shop",), (), VERSIONS)


FIRST = export_of(src__shop__a_py="a = 1\n", src__shop__b_py="b = 1\n")
SECOND = export_of(src__shop__a_py="a = 2\n", src__shop__c_py="c = 1\n")


def test_an_export_is_as_the_pipeline_when_it_has_been_written(tmp_path):
    assert write_export(FIRST, tmp_path / "new") == []
    assert (tmp_path / "new/src/shop/a.py").read_text() == "a = 1\n"
    assert compare_export(FIRST, tmp_path / "new") == SAME
    assert read_record(tmp_path / "new")[0] == VERSIONS


def test_an_export_differs_once_the_pipeline_changed(tmp_path):
    write_export(FIRST, tmp_path)
    assert compare_export(SECOND, tmp_path) == Differences(["src/shop/a.py"], ["src/shop/c.py"], ["src/shop/b.py"])


def test_a_second_export_removes_what_is_no_longer_in_the_pipeline(tmp_path):
    write_export(FIRST, tmp_path)
    assert write_export(SECOND, tmp_path) == ["src/shop/b.py"]
    assert not (tmp_path / "src/shop/b.py").exists()
    assert compare_export(SECOND, tmp_path) == SAME


def test_files_of_foundry_s_bootstrap_stay_and_do_not_count(tmp_path):
    write_export(FIRST, tmp_path)
    (tmp_path / "gradlew").write_text("wrapper")
    (tmp_path / "build.gradle").write_text("with versions")
    write_export(SECOND, tmp_path)
    assert (tmp_path / "gradlew").read_text() == "wrapper"
    assert (tmp_path / "build.gradle").read_text() == "with versions"
    assert compare_export(SECOND, tmp_path) == SAME


def test_a_module_that_was_added_in_the_export_is_surplus_and_never_removed(tmp_path):
    write_export(FIRST, tmp_path)
    (tmp_path / "src/shop/more.py").write_text("mine")
    assert write_export(FIRST, tmp_path) == []
    assert (tmp_path / "src/shop/more.py").read_text() == "mine"
    assert compare_export(FIRST, tmp_path).surplus == ["src/shop/more.py"]


def test_a_folder_with_files_that_is_no_export_is_refused_naming_what_would_be_replaced(tmp_path):
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/shop/a.py").write_text("mine")
    with pytest.raises(ExportError, match=r"would replace src/shop/a\.py.*--replace"):
        write_export(FIRST, tmp_path)
    assert (tmp_path / "src/shop/a.py").read_text() == "mine"
    assert not (tmp_path / RECORD).exists()


def test_a_folder_that_an_export_replaces_keeps_files_that_the_export_does_not_have(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    write_export(FIRST, tmp_path, replace=True)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert compare_export(FIRST, tmp_path) == SAME


@pytest.mark.parametrize("record", [None, "{", "[]", '{"python": "3.11"}'])
def test_a_folder_without_a_readable_record_is_no_export(tmp_path, record):
    if record is not None:
        (tmp_path / RECORD).write_text(record)
    with pytest.raises(ExportError, match=r"is no export of run_local\.py"):
        compare_export(FIRST, tmp_path)


def test_a_record_that_names_files_elsewhere_removes_none_of_them(tmp_path):
    (tmp_path / "mine").write_text("")
    folder = tmp_path / "export"
    write_export(FIRST, folder)
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps({**record, "files": ["../mine", str(tmp_path / "mine")]}))
    assert write_export(FIRST, folder) == []
    assert (tmp_path / "mine").exists()
