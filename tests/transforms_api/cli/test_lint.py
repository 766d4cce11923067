import json
import sys

import pytest

from transforms_api.cli import app

RATES = """
from datetime import date

from transforms.api import Output, transform_df


@transform_df(Output("/Shop/rates"))
def rates(ctx):
    return ctx.spark_session.createDataFrame([(date.today(), 0.2)], "day date, rate double")
"""


@pytest.fixture
def lint(tmp_path, monkeypatch, capsys):
    """lint(text, argument, …) → (exit code, what it prints) of a repository with a module of this text."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.chdir(tmp_path)

    def run(text, *arguments):
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "linted_rates.py").write_text(text)
        with pytest.raises(SystemExit) as ended:
            app.main(["lint", "--repo", str(tmp_path), *arguments])
        return ended.value.code, capsys.readouterr().out

    yield run
    sys.modules.pop("linted_rates", None)


def test_a_finding_is_a_line_with_its_place_and_one_with_the_fix(lint):
    code, printed = lint(RATES)
    location, fix, summary = printed.splitlines()
    assert code == 1
    assert location == "src/linted_rates.py:9:48 F201 date.today() is the time at which the build happens to run"
    assert fix.startswith("    Take it from the data")
    assert summary == "1 finding; files read: 1."


def test_without_findings_the_exit_code_is_0(lint):
    assert lint(RATES.replace("date.today()", "date(2024, 1, 1)")) == (0, "No findings; files read: 1.\n")


def test_json_is_a_list_and_nothing_else(lint):
    code, printed = lint(RATES, "--format", "json")
    [finding] = json.loads(printed)
    assert code == 1
    assert {key: finding[key] for key in ("file", "line", "column", "code")} == {
        "file": "src/linted_rates.py",
        "line": 9,
        "column": 48,
        "code": "F201",
    }
    assert {"message", "rule", "fix"} < finding.keys()


def test_github_gets_an_annotation_for_each_finding(lint):
    code, printed = lint(RATES, "--format", "github")
    assert code == 1
    assert printed.startswith("::error file=src/linted_rates.py,line=9,col=48,title=F201::date.today() is the time")
    assert printed.count("\n") == 1


def test_characters_that_would_end_an_annotation_are_escaped(lint):
    assert (
        "'50%25 off,%0A::set-env'"
        in lint(RATES.replace("/Shop/rates", "50% off,\\n::set-env"), "--format", "github")[1]
    )


def test_an_unknown_format_is_wrong_use(lint):
    assert lint(RATES, "--format", "xml")[0] == 2
