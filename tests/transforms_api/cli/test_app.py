import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer

from transforms_api.cli.app import _COMMANDS, _SHARED_OPTIONS, PLUGGED_COMMANDS, app, main
from transforms_api.project.settings import PROJECT

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


END = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count() > 0))
from transforms_api.cli import main
sys.argv = ["run_local.py", "--version"]
main()
"""
"""A program whose last line has the state of Python's collector when all else has ended."""


def test_the_program_searches_for_cycles_rarely_and_not_at_its_end():
    printed = subprocess.run([sys.executable, "-c", END], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "500000 True"


def test_options_without_a_command_belong_to_build(command, tmp_path):
    code, _, error = command("--scale", "0", "--warehouse", str(tmp_path))
    assert code == 2
    assert "--scale" in error


def test_an_unknown_command_is_wrong_use_and_reported_with_a_suggestion(command):
    code, _, error = command("buidl")
    assert code == 2
    assert "There is no command 'buidl'. Did you mean build?" in error


def test_an_unknown_option_is_wrong_use_and_reported_with_a_suggestion(command):
    code, _, error = command("build", "--froce")
    assert code == 2
    assert "--force" in error


def test_an_unknown_parameter_is_wrong_use_and_reported_with_a_suggestion(command, tmp_path):
    code, _, error = command("build", "--param", "scal=3", "--warehouse", tmp_path)
    assert code == 2
    assert "No transform has a parameter 'scal'. Did you mean scale?" in error


@pytest.fixture
def broken_plugin(tmp_path, monkeypatch):
    """A command `forecast` of another package, whose module cannot be imported."""
    (tmp_path / "broken_plugin.py").write_text('raise ImportError\n\ndef forecast():\n    """Print a forecast."""\n')
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("forecast", "broken_plugin:forecast", PLUGGED_COMMANDS)
    monkeypatch.setitem(_COMMANDS.__dict__, "_plugged", {"forecast": entry})


def test_help_lists_commands_of_other_packages_without_importing_them(command, broken_plugin):
    code, printed, _ = command("--help")
    assert code == 0
    assert re.search(r"forecast +Print a forecast\.", printed)


def test_help_lists_a_group_of_commands_with_its_own_help(command):
    _, printed, _ = command("--help")
    assert re.search(r"branch +List, compare and delete the branches of datasets\.", printed)


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


@pytest.mark.parametrize("arguments", [["--repo", "R", "list"], ["--repo=R", "list"], ["list", "--repo", "R"]])
def test_the_repository_may_be_stated_before_or_after_the_command(command, arguments):
    code, _, error = command(*[argument.replace("R", str(LAYOUTS / "nowhere")) for argument in arguments])
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


@pytest.fixture
def parsed():
    """parsed(argument, …) → the arguments with the command first."""
    commands = typer.main.get_command(app)
    return lambda *arguments: commands._command_first(list(arguments), is_typed=False)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("--repo X --json list", "list --repo X --json"),
        ("--warehouse w build x", "build --warehouse w x"),
        ("--warehouse list build x", "build --warehouse list x"),
        ("--warehouse=w --branch b build x", "build --warehouse=w --branch b x"),
        ("-q build", "build -q"),
        ("--param a=1 --force build x", "build --param a=1 --force x"),
        ("--rows 3 show x", "show --rows 3 x"),
        ("--json branch list", "branch list --json"),
        ("--repo X branch diff d a b --json", "branch diff --repo X d a b --json"),
        ("--warehouse a build --warehouse b", "build --warehouse a --warehouse b"),
        ("--force --scale 3", "build --force --scale 3"),
        ("--frobnicate list", "list --frobnicate"),
        ("--frobnicate value list", "list --frobnicate"),
        ("", "build"),
    ],
)
def test_options_before_the_command_are_those_of_the_command(parsed, arguments, meant):
    assert parsed(*arguments.split()) == meant.split()


def test_an_option_before_the_command_means_what_it_means_after_it(command, tmp_path):
    before, after = (
        command("--warehouse", tmp_path, "--json", "branch", "list"),
        command("branch", "list", "--warehouse", tmp_path, "--json"),
    )
    assert before == after
    assert json.loads(before[1]) == {"warehouse": str(tmp_path), "branches": []}


@pytest.mark.parametrize("arguments", [["--froce", "build"], ["--frobnicate", "list"], ["--frobnicate", "x", "list"]])
def test_an_unknown_option_before_the_command_is_wrong_use(command, arguments):
    code, _, error = command(*arguments)
    assert code == 2
    assert f"No such option: {arguments[0]}" in error


def test_an_unknown_command_after_options_is_reported_with_a_suggestion(command):
    code, _, error = command("--json", "lst")
    assert code == 2
    assert "There is no command 'lst'. Did you mean list" in error


def test_the_options_that_several_commands_share_are_those_of_build():
    build = typer.main.get_command(app).get_command(None, "build")
    options = [parameter for parameter in build.params if hasattr(parameter, "is_flag")]
    takes_value = {name: not parameter.is_flag for parameter in options for name in parameter.opts}
    assert {name: takes_value[name] for name in _SHARED_OPTIONS} == _SHARED_OPTIONS


def test_version_prints_the_versions_of_the_package_python_spark_and_delta(command):
    code, printed, error = command("--version")
    assert (code, error) == (0, "")
    assert re.fullmatch(r"transforms-anywhere \d\S*, Python 3\.\d+\.\S+, Spark \d\S+, Delta Lake \d\S+\n", printed)
