"""`init`: what it writes builds at once, passes its own tests and its own lint, and becomes a Foundry repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path):
    """run(argument, …) → the finished command, called in a folder beside the project."""

    def command(*arguments, program=(ROOT / "run_local.py",), cwd=tmp_path):
        environment = {**os.environ, "PYTHONPATH": ""}
        done = subprocess.run(
            [sys.executable, *map(str, (*program, *arguments))],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return command


def test_a_new_project_builds_at_once_from_its_own_folder(run, tmp_path):
    run("init", "my-shop")
    report = json.loads(run("build", "--json", cwd=tmp_path / "my-shop"))
    assert {name: rows for job in report["jobs"] for name, rows in job["rows"].items()} == {
        "/my_shop/raw/orders": 6,
        "/my_shop/clean_orders": 4,
        "/my_shop/sales_by_country": 3,
        "/my_shop/best_countries": 3,
    }
    shown = json.loads(run("show", "sales_by_country", "--json", cwd=tmp_path / "my-shop"))
    assert sorted(shown["sample"], key=str) == [
        {"country": "DE", "order_count": 2, "revenue": 140.0},
        {"country": "FR", "order_count": 1, "revenue": 80.0},
        {"country": "IT", "order_count": 1, "revenue": 250.0},
    ]


def test_the_tests_of_a_new_project_pass(run, tmp_path):
    run("init", "my-shop")
    assert "6 passed" in run("-q", program=("-m", "pytest"), cwd=tmp_path / "my-shop")


def test_a_new_project_passes_lint_and_becomes_a_foundry_repository(run):
    run("init", "my-shop")
    assert "No findings" in run("lint", "--repo", "my-shop")
    run("export", "exported", "--from", "my-shop")
    run("export", "exported", "--from", "my-shop", "--check")
    assert "## SalesByCountry\n\n- Dataset: `/my_shop/sales_by_country`" in run("contracts", "--repo", "my-shop")


def test_a_folder_with_something_in_it_is_refused_and_stays_as_it_is(command, tmp_path):
    (tmp_path / "notes").write_text("mine")
    code, _, error = command("init", tmp_path)
    assert code == 2
    assert "empty, it has" in " ".join(error.replace("│", " ").split())
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes"]


def test_a_repository_of_git_without_files_is_an_empty_folder(command, tmp_path):
    (tmp_path / ".git").mkdir()
    assert command("init", tmp_path)[0] == 0


def test_init_says_what_to_do_next(command, tmp_path):
    _, printed, _ = command("init", tmp_path / "my-shop")
    assert f"run_local.py --repo {tmp_path}/my-shop build" in printed


@pytest.fixture
def environment(tmp_path):
    """environment(name) → a folder beside nothing else that `python -m venv name` would have made."""

    def make(name):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyvenv.cfg").touch()

    return make


@pytest.mark.parametrize("name", [".venv", "venv", "env", "py312"])
def test_a_folder_with_nothing_but_an_environment_becomes_a_project(command, environment, tmp_path, name):
    environment(name)
    assert command("init", tmp_path)[0] == 0
    assert (tmp_path / "conf" / "run.toml").is_file()


@pytest.mark.parametrize("name", [".git", ".idea", ".vscode", ".python-version", ".envrc", ".env", ".DS_Store"])
def test_a_folder_with_nothing_but_hidden_files_becomes_a_project(command, tmp_path, name):
    (tmp_path / name).touch()
    assert command("init", tmp_path)[0] == 0


def test_entries_of_an_existing_gitignore_stay_and_environments_are_added(command, tmp_path):
    (tmp_path / ".gitignore").write_text("secrets/\n__pycache__/\n")
    command("init", tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["secrets/", "__pycache__/"]
    assert {".venv/", "warehouse/"} < set(lines)
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", ["README.md", "pytest.ini", "src"])
def test_a_folder_with_a_file_in_the_way_is_refused_by_its_name(command, tmp_path, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / name).touch()
    code, _, error = command("init", tmp_path)
    assert code == 2
    assert f"is not empty, it has {name}" in error


def test_the_next_steps_that_init_prints_name_a_program_and_a_python_that_exist(command, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(ROOT / "run_local.py")])
    _, printed, _ = command("init", tmp_path / "my-shop")
    steps = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    assert [step[-1] for step in steps] == ["build", "sales_by_country", str(tmp_path / "my-shop")]
    assert all(Path(step[0]).is_file() for step in steps)


def test_an_installed_command_that_is_not_on_the_path_is_named_by_its_path(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "transforms-anywhere")])
    assert "  .venv/bin/transforms-anywhere --repo shop build" in command("init", "shop")[1]


def test_the_next_steps_that_init_prints_install_pytest_if_it_is_missing(command, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    *_, install, tests = command("init", tmp_path / "my-shop")[1].splitlines()
    assert install.endswith("-m pip install 'transforms-anywhere[testing]'")
    assert tests.endswith(f"-m pytest {tmp_path}/my-shop")
