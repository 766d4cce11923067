"""`build` as a user runs it, on a repository whose jobs need no Spark."""

import json
import platform
import re
from pathlib import Path

import polars
import pytest

from transforms_api.cli import app

KILLED = Path(__file__).parents[2] / "repositories" / "layouts" / "killed"


@pytest.fixture
def run(capsys, tmp_path):
    """run(command, argument, …) → (exit code, what it printed on stdout) on a warehouse of its own."""

    def command(name, *arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([name, *arguments, "--repo", str(KILLED), "--warehouse", str(tmp_path)])
        return ended.value.code, capsys.readouterr().out

    return command


def states(printed):
    return {job["outputs"][0]: job["state"] for job in json.loads(printed)["jobs"]}


def test_a_second_build_finds_everything_fresh_and_runs_nothing(run):
    assert set(states(run("build", "--json")[1]).values()) == {"completed"}
    code, printed = run("build", "--json")
    assert code == 0
    assert set(states(printed).values()) == {"ignored"}


def test_force_builds_what_is_fresh(run):
    run("build")
    assert set(states(run("build", "--force", "--json")[1]).values()) == {"completed"}


def test_a_dry_run_says_what_would_be_built_and_why_and_builds_nothing(run, tmp_path):
    code, printed = run("build", "--dry-run", "--json")
    assert code == 0
    assert json.loads(printed)["jobs"][0] == {
        "transform": "killed.transforms:source",
        "outputs": ["/Killed/source"],
        "why": "/Killed/source has not been built yet",
    }
    assert not (tmp_path / "master").exists()


def test_why_says_in_one_line_why_a_dataset_is_fresh_or_stale(run):
    assert run("why", "/Killed/source") == (0, "/Killed/source is stale: /Killed/source has not been built yet\n")
    run("build")
    assert run("why", "/Killed/source") == (0, "/Killed/source is fresh\n")


def test_the_log_of_a_build_finds_each_job_by_name(run, tmp_path):
    run("build")
    [log] = (tmp_path / "_logs").glob("*.jsonl")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["event"] for event in events[:2]] == ["build began", "job began"]
    ended = next(e for e in events if e["event"] == "job ended" and e["transform"] == "killed.transforms:last")
    assert (ended["state"], ended["rows"], ended["traceback"]) == ("completed", {"/Killed/last": 1}, None)


def test_retry_builds_only_what_the_last_build_did_not_complete(run, tmp_path):
    blocked = tmp_path / "master" / "Killed"
    blocked.mkdir(parents=True)
    (blocked / "growing").write_text("a file where a table should be")
    assert states(run("build", "--json")[1]) == {
        "/Killed/source": "completed",
        "/Killed/rows": "completed",
        "/Killed/growing": "failed",
        "/Killed/last": "aborted",
    }
    (blocked / "growing").unlink()
    code, printed = run("build", "--retry", "--json")
    assert code == 0
    assert {name for name, state in states(printed).items() if state == "completed"} == {
        "/Killed/growing",
        "/Killed/last",
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
    blocked = tmp_path / "master" / "Killed"
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
    run("build", "/Killed/source")
    printed = run("build", "-v")[1]
    assert sum(str(log) in printed for log in (tmp_path / "_logs").glob("*.jsonl")) == 1
    assert f"Spark's log  {tmp_path / '_logs' / 'spark.log'}, profile local\n" in printed
    assert f"Python {platform.python_version()}, " in printed
    assert (
        f"killed.transforms:both: /Killed/rows has not been built yet\n  {KILLED}/src/killed/transforms.py:14\n"
        "  reads   /Killed/source  version 0 of branch master\n"
        "  writes  /Killed/rows  not built yet\n  writes  /Killed/totals  not built yet\n"
    ) in printed
    assert "  reads   /Killed/growing  as this build makes it\n" in printed


def test_quiet_and_verbose_do_not_go_together(run):
    assert run("build", "-q", "-v")[0] == 2


def test_json_stands_alone_on_stdout_however_much_is_told_beside_it(run):
    assert json.loads(run("build", "--json", "-v")[1])["succeeded"]


def test_no_jvm_starts_for_what_needs_none(run, tmp_path):
    run("build")
    assert not (tmp_path / "_logs" / "spark.log").exists()
