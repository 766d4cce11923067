"""Completions as bash requests them: the words typed so far in the environment, the offers on stdout."""

import os
import subprocess
import sys

import pytest

PROJECT = """
from transforms.api import Input, Output, transform_df

NAME = "computed"


@transform_df(Output("/Shop/orders"))
def load_orders(ctx): ...


@transform_df(Output(f"/Shop/{NAME}"), orders=Input("/Shop/elsewhere"))
def computed(orders): ...
"""


@pytest.fixture
def project(tmp_path):
    """A repository of two transforms; the name of one dataset is computed when its code runs."""
    package = tmp_path / "project" / "src" / "shop"
    package.mkdir(parents=True)
    (package / "orders.py").write_text(PROJECT)
    return tmp_path / "project"


@pytest.fixture
def offered(command, monkeypatch):
    """offered(word, …) → what is offered for the last of these words."""

    def ask(*words):
        monkeypatch.setattr(sys, "argv", ["transforms-anywhere"])
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None, raising=False)  # under `python -m pytest`
        monkeypatch.setenv("_TRANSFORMS_ANYWHERE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["transforms-anywhere", *map(str, words)]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        code, printed, error = command()
        assert (code, error) == (0, "")
        return printed.split()

    return ask


def test_commands(offered):
    assert offered("b") == ["build", "branch"]
    assert offered("branch", "d") == ["diff", "delete"]


def test_commands_are_completed_after_the_option_repo(offered, project):
    assert offered("--repo", project, "bu") == ["build"]


def test_options(offered):
    assert offered("build", "--fo") == ["--force"]


def test_the_targets_of_a_build_are_completed_with_datasets_and_transforms(offered, project):
    assert offered("build", "--repo", project, "") == ["computed", "load_orders", "orders"]


def test_files_of_sql_and_the_datasets_that_they_create(offered, project):
    file = project / "transforms-sql" / "src" / "main" / "sql" / "totals.sql"
    file.parent.mkdir(parents=True)
    file.write_text("-- totals\ncreate table `/Shop/totals` as select 1 as id")
    assert offered("--repo", project, "build", "tot") == ["totals", "totals.sql"]


def test_datasets_alone_by_last_part_or_by_path(offered, project):
    assert offered("show", "--repo", project, "o") == ["orders"]
    assert offered("show", "--repo", project, "/S") == ["/Shop/orders"]


def test_a_dataset_that_only_the_warehouse_knows(offered, project, write, warehouse):
    write("/Shop/computed", n=[1])
    offers = offered("show", "--repo", project, "--warehouse", warehouse.root, "/Shop/")
    assert offers == ["/Shop/computed", "/Shop/orders"]


def test_branches(offered, project, write, warehouse):
    write("/Shop/orders", branch="feature/x", n=[1])
    where = ("--repo", project, "--warehouse", warehouse.root)
    assert offered("build", *where, "--branch", "") == ["feature/x", "master"]
    assert offered("branch", "delete", *where, "f") == ["feature/x"]


def test_profiles(offered):
    assert offered("build", "--profile", "l") == ["large", "local"]


def test_a_broken_project_has_no_names_and_no_error(offered, project):
    (project / "src" / "shop" / "orders.py").write_text("def (")
    (project / "conf").mkdir()
    (project / "conf" / "run.toml").write_text("not toml")
    assert offered("build", "--repo", project, "") == []


def test_no_code_of_the_project_runs(offered, project):
    (project / "src" / "shop" / "orders.py").write_text(PROJECT + "\nraise SystemExit('it ran')\n")
    assert offered("show", "--repo", project, "o") == ["orders"]


def test_bash_completes_the_command_once_its_script_is_sourced(tmp_path):
    command = tmp_path / "transforms-anywhere"
    lines = [f"#!{sys.executable}", "from transforms_api.cli.app import main", "main()"]
    command.write_text("\n".join(lines))
    command.chmod(0o755)
    typed = (
        'eval "$(transforms-anywhere --show-completion bash)"; COMP_WORDS=(transforms-anywhere bui); COMP_CWORD=1; '
        'function_of=$(complete -p transforms-anywhere | sed "s/.*-F \\([^ ]*\\) .*/\\1/"); '
        '"$function_of" transforms-anywhere; echo "${COMPREPLY[@]}"'
    )
    environment = {
        **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"
    }  # fmt: skip
    shell = subprocess.run(["bash", "--norc", "-c", typed], env=environment, capture_output=True, text=True)
    assert shell.stdout == "build\n", shell.stderr


def test_a_script_of_pythons_names_the_command_that_can_be_completed(command, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run_local.py"])
    code, _, error = command("--install-completion")
    assert code == 2
    assert "transforms-anywhere --install-completion" in error
