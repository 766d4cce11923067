"""The house is as docs/architecture.md draws it, and the README's commands are those that CI runs."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]


def test_imports_run_down_only():
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_transforms_is_a_namespace_package():
    assert not (PROJECT / "transforms" / "__init__.py").exists()


def test_the_pipeline_imports_only_what_a_foundry_repository_has():
    pattern = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)
    of_foundry = {"transforms", "palantir_models", "language_model_service_api"}
    allowed = {"pyspark", "faker", "polars", "pydantic", "__future__", *of_foundry} | set(sys.stdlib_module_names)
    for file in (PROJECT / "transforms" / "revops").rglob("*.py"):
        imported = set(pattern.findall(file.read_text()))
        roots = {name.split(".")[0] for name in imported if not name.startswith(".")}
        assert roots <= allowed, f"{file}: {roots - allowed}"
        assert not any(name.startswith("transforms.revops") for name in imported), (
            f"{file} imports itself by its full name"
        )


def test_a_user_s_own_transforms_folder_is_found_beside_ours(tmp_path):
    (tmp_path / "transforms" / "commercial").mkdir(parents=True)
    (tmp_path / "transforms" / "commercial" / "__init__.py").write_text("")
    (tmp_path / "transforms" / "commercial" / "mine.py").write_text("from transforms.api import Input\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import transforms.commercial.mine, transforms.revops"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_ci_runs_the_readme_s_test_command_first():
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()
    first = next(line for line in lines if line.startswith("python3 "))
    command = first.removesuffix(' | tee "$printed"')
    assert f"```bash\n{command}\n```" in (PROJECT / "README.md").read_text()


def test_ci_runs_every_check_of_the_scripts_folder():
    ci = (PROJECT / ".ci" / "run").read_text()
    checks = [file.name for file in (PROJECT / "scripts").glob("check-*")]
    assert [name for name in checks if f"scripts/{name}" not in ci] == []


def test_the_workflow_on_github_runs_the_readme_s_test_command_on_each_python_and_everything_on_main():
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert jobs["tests"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    commands = [step.get("run") for step in jobs["tests"]["steps"]]
    readme = (PROJECT / "README.md").read_text()
    assert [command for command in commands if command and f"```bash\n{command}\n```" in readme]
    assert ".ci/run" in [step.get("run") for step in jobs["everything"]["steps"]]
