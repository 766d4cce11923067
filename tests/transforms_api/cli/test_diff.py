"""`diff` on a small project in a git repository, whose transforms need no Spark."""

import json
import subprocess
import sys

import pytest

from transforms_api.cli.app import main
from transforms_api.project import forget_modules

DEALS = """
import polars
from transforms import expectations as E
from transforms.api import Check, Output, transform


@transform.using(out=Output("/Shop/deals", checks=Check(E.primary_key("deal"), "key")))
def deals(out):
    out.write_table(polars.DataFrame({"deal": ["A", "B", "C"], "amount": [10, 20, 30], "stage": ["w", "w", "l"]}))
"""
LARGE = """
import polars
from transforms import expectations as E
from transforms.api import Check, Input, Output, transform

LIMIT = 15


@transform.using(deals=Input("/Shop/deals"), out=Output("/Shop/large", checks=Check(E.primary_key("deal"), "key")))
def large(deals, out):
    frame = deals.polars()
    out.write_table(frame.with_columns(is_large=polars.col("amount") > LIMIT))
"""
COUNTS = """
import polars
from transforms.api import Input, Output, transform


@transform.using(large=Input("/Shop/large"), out=Output("/Shop/counts"))
def counts(large, out):
    out.write_table(large.polars().group_by("stage").len().sort("stage"))
"""
OTHER = """
import polars
from transforms.api import Output, transform


@transform.using(out=Output("/Shop/other"))
def other(out):
    out.write_table(polars.DataFrame({"n": [1]}))
"""


def git(folder, *arguments):
    own = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *own, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    """The folder of the project, which is committed on the branch main."""
    folder = tmp_path / "repository"
    package = folder / "src" / "shop"
    package.mkdir(parents=True)
    for name, text in {"deals": DEALS, "large": LARGE, "counts": COUNTS, "other": OTHER}.items():
        (package / f"{name}.py").write_text(text)
    (folder / ".gitignore").write_text("warehouse/\n__pycache__/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "All deals")
    yield folder
    forget_modules([tmp_path])
    sys.path[:] = [path for path in sys.path if not path.startswith(str(tmp_path))]


@pytest.fixture
def run(folder, capsys):
    """run(command, option, …) → exit code, stdout and stderr, in the project's folder."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--repo", str(folder)])
        forget_modules([folder])
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def edit(folder):
    """edit(module, old, new) replaces a text in a module of the project."""

    def replace(module, old, new):
        file = folder / "src" / "shop" / f"{module}.py"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return replace


def found_by(run, *arguments):
    code, printed, errors = run("diff", "--json", *arguments)
    assert code == 0, errors
    return json.loads(printed)


def test_a_changed_rule_shows_the_rows_and_values_that_it_changes(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    report = found_by(run, "--base", "main")
    assert [(dataset["dataset"], dataset["status"]) for dataset in report["datasets"]] == [
        ("/Shop/large", "changed"),
        ("/Shop/counts", "unchanged"),
    ]
    difference = report["datasets"][0]["difference"]
    assert difference["rows"] == {"added": 0, "removed": 0, "changed": 1}
    assert difference["values"] == {"is_large": 1}
    assert difference["value_examples"] == {"is_large": [{"key": {"deal": "B"}, "before": True, "after": False}]}
    assert report["untouched"] == 2


def test_a_changed_column_names_the_datasets_that_may_depend_on_it(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    [reach] = found_by(run, "--base", "main")["datasets"][0]["reaches"]
    assert (reach["column"], reach["change"], reach["unknown"]) == ("is_large", "changed", ["/Shop/counts"])


def test_a_removed_column_names_the_datasets_that_may_depend_on_it(run, edit):
    edit("large", "frame = deals.polars()", 'frame = deals.polars().drop("amount").with_columns(amount_left=1)')
    edit("large", 'polars.col("amount") > LIMIT', "True")
    reaches = found_by(run, "--base", "main")["datasets"][0]["reaches"]
    assert [(reach["column"], reach["change"]) for reach in reaches] == [("amount", "removed"), ("is_large", "changed")]


def test_each_dataset_says_why_the_change_touches_it(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    report = found_by(run, "--base", "main")
    assert [dataset["reason"] for dataset in report["datasets"]] == ["shop.large has changed", "it reads /Shop/large"]


def test_a_warehouse_that_was_built_with_the_change_is_compared_all_the_same(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    run("build")
    report = found_by(run, "--base", "main")
    assert report["datasets"][0]["difference"]["values"] == {"is_large": 1}


def test_fresh_versions_of_the_base_are_used_and_only_the_change_is_built(run, edit):
    run("build")
    edit("large", "LIMIT = 15", "LIMIT = 25")
    report = found_by(run, "--base", "main")
    assert report["built"] == 2
    assert [dataset["before"]["branch"] for dataset in report["datasets"]] == ["master", "master"]


def test_without_a_change_nothing_is_built(run):
    report = found_by(run, "--base", "main")
    assert (report["datasets"], report["built"], report["untouched"]) == ([], 0, 4)


def test_a_comment_that_changed_touches_no_dataset(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 15  # in thousands")
    assert found_by(run, "--base", "main")["datasets"] == []


def test_new_and_removed_datasets_are_listed_as_such(run, folder):
    (folder / "src" / "shop" / "other.py").write_text(OTHER.replace("/Shop/other", "/Shop/another"))
    report = found_by(run, "--base", "main")
    assert {dataset["dataset"]: dataset["status"] for dataset in report["datasets"]} == {
        "/Shop/another": "added",
        "/Shop/other": "removed",
    }


def test_a_dataset_without_a_key_is_compared_by_whole_rows(run, edit):
    edit("other", "[1]", "[1, 2]")
    _, printed, _ = run("diff", "--base", "main")
    assert "Whole rows are compared, since the dataset has no primary key" in printed
    assert "+ n=2" in printed


def test_targets_limit_what_is_compared(run, edit):
    edit("deals", "30]", "31]")
    report = found_by(run, "large", "--base", "main")
    assert [dataset["dataset"] for dataset in report["datasets"]] == ["/Shop/large"]


def test_the_branches_of_the_comparison_are_removed(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    found_by(run, "--base", "main")
    assert json.loads(run("branch", "list", "--json")[1])["branches"] == []


def test_the_work_trees_of_the_comparison_are_removed(run, edit, folder):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    found_by(run, "--base", "main")
    assert len(git(folder, "worktree", "list").splitlines()) == 1


def test_the_branches_stay_with_keep_and_are_not_overwritten(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    assert found_by(run, "--base", "main", "--keep", "try")["branches"] == ["try/base", "try/change"]
    code, _, errors = run("diff", "--base", "main", "--keep", "try")
    assert code == 2
    assert "exists already" in errors


@pytest.mark.parametrize(
    ("module", "old", "new", "kind"),
    [
        ("large", "LIMIT = 15", "LIMIT = 25", "rows"),
        ("large", "is_large=", "is_big=", "schema"),
        ("large", 'E.primary_key("deal"), "key"', 'E.primary_key("deal"), "unique"', "checks"),
        ("large", "LIMIT = 15", "LIMIT = 25", "any"),
    ],
)
def test_fail_on_a_kind_of_change_sets_the_exit_code(run, edit, module, old, new, kind):
    edit(module, old, new)
    assert run("diff", "--base", "main", "--fail-on", kind)[0] == 1


def test_fail_on_a_kind_that_the_change_does_not_have_exits_with_0(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    assert run("diff", "--base", "main", "--fail-on", "schema", "--fail-on", "checks")[0] == 0


def test_a_change_that_cannot_be_built_exits_with_1_and_shows_the_error(run, edit):
    edit("large", "frame = deals.polars()", "raise ValueError('no deals today')")
    code, printed, _ = run("diff", "--base", "main")
    assert code == 1
    assert "no deals today" in printed


def test_a_base_that_cannot_be_built_is_reported_with_its_error(run, edit, folder):
    edit("large", "frame = deals.polars()", "raise ValueError('no deals today')")
    git(folder, "commit", "-qam", "Broken")
    edit("large", "raise ValueError('no deals today')", "frame = deals.polars()")
    code, printed, _ = run("diff", "--base", "main")
    assert code == 0
    assert "The base cannot build it" in printed


def test_a_branch_of_the_warehouse_may_be_the_base(run, edit):
    run("build")
    edit("large", "LIMIT = 15", "LIMIT = 25")
    report = found_by(run, "--base", "branch:master")
    assert [dataset["dataset"] for dataset in report["datasets"]] == ["/Shop/large", "/Shop/counts"]
    assert report["datasets"][0]["difference"]["values"] == {"is_large": 1}


def test_a_version_with_what_was_made_from_it_may_be_the_base(run, edit):
    run("build")
    edit("deals", "30]", "31]")
    run("build")
    report = found_by(run, "--base", "deals@0")
    assert [(dataset["dataset"], dataset["status"]) for dataset in report["datasets"]] == [
        ("/Shop/deals", "changed"),
        ("/Shop/large", "changed"),
        ("/Shop/counts", "unchanged"),
    ]


def test_uncommitted_files_are_part_of_the_change_and_counted(run, edit):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    assert found_by(run, "--base", "main")["change"].endswith("with 1 uncommitted file")


def test_commits_of_the_base_that_the_branch_lacks_are_noted(run, edit, folder):
    git(folder, "checkout", "-qb", "feature")
    git(folder, "checkout", "-q", "main")
    edit("other", "[1]", "[2]")
    git(folder, "commit", "-qam", "Two")
    git(folder, "checkout", "-q", "feature")
    assert "main has 1 commit that the current branch lacks" in found_by(run, "--base", "main")["notes"][0]


@pytest.mark.parametrize(
    ("base", "problem"),
    [
        ("mian", "'mian' is no git revision, no branch of the warehouse, and no DATASET@VERSION. Did you mean main?"),
        ("git:nothing", "'nothing' is no git revision."),
        ("branch:nothing", "'nothing' is no branch of the warehouse."),
        ("deals@7", "on branch 'master': build it first."),
        ("--upload-pack=x", "is no git revision"),
    ],
)
def test_a_base_that_does_not_exist_is_refused(run, base, problem):
    code, _, errors = run("diff", f"--base={base}")
    assert code == 2
    assert problem in " ".join(errors.split())


def test_a_project_outside_of_git_has_no_revisions(run, folder):
    (folder / ".git").rename(folder / "git")
    code, _, errors = run("diff", "--base", "main")
    assert code == 2
    assert "is not in a git repository" in " ".join(errors.split())


def test_a_kind_that_does_not_exist_is_refused(run):
    code, _, errors = run("diff", "--fail-on", "colour")
    assert code == 2
    assert "--fail-on has no kind 'colour'" in " ".join(errors.split())


def test_both_reports_are_written(run, edit, tmp_path):
    edit("large", "LIMIT = 15", "LIMIT = 25")
    code, printed, _ = run(
        "diff", "--base", "main", "--markdown", str(tmp_path / "diff.md"), "--html", str(tmp_path / "diff.html")
    )
    assert code == 0
    assert printed.strip() == "1 changed, 1 unchanged, 2 not touched."
    assert "| `is_large` | 1 | `B` | `true` | `false` |" in (tmp_path / "diff.md").read_text()
    assert "is_large" in (tmp_path / "diff.html").read_text()
