"""The suite itself: its tiers, and the build of the demo that its tests share."""

import ast
import importlib.util
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from transforms_api.engines.engine import CancelToken
from transforms_api.engines.spark.job_session import job_session

TESTS = Path(__file__).parent
PROJECT = TESTS.parent


@pytest.fixture
def suite(request):
    """The functions of tests/conftest.py."""
    return request.config.pluginmanager.get_plugin(str(TESTS / "conftest.py"))


@pytest.fixture
def markers(suite):
    """markers(file below tests, test) → the markers of a test without fixtures."""

    def of(file, name="test_it"):
        item = SimpleNamespace(path=TESTS / file, name=name, fixturenames=(), _fixtureinfo=None, function=None)
        return set(suite.markers_of(item))

    return of


@pytest.mark.parametrize("folder", ["browser", "cluster", "portability", "leaving"])
def test_a_tier_that_needs_a_program_is_left_out_of_the_default_suite(markers, folder):
    assert {folder, "slow"} <= markers(f"{folder}/test_a.py")


def test_a_test_of_a_rule_has_no_marker_without_spark(markers):
    assert markers("revops/common/test_quarters.py") == set()


def test_named_steps_of_a_killed_job_are_in_the_default_suite_and_random_kills_are_not(markers):
    file = "transforms_api/builds/test_killed_builds.py"
    named, at_random = "test_a_job_with_two_outputs_killed_at_any_step", "test_a_build_killed_at_any_instant_leaves"
    assert markers(file, named) == {"crash", "process"}
    assert markers(file, at_random) == {"crash", "process", "slow"}


def test_every_test_that_a_marker_names_exists(suite):
    for node in (*suite.NODES, *suite.NEED_SPARK):
        file, _, name = node.partition("::")
        assert (TESTS / file).is_dir() if node.endswith("/") else f"def {name}" in (TESTS / file).read_text()


def counts(spark):
    return spark.range(3).count()


def counts_partitions(spark):
    return spark.range(3).rdd.getNumPartitions()


def calls_a_function_that_counts_partitions(spark):
    return counts_partitions(spark) + 1


def test_a_test_needs_spark_if_its_code_or_a_function_that_it_calls_names_what_only_spark_has(suite):
    def needs_spark(function):
        return suite.needs_spark(SimpleNamespace(fixturenames=(), function=function))

    assert [needs_spark(one) for one in (counts, counts_partitions, calls_a_function_that_counts_partitions)] == [
        False, True, True,
    ]  # fmt: skip


TESTS_OF_AN_ENGINE = """
from pyspark import SparkContext


def test_rows_are_counted(spark):
    assert spark.range(3).count() == 3


def test_partitions_are_counted(spark):
    assert spark.range(3).rdd.getNumPartitions() > 0


def test_the_session_is_one_of_sail(spark):
    assert type(spark).__module__ == "pyspark.sql.connect.session"


def test_a_frame_is_computed_once(spark):
    frame = spark.createDataFrame([(1, ["a"]), (2, None)], "id int, names array<string>").localCheckpoint()
    assert frame.dtypes == [("id", "int"), ("names", "array<string>")]
    assert sorted(map(tuple, frame.collect())) == [(1, ["a"]), (2, None)]


def test_no_java_has_been_started(spark):
    assert SparkContext._gateway is None
"""


@pytest.fixture
def run_suite(tmp_path):
    """run_suite(code, argument, …) → the output of pytest on one file of tests beside tests/conftest.py."""

    def run(code, *arguments):
        (tmp_path / "conftest.py").symlink_to(TESTS / "conftest.py")
        (tmp_path / "test_it.py").write_text(code)
        settings = ["-c", PROJECT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider", "-n", "0"]
        command = [sys.executable, "-m", "pytest", *settings, *arguments, tmp_path / "test_it.py"]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=PROJECT)

    return run


@pytest.mark.skipif(
    importlib.util.find_spec("pysail") is None,
    reason="the extra [sail] is not installed",
)
def test_with_sail_no_java_starts_and_tests_that_need_spark_are_counted(run_suite):
    found = run_suite(TESTS_OF_AN_ENGINE, "--engine", "sail")
    assert "4 passed, 1 deselected" in found.stdout, found.stdout
    assert "1 tests need Spark and did not run on Sail: pytest -m 'jvm and (not slow)'" in found.stdout


def test_the_script_of_the_tiers_knows_every_marker_of_a_program():
    text = (PROJECT / "scripts" / "test").read_text()
    assert all(
        tier in text
        for tier in ("process", "pipeline", "crash", "cluster", "browser", "portability", "leaving", "slow")
    )


@pytest.mark.parametrize("script", ["test", "setup-tests"])
def test_a_script_can_be_started_by_its_name(script):
    assert os.stat(PROJECT / "scripts" / script).st_mode & stat.S_IXUSR


def test_no_test_installs_a_program():
    """Lists of arguments, such as ["apt-get", "install", …], in which a package manager is the first word."""
    managers = {"apt-get", "apt", "go", "npm", "brew"}
    files = [file for file in TESTS.rglob("*.py") if "layouts" not in file.parts]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
                assert node.elts[0].value not in managers, f"{file}:{node.lineno}"


@pytest.fixture
def code(suite, tmp_path):
    """A project with one file in each of two folders."""
    for folder in suite.BUILT_FROM[:2]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("a = 1\n")
    return tmp_path


def test_the_state_of_the_code_is_the_same_for_the_same_files(suite, code):
    (code / "transforms" / "__pycache__").mkdir()
    state = suite.state_of_the_code(code)
    (code / "transforms" / "__pycache__" / "a.pyc").write_text("compiled")
    (code / "README.md").write_text("changed")
    assert suite.state_of_the_code(code) == state


def test_a_changed_a_moved_and_a_removed_file_each_change_the_state_of_the_code(suite, code):
    states = [suite.state_of_the_code(code)]
    (code / "transforms" / "a.py").write_text("a = 2\n")
    states.append(suite.state_of_the_code(code))
    (code / "transforms" / "a.py").rename(code / "transforms" / "b.py")
    states.append(suite.state_of_the_code(code))
    (code / "transforms" / "b.py").unlink()
    states.append(suite.state_of_the_code(code))
    assert len(set(states)) == 4


def test_a_changed_library_version_changes_the_state_of_the_code(suite, code, monkeypatch):
    state = suite.state_of_the_code(code)
    monkeypatch.setattr(suite, "version", lambda library: "99")
    assert suite.state_of_the_code(code) != state


def test_an_unfinished_build_is_removed_and_the_newest_state_stays(suite, tmp_path):
    for number, name in enumerate(["old", "new", "unfinished"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (number, number))
    suite.remove_all_but_the_newest(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == ["new"]


@pytest.fixture
def plan_of_a_job(spark):
    """plan_of_a_job() → Spark's plan of a query in the session of a job; `*(1)` marks generated code."""

    def plan():
        with job_session(lambda: spark, {}, CancelToken()) as session:
            return session().range(3).groupBy("id").count()._jdf.queryExecution().executedPlan().toString()

    return plan


def test_jobs_of_tests_compute_without_generated_code_and_plan_once(plan_of_a_job):
    assert not {"*(1)", "AdaptiveSparkPlan"} & set(plan_of_a_job().split())


def test_the_build_of_the_demo_computes_with_generated_code_and_adaptive_plans(suite, spark, plan_of_a_job):
    with suite.compiled(spark):
        plan = plan_of_a_job()
        with job_session(lambda: spark, {}, CancelToken()) as session:
            filtered = session().range(3).filter("id > 1")._jdf.queryExecution().executedPlan().toString()
    assert plan.startswith("AdaptiveSparkPlan")
    assert filtered.startswith("*(1)")
    assert not plan_of_a_job().startswith("AdaptiveSparkPlan")
