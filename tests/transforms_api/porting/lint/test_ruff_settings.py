"""The ruff settings of a new project agree with lint, so that an editor shows early what lint would find."""

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from transforms_api.porting.lint.computation import PythonClock, PythonRandomness
from transforms_api.porting.lint.foundry_rules import LocalRuntime, Network

SETTINGS = Path(__file__).parents[4] / "transforms_api" / "cli" / "project_files" / "ruff.toml.template"
BANNED = tomllib.loads(SETTINGS.read_text())["lint"]["flake8-tidy-imports"]["banned-api"]
RULES = {rule.code: rule for rule in (LocalRuntime, PythonClock, PythonRandomness, Network)}


@pytest.mark.parametrize("name", sorted(BANNED))
def test_lint_finds_a_name_that_ruff_forbids_under_the_code_of_ruff_s_message(code_of, name):
    code = BANNED[name]["msg"].partition(":")[0]
    module, _, function = name.rpartition(".")
    text = f"import {name}" if not module else f"import {module.partition('.')[0]}\n{module}.{function}()"
    if module == "urllib.request":
        text = f"import {module}\n{name}()"
    assert code_of(RULES[code], text) == code


@pytest.fixture
def ruff(tmp_path):
    """ruff(code) → codes of ruff's findings in a module of a project with these settings."""
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed; `pip install ruff` brings it")

    def run(code):
        (tmp_path / "ruff.toml").write_text(SETTINGS.read_text())
        (tmp_path / "orders.py").write_text(code)
        command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return [finding["code"] for finding in json.loads(done.stdout)]

    return run


def test_ruff_shows_a_clock_without_a_time_zone_and_a_draw_without_a_seed(ruff):
    code = "import datetime\nimport random\n\nday = datetime.date.today()\ndraw = random.random()\n"
    assert sorted(ruff(code)) == ["DTZ011", "TID251", "TID251"]


def test_ruff_is_silent_on_a_seeded_generator(ruff):
    assert ruff("import random\n\ndraw = random.Random(7).random()\n") == []
