import json
from pathlib import Path

import pytest

from transforms_api.cli.app import main
from transforms_api.cli.settings import PROJECT, tomllib

LAYOUTS = Path(__file__).parents[2] / "repositories" / "layouts"


def test_list_names_every_transform_with_file_inputs_and_outputs(command):
    code, printed, _ = command("list", "--json")
    kpis = next(
        entry for entry in json.loads(printed)["transforms"] if "/RevOps/Analytics/dashboard_kpis" in entry["outputs"]
    )
    assert code == 0
    assert kpis["inputs"] == ["/RevOps/Analytics/forecast_confidence", "/RevOps/Analytics/forecast_history"]
    assert "compute_dashboard_kpis.py:" in kpis["file"]


def test_list_for_people_is_in_build_order(command):
    _, printed, _ = command("list")
    assert printed.index("generate_scenario_opportunities") < printed.index("compute_dashboard_kpis")


def test_an_unknown_target_is_wrong_use_and_starts_no_build(command, tmp_path):
    code, _, error = command("build", "dashboard_kpi", "--warehouse", str(tmp_path))
    assert code == 2
    assert "No dataset or transform is called 'dashboard_kpi'. Did you mean" in error


def test_options_without_a_command_belong_to_build(command, tmp_path):
    code, _, error = command("--scale", "0", "--warehouse", str(tmp_path))
    assert code == 2
    assert "--scale" in error


def test_an_unknown_command_is_wrong_use_and_told_with_the_one_that_is_meant(command):
    code, _, error = command("buidl")
    assert code == 2
    assert "There is no command 'buidl'. Did you mean build?" in error


def test_an_unknown_option_is_wrong_use_and_told_with_the_one_that_is_meant(command):
    code, _, error = command("build", "--froce")
    assert code == 2
    assert "--force" in error


def test_an_unknown_parameter_is_wrong_use_and_told_with_the_one_that_is_meant(command, tmp_path):
    code, _, error = command("build", "--param", "scal=3", "--warehouse", tmp_path)
    assert code == 2
    assert "No transform has a parameter 'scal'. Did you mean scale?" in error


def test_the_installed_command_is_the_same_program():
    scripts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"transforms-anywhere": "transforms_api.cli.app:main"}
    assert callable(main)


def test_show_of_a_dataset_that_was_never_built_says_so(command, tmp_path):
    code, _, error = command("show", "dashboard_kpis", "--warehouse", str(tmp_path))
    assert code == 2
    assert "/RevOps/Analytics/dashboard_kpis is not in" in error


def test_a_branch_may_not_leave_the_warehouse(command, tmp_path):
    code, _, error = command("show", "dashboard_kpis", "--warehouse", str(tmp_path / "w"), "--branch", "../x")
    assert code == 2
    assert "outside of the warehouse" in error


def test_our_own_pipeline_has_no_faults(command):
    assert json.loads(command("list", "--json")[1])["faults"] == []


@pytest.mark.parametrize("given", [["--repo", "R", "list"], ["--repo=R", "list"], ["list", "--repo", "R"]])
def test_the_repository_may_stand_before_or_after_the_command(command, given):
    code, _, error = command(*[argument.replace("R", str(LAYOUTS / "nowhere")) for argument in given])
    assert code == 2
    assert "nowhere" in error


@pytest.mark.parametrize(
    "arguments", [["list"], ["list", "--json"], ["build", "--dry-run"], ["branch", "list"], ["lint"]]
)
def test_every_command_says_on_stderr_which_project_it_took(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    _, printed, error = command(*arguments, *([] if arguments == ["lint"] else ["--warehouse", tmp_path]))
    assert error.splitlines()[0].startswith("Project: the RevOps demo, since ")
    assert "Project:" not in printed


def test_a_quiet_build_does_not_say_which_project_it_took(command, tmp_path):
    assert "Project" not in command("build", "--dry-run", "--quiet", "--warehouse", tmp_path)[2]


def test_a_command_inside_a_foundry_repository_works_on_it(command, tmp_path, monkeypatch):
    monkeypatch.chdir(LAYOUTS / "template" / "transforms-python" / "src")
    _, _, error = command("branch", "list", "--warehouse", tmp_path)
    assert error.splitlines()[0] == f"Project: {LAYOUTS / 'template'} (it has transforms-python/)"
