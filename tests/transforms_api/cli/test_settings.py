import pytest

from transforms_api.cli.project import logs_of
from transforms_api.cli.settings import PROJECT, read_settings
from transforms_api.errors import EnvironmentProblem
from transforms_api.store.locations import place_at
from transforms_api.store.warehouse import Warehouse


def test_the_profile_of_the_command_line_goes_before_that_of_the_settings():
    assert read_settings().spark["spark.master"] == "local[*]"
    assert "spark.master" not in read_settings(profile="cluster").spark


def test_a_cluster_is_not_told_to_listen_on_this_machine_alone():
    assert not [value for value in read_settings(profile="cluster").spark.values() if "127.0.0.1" in value]


def test_a_profile_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(EnvironmentProblem, match=r"no profile 'clster', but local, .*cluster"):
        _ = read_settings(profile="clster").spark


def test_a_warehouse_is_relative_to_the_settings_folder_or_where_the_command_line_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_settings().warehouse_at(None, None).root == PROJECT / "warehouse"
    assert read_settings().warehouse_at("mine", None).root == tmp_path / "mine"


def test_a_project_in_the_current_folder_is_the_one_that_is_meant(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "orders.py").touch()
    monkeypatch.chdir(tmp_path)
    assert read_settings().folder == PROJECT
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "run.toml").write_text('branch = "main"')
    assert (read_settings().folder, read_settings().file.branch) == (tmp_path, "main")


def test_a_store_that_does_not_answer_is_told_before_anything_begins(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with pytest.raises(EnvironmentProblem, match=r"s3://lake/tables cannot be reached.*AWS_ENDPOINT_URL"):
        read_settings().warehouse_at("s3a://lake/tables", None)


def test_logs_stay_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert logs_of(Warehouse(tmp_path / "warehouse")) == tmp_path / "warehouse" / "_logs"
    folder = logs_of(Warehouse(place_at("s3a://lake/tables")))
    assert folder.parts[-3:] == ("s3", "lake", "tables")
