"""The `.vscode` folder of a new project: each task and launch configuration starts a command that works."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from transforms_api.cli.init import project_files

FILES = project_files("my_shop")
PATIENCE = 300
"""Seconds after which a test gives up."""


def read(name):
    """Return the JSON of a file, whose lines may be comments."""
    return json.loads(re.sub(r"^\s*//.*$", "", FILES[f".vscode/{name}"], flags=re.MULTILINE))


TASKS = {task["label"]: task for task in read("tasks.json")["tasks"]}
LAUNCHES = {configuration["name"]: configuration for configuration in read("launch.json")["configurations"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A new project that has been built."""
    folder = tmp_path_factory.mktemp("projects") / "my-shop"
    start = [sys.executable, "-m", "transforms_api"]
    subprocess.run([*start, "init", folder], check=True, capture_output=True)
    subprocess.run([*start, "build"], cwd=folder, check=True, capture_output=True)
    return folder


def command_of(task, project, file):
    """Return the command of a task or launch configuration, with the variables that VS Code replaces for a file."""
    module = ["-m", task["module"]] if "module" in task else []
    values = {
        "${command:python.interpreterPath}": sys.executable,
        "${fileBasenameNoExtension}": file.stem,
        "${file}": str(file),
        "${workspaceFolder}": str(project),
    }
    command = [task.get("command", sys.executable), *module, *task["args"]]
    return [values.get(word, word) for word in command]


def run(task, project, file):
    command = command_of(task, project, file)
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}, timeout=PATIENCE
    )


@pytest.fixture
def orders(project):
    """A file of Python that is open in the editor."""
    return project / "transforms-python" / "src" / "my_shop" / "datasets" / "clean_orders.py"


@pytest.mark.parametrize("label", [label for label, task in TASKS.items() if not task.get("isBackground")])
def test_a_task_succeeds_in_a_new_project(label, project, orders):
    done = run(TASKS[label], project, orders)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("label", [label for label, task in TASKS.items() if task.get("isBackground")])
def test_a_background_task_goes_on_until_it_is_interrupted(label, project, orders, tmp_path):
    printed = tmp_path / "printed"
    with printed.open("w") as out:
        process = subprocess.Popen(command_of(TASKS[label], project, orders), cwd=project, stdout=out, stderr=out)
    deadline = time.monotonic() + PATIENCE
    while "watching for changes" not in printed.read_text():
        assert process.poll() is None and time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", LAUNCHES)
def test_the_command_of_a_launch_configuration_succeeds(name, project, orders):
    file = orders if "test" not in name else project / "transforms-python" / "src" / "test" / "test_clean_orders.py"
    done = run(LAUNCHES[name], project, file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_preview_of_a_sql_file_runs_its_query(project):
    file = project / "transforms-sql" / "src" / "main" / "sql" / "best_countries.sql"
    assert "/my_shop/best_countries  3 rows" in run(TASKS["preview this file"], project, file).stdout


def test_a_finding_of_lint_is_read_by_the_problem_matcher():
    pattern = TASKS["lint"]["problemMatcher"]["pattern"]["regexp"]
    match = re.match(pattern, "transforms-python/src/my_shop/a.py:3:5 F201 says something")
    assert match and match.groups() == ("transforms-python/src/my_shop/a.py", "3", "5", "F201", "says something")


def test_the_recommended_extensions_and_settings_are_json():
    assert "ms-python.python" in read("extensions.json")["recommendations"]
    assert read("settings.json")["python.testing.pytestEnabled"]
