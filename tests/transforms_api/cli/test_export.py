import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from transforms_api.api import Project

PROJECT = Path(__file__).parents[3]
PIPELINE = PROJECT / "transforms" / "revops"


@pytest.fixture
def exported(command, tmp_path):
    """A folder with the export of our pipeline."""
    assert command("export", tmp_path / "revops")[0] == 0
    return tmp_path / "revops"


def datasets_by_transform(*arguments):
    """Return transform → (inputs, outputs) as `list` says in a process of its own, and the faults."""
    command = [sys.executable, "run_local.py", "list", "--json", *map(str, arguments)]
    listed = json.loads(subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout)
    return {
        transform["transform"]: (transform["inputs"], transform["outputs"]) for transform in listed["transforms"]
    }, listed["faults"]


def test_the_export_has_the_pipeline_byte_for_byte(exported):
    src = exported / "transforms-python" / "src"
    files = [file.relative_to(PIPELINE) for file in PIPELINE.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert [file for file in files if (src / "revops" / file).read_bytes() != (PIPELINE / file).read_bytes()] == []


def test_the_export_has_the_files_of_a_foundry_repository(exported):
    files = ["build.gradle", "gradle.properties", "transforms-python/build.gradle"]
    python = ["conda_recipe/meta.yaml", "src/setup.py", "src/revops/pipeline.py", "src/test/revops/conftest.py"]
    wanted = [*files, *(f"transforms-python/{name}" for name in python)]
    assert [name for name in wanted if not (exported / name).is_file()] == []


def test_the_export_s_tests_import_the_pipeline_by_its_new_name(exported):
    tests = (exported / "transforms-python" / "src" / "test").rglob("*.py")
    assert [test for test in tests if "transforms.revops" in test.read_text(encoding="utf-8")] == []


def test_our_own_list_reads_from_it_the_same_transforms_under_the_name_revops(exported):
    ours, _ = datasets_by_transform()
    theirs, faults = datasets_by_transform("--repo", exported)
    assert faults == []
    assert theirs == {name.removeprefix("transforms."): datasets for name, datasets in ours.items()}


def test_a_check_says_what_differs_and_its_exit_code_says_that_something_does(exported, command):
    assert command("export", exported, "--check")[0] == 0
    package = exported / "transforms-python" / "src" / "revops"
    (package / "common" / "health.py").write_text("")
    (package / "common" / "risk.py").unlink()
    (package / "common" / "old.py").write_text("")
    code, printed, _ = command("export", exported, "--check", "--json")
    folder = "transforms-python/src/revops/common"
    assert code == 1
    assert json.loads(printed) == {
        "differing": [f"{folder}/health.py"], "missing": [f"{folder}/risk.py"], "surplus": [f"{folder}/old.py"],
    }  # fmt: skip
    _, printed, _ = command("export", exported, "--check")
    assert printed.splitlines() == [
        f"{folder}/health.py differs", f"{folder}/risk.py is missing", f"{folder}/old.py is no longer in the pipeline",
    ]  # fmt: skip


def test_a_folder_that_is_no_export_is_wrong_use(command, tmp_path):
    (tmp_path / "mine").write_text("")
    code, _, error = command("export", tmp_path)
    assert code == 2
    assert "is not empty and no export" in error


def test_an_export_into_what_is_exported_is_wrong_use(command, tmp_path):
    code, _, error = command("export", tmp_path / "out", "--from", tmp_path)
    assert code == 2
    assert "DIR lies in what is exported" in error


@pytest.mark.parametrize("layout", ["template", "generated", "two_projects"])
def test_any_repository_can_be_exported_and_has_the_same_transforms_then(layout, tmp_path):
    source = PROJECT / "tests" / "repositories" / "layouts" / layout
    command = [sys.executable, "run_local.py", "export", tmp_path / "new", "--from", source]
    assert subprocess.run(command, cwd=PROJECT).returncode == 0
    assert datasets_by_transform("--repo", tmp_path / "new") == datasets_by_transform("--repo", source)


@pytest.mark.parametrize("form, file", [("pyspark", "run_all.py"), ("spark-pipelines", "spark-pipeline.yml")])
def test_our_pipeline_leaves_foundry_without_any_transform_staying_behind(command, tmp_path, form, file):
    code, printed, _ = command("export", tmp_path / "plain", "--as", form, "--json")
    document = json.loads(printed)
    assert code == 0
    assert document["left_behind"] == []
    assert file in document["files"]
    assert len(document["tasks"]) == len(Project.open().transforms)


@pytest.fixture
def stations(tmp_path, monkeypatch):
    """A copy of the repository `stations`, whose modules are forgotten after the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield shutil.copytree(PROJECT / "tests" / "repositories" / "layouts" / "stations", tmp_path / "stations")
    for name in [name for name in sys.modules if name.partition(".")[0] == "stations"]:
        del sys.modules[name]


def test_a_transform_that_stays_behind_is_printed_with_its_line_and_makes_the_exit_code_1(command, stations, tmp_path):
    code, printed, _ = command("export", tmp_path / "plain", "--as", "pyspark", "--from", stations)
    assert code == 1
    assert f"left behind: {stations}/src/stations/names.py:5 stations.names:names: it reads an external" in printed
    assert (tmp_path / "plain" / "scripts" / "stations_measured.py").is_file()


def test_inputs_are_copied_on_request_and_their_path_is_in_the_config(command, stations, tmp_path):
    (tmp_path / "raw.csv").write_text("station,celsius\n1,-3.5\n")
    assert command("import", tmp_path / "raw.csv", "--dataset", "/Stations/raw", "--repo", stations)[0] == 0
    _, printed, _ = command("export", tmp_path / "plain", "--as", "pyspark", "--with-inputs", "--repo", stations)
    assert "input /Stations/raw: 1 rows copied to inputs/stations_raw" in printed
    config = json.loads((tmp_path / "plain" / "config.json").read_text())
    assert config["inputs"] == {"stations_raw": "inputs/stations_raw"}
    assert pyarrow.parquet.read_table(tmp_path / "plain" / "inputs" / "stations_raw").num_rows == 1


def test_inputs_of_a_foundry_repository_are_refused(command, tmp_path):
    code, _, error = command("export", tmp_path / "plain", "--with-inputs")
    assert code == 2
    assert "--with-inputs belongs to --as" in error


def test_a_check_of_an_export_for_plain_spark_says_what_differs(command, tmp_path):
    plain = ["export", tmp_path / "plain", "--as", "pyspark"]
    assert command(*plain)[0] == 0
    assert command(*plain, "--check")[0] == 0
    (tmp_path / "plain" / "run_all.py").write_text("")
    code, printed, _ = command(*plain, "--check")
    assert code == 1
    assert "run_all.py differs" in printed
