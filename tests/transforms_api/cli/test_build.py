"""`build` as a user runs it, on a repository whose jobs need no Spark."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import polars
import pytest

from transforms_api.cli import app

METERS = Path(__file__).parents[2] / "repositories" / "layouts" / "meters"


@pytest.fixture
def run(capsys, tmp_path):
    """run(command, argument, …) → (exit code, what it printed on stdout) on a warehouse of its own."""

    def command(name, *arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([name, *arguments, "--repo", str(METERS), "--warehouse", str(tmp_path)])
        return ended.value.code, capsys.readouterr().out

    return command


def states(printed):
    return {job["outputs"][0]: job["state"] for job in json.loads(printed)["jobs"]}


def test_a_second_build_finds_everything_fresh_and_runs_nothing(run):
    assert set(states(run("build", "--json")[1]).values()) == {"completed"}
    code, printed = run("build", "--json")
    assert code == 0
    assert set(states(printed).values()) == {"ignored"}


IMPORTED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from transforms_api.cli import main
main()
"""
"""A program whose last line on stderr has the modules that a command imports."""


def test_a_build_in_which_nothing_is_stale_imports_no_library_that_only_jobs_need(run, tmp_path):
    run("build")
    command = [sys.executable, "-c", IMPORTED, "build", "--repo", METERS, "--warehouse", tmp_path]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert {"pandas", "duckdb", "grpc", "watchfiles", "delta"}.isdisjoint(json.loads(printed.splitlines()[-1]))


def test_force_builds_what_is_fresh(run):
    run("build")
    assert set(states(run("build", "--force", "--json")[1]).values()) == {"completed"}


def test_a_dry_run_says_what_would_be_built_and_why_and_builds_nothing(run, tmp_path):
    code, printed = run("build", "--dry-run", "--json")
    assert code == 0
    assert json.loads(printed)["jobs"][0] == {
        "transform": "meters.transforms:source",
        "outputs": ["/Meters/source"],
        "why": "/Meters/source has not been built yet",
    }
    assert not (tmp_path / "master").exists()


def test_why_says_in_one_line_why_a_dataset_is_fresh_or_stale(run):
    assert run("why", "/Meters/source") == (0, "/Meters/source is stale: /Meters/source has not been built yet\n")
    run("build")
    assert run("why", "/Meters/source") == (0, "/Meters/source is fresh\n")


def test_the_log_of_a_build_finds_each_job_by_name(run, tmp_path):
    run("build")
    [log] = (tmp_path / "_logs").glob("*.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["event"] for event in events[:2]] == ["build began", "job began"]
    ended = next(e for e in events if e["event"] == "job ended" and e["transform"] == "meters.transforms:last")
    assert (ended["state"], ended["rows"], ended["traceback"]) == ("completed", {"/Meters/last": 1}, None)


def test_retry_builds_only_what_the_last_build_did_not_complete(run, tmp_path):
    blocked = tmp_path / "master" / "Meters"
    blocked.mkdir(parents=True)
    (blocked / "growing").write_text("a file where a table should be")
    assert states(run("build", "--json")[1]) == {
        "/Meters/source": "completed",
        "/Meters/rows": "completed",
        "/Meters/growing": "failed",
        "/Meters/last": "aborted",
    }
    (blocked / "growing").unlink()
    code, printed = run("build", "--retry", "--json")
    assert code == 0
    assert {name for name, state in states(printed).items() if state == "completed"} == {
        "/Meters/growing",
        "/Meters/last",
    }
    assert polars.read_delta(str(blocked / "last")).height == 1


def test_retry_without_anything_left_says_so(run, capsys):
    run("build")
    assert run("build", "--retry")[0] == 2


def test_quiet_prints_the_last_line_alone(run):
    code, printed = run("build", "--quiet")
    assert code == 0
    assert re.fullmatch(r"4 of 4 jobs completed in [\d.]+ s\.\n", printed)


def test_quiet_prints_what_failed_too(run, tmp_path):
    blocked = tmp_path / "master" / "Meters"
    blocked.mkdir(parents=True)
    (blocked / "source").write_text("a file where a table should be")
    code, printed = run("build", "--quiet")
    assert code == 1
    assert printed.splitlines()[1].startswith("failed ")
    assert printed.splitlines()[-1].startswith("0 of 4 jobs completed")


def test_quiet_prints_of_a_dry_run_how_much_there_is_to_do(run):
    printed = run("build", "--dry-run", "--quiet")[1]
    assert printed == "4 jobs to run, 0 datasets' jobs left out as fresh or imported.\n"


def test_verbose_says_what_each_job_reads_and_writes_why_it_runs_versions_and_where_the_logs_are(run, tmp_path):
    run("build", "/Meters/source")
    printed = run("build", "-v")[1]
    assert sum(str(log) in printed for log in (tmp_path / "_logs").glob("*.jsonl")) == 1
    assert f"Spark's log  {tmp_path / '_logs' / 'spark.log'}, profile local\n" in printed
    assert f"Python {platform.python_version()}, " in printed
    assert (
        f"meters.transforms:both: /Meters/rows has not been built yet\n  {METERS}/src/meters/transforms.py:18\n"
        "  reads   /Meters/source  version 0 of branch master\n"
        "  writes  /Meters/rows  not built yet\n  writes  /Meters/totals  not built yet\n"
    ) in printed
    assert "  reads   /Meters/growing  as this build makes it\n" in printed


def test_quiet_and_verbose_do_not_go_together(run):
    assert run("build", "-q", "-v")[0] == 2


def test_json_is_alone_on_stdout_and_messages_go_to_stderr(run):
    assert json.loads(run("build", "--json", "-v")[1])["succeeded"]


def test_no_jvm_starts_for_what_needs_none(run, tmp_path):
    run("build")
    assert not (tmp_path / "_logs" / "spark.log").exists()


SHOP = """
from transforms.api import Input, Output, transform_df


@transform_df(Output("/Shop/clean/orders"), raw=Input("/Shop/raw/orders"), people=Input("ri.foundry.main.dataset.1"))
def clean(raw, people): ...


@transform_df(Output("/Shop/sales"), orders=Input("/Shop/clean/orders"), raw=Input("/Shop/raw/orders"))
def sales(orders, raw): ...
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """repository(file=text, …) → the folder of a repository with these files, which is the current folder."""

    def make(**files):
        folder = tmp_path / "repository"
        for name, text in files.items():
            file = folder / "src" / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["pytest"])
        return folder

    return make


def test_list_has_missing_inputs_as_one_table_with_the_commands_that_import_them(command, repository):
    folder = repository(missing_shop=SHOP)
    _, printed, _ = command("list", "--repo", folder, "--warehouse", "w")
    faults = printed.partition("Faults, which stop 2 of 2 transforms:\n")[2].splitlines()
    imports = f"--repo {folder} --warehouse w"
    assert faults[0].startswith("  1. MissingInputError: 2 transforms read 2 datasets that no transform writes")
    assert faults[1:] == [
        "       src/missing_shop.py:5 clean",
        "         → /Shop/raw/orders  (Did you mean /Shop/clean/orders?)",
        "         → ri.foundry.main.dataset.1",
        "       src/missing_shop.py:9 sales",
        "         → /Shop/raw/orders  (Did you mean /Shop/clean/orders?)",
        f"     Pull them from your Foundry account: python run_local.py pull --missing {imports}",
        "     Import them; FOLDER has the files (Parquet, CSV, JSON, Delta or Iceberg):",
        f"       python run_local.py import FOLDER --dataset /Shop/raw/orders {imports}",
        f"       python run_local.py import FOLDER --dataset ri.foundry.main.dataset.1 {imports}",
    ]


def test_a_build_reports_missing_inputs_once(command, repository):
    folder = repository(missing_shop_2=SHOP)
    code, printed, _ = command("build", "--repo", folder, "--warehouse", "w")
    assert code == 1
    assert printed.count("→ /Shop/raw/orders") == 2
    assert printed.count("no transform writes") == 1
    assert "aborted by the faults above, 2 of 2 transforms" in printed


def test_an_error_about_one_missing_input_has_the_command_that_imports_it(command, repository):
    folder = repository(missing_shop_3=SHOP.replace(', people=Input("ri.foundry.main.dataset.1")', ""))
    code, _, error = command("build", "/Shop/sales", "--repo", folder, "--warehouse", "w")
    assert code == 2
    assert f"python run_local.py pull --missing --repo {folder} --warehouse w" in error
    assert f"python run_local.py import FOLDER --dataset /Shop/raw/orders --repo {folder} --warehouse w" in error


@pytest.mark.parametrize("name", ["list", "build", "graph"])
def test_an_empty_project_says_where_it_looked_what_decided_and_what_is_left_out(command, repository, name):
    pipeline = "from transforms.api import Pipeline\nempty = Pipeline()"
    repository(**{f"shop_of_{name}____init__": "", f"shop_of_{name}__pipeline": pipeline, f"shop_of_{name}__a": SHOP})
    code, printed, error = command(name, "--repo", ".", "--warehouse", "w")
    output = error if name == "graph" else printed
    assert code == 0
    assert "No transforms were found in src." in output
    assert f"The Pipeline in src/shop_of_{name}/pipeline.py decides." in output
    assert f"  src/shop_of_{name}/a.py: clean, sales" in output


def test_an_empty_project_without_any_transform_says_so(command, repository):
    repository(nothing="x = 1")
    _, printed, _ = command("list", "--repo", ".", "--warehouse", "w")
    assert "All modules below src decide" in printed
    assert "No module there has a function below a decorator of transforms.api." in printed


TWINS = """
from transforms.api import Output, transform


@transform.using(one=Output("/A/orders"))
def one(one): one.abort()


@transform.using(two=Output("/B/orders"), three=Output("/B/items"))
def two(two, three): two.abort(), three.abort()
"""


def test_a_job_s_line_has_the_shortest_form_of_a_path_that_means_one_dataset(command, repository):
    repository(twins=TWINS)
    _, printed, _ = command("build", "/B/items", "--repo", ".", "--warehouse", "w")
    assert "✓ /B/orders, items  " in printed


def test_the_tables_of_a_build_in_a_git_work_tree_are_not_seen_by_git(command, repository):
    folder = repository(twins_2=TWINS)
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / ".gitignore").write_text("__pycache__\n")
    command("build", "--repo", ".")
    seen = subprocess.run(["git", "status", "--short", "-uall"], cwd=folder, capture_output=True, text=True, check=True)
    assert (folder / "warehouse").is_dir()
    assert seen.stdout.split() == ["??", ".gitignore", "??", "src/twins_2.py"]


MODEL = """
from palantir_models.transforms import ModelOutput
from transforms.api import transform


@transform.using(model=ModelOutput("/A/model"))
def train(model): ...
"""


def test_a_transform_that_writes_a_model_alone_is_refused_at_each_build_and_listed_so(command, repository):
    repository(model_alone=MODEL)
    needs = "palantir_models.transforms.ModelOutput, which only Foundry has"
    assert f"needs  {needs}" in command("list", "--repo", ".", "--warehouse", "w")[1]
    for _ in range(2):
        code, printed, _ = command("build", "--repo", ".", "--warehouse", "w")
        assert code == 1
        assert f"transform 'train' needs {needs}. It writes no dataset" in printed
        assert "0 of 1 jobs completed" in printed


def test_an_empty_project_with_modules_that_cannot_be_imported_does_not_say_that_nothing_discovers_them(
    command, repository
):
    repository(broken=f"import no_such_library\n{SHOP}")
    _, printed, _ = command("list", "--repo", ".", "--warehouse", "w")
    assert "Modules that could not be imported may have some: see the faults." in printed
    assert "nothing discovers" not in printed


def test_a_dry_run_says_that_a_snapshot_of_an_incremental_dataset_is_requested(on_warehouse):
    code, printed, _ = on_warehouse("build", "--dry-run", "--json", "--snapshot", "deal_snapshots", "deal_snapshots")
    assert code == 0
    reasons = {job["outputs"][0]: job["why"] for job in json.loads(printed)["jobs"]}
    assert reasons["/RevOps/Analytics/deal_snapshots"].startswith("a snapshot is requested")


def test_why_says_what_a_snapshot_of_a_dataset_would_do(on_warehouse):
    _, printed, _ = on_warehouse("why", "deal_snapshots", "--snapshot")
    assert printed == (
        "/RevOps/Analytics/deal_snapshots is stale: a snapshot is requested: it reads everything and replaces its "
        "datasets\n"
    )


def test_a_snapshot_of_a_dataset_that_is_not_incremental_is_refused(on_warehouse):
    code, _, error = on_warehouse("build", "--snapshot", "stage_win_rates", "--dry-run")
    assert code == 2
    assert "not @incremental" in " ".join(error.split())
