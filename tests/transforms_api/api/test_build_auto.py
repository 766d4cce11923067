"""Builds with the engine `auto`: Sail computes a job unless it cannot compute it as Spark does."""

import importlib.util

import pytest

from transforms_api import JobState, Project
from transforms_api.api import BuildRequest
from transforms_api.cli import app
from transforms_api.engines import Unsupported

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")

HEAD = """
from transforms.api import transform_df, Check, Input, Output
from transforms import expectations as E
from pyspark.sql import functions as F
"""
ON_SAIL = """
@transform_df(Output("/Shop/orders"))
def orders(ctx):
    return ctx.spark_session.createDataFrame([("A", "1"), ("B", "many")], "customer string, amount string")


@transform_df(Output("/Shop/customers"), orders=Input("/Shop/orders"))
def customers(orders):
    return orders.groupBy("customer").agg(F.count(F.lit(1)).alias("orders"))
"""
REFUSED = """

@transform_df(Output("/Shop/days"), orders=Input("/Shop/orders"))
def days(orders):
    return orders.select(F.rint(F.lit(0.5)).cast("int").alias("day")).distinct()
"""
FAILS_AT_RUN_TIME = """

@transform_df(Output("/Shop/amounts"), orders=Input("/Shop/orders"))
def amounts(orders):
    is_one = F.col("amount").cast("boolean")  # Sail refuses a text that is no boolean
    return orders.select("customer", F.coalesce(is_one.cast("int"), F.lit(2)).alias("amount"))
"""
DEPENDENTS = """

@transform_df(Output("/Shop/summary"), days=Input("/Shop/days"), amounts=Input("/Shop/amounts"))
def summary(days, amounts):
    return amounts.crossJoin(days).groupBy("day").agg(F.sum("amount").alias("amount"))
"""


@pytest.fixture
def build(open_modules):
    """build(code, …, engine='auto') → the report of a build of a repository with a module for each code."""

    def run(*codes, engine="auto", verify=False):
        modules = {f"module_{number}": HEAD + code for number, code in enumerate(codes)}
        return open_modules(modules, engine=engine).build(verify=verify)

    run.opened = open_modules.opened
    return run


@pytest.fixture
def no_java(monkeypatch):
    """Let the start of a Spark session fail."""
    monkeypatch.setattr("transforms_api.engines.spark.session.start_session", None)


def engines(report):
    return {job.transform.__name__: job.engine for job in report.jobs}


def rows(build, dataset):
    return build.opened[-1].dataset(dataset).arrow().to_pylist()


def test_each_job_runs_on_the_engine_that_can_compute_it_and_the_report_says_why(build):
    report = build(ON_SAIL, REFUSED, FAILS_AT_RUN_TIME, DEPENDENTS)
    report.raise_for_failures()
    assert engines(report) == {
        "orders": "sail", "customers": "sail", "days": "spark", "amounts": "spark", "summary": "sail"
    }  # fmt: skip
    whys = {job.transform.__name__: job.why_engine for job in report.jobs if job.why_engine}
    assert whys.keys() == {"days", "amounts"}
    assert whys["days"].startswith("Sail computes functions.rint differently (")
    assert whys["days"].endswith("module_1.py:9)")
    assert "failed on Sail: SparkRuntimeException: Cast error" in whys["amounts"]
    assert rows(build, "summary") == [{"day": 0, "amount": 3}]


def test_the_commit_names_the_engine_that_computed_the_job(build):
    build(ON_SAIL, REFUSED)
    made = {name: build.opened[-1].dataset(name).history(1)[0].commit.provenance for name in ("orders", "days")}
    assert [(provenance.engine, provenance.engine_proof) for provenance in made.values()] == [
        ("sail", "probes"),
        ("spark", None),
    ]


def test_spark_does_not_start_for_jobs_that_sail_computes(build, no_java):
    report = build(ON_SAIL)
    report.raise_for_failures()
    assert set(engines(report).values()) == {"sail"}


def test_an_error_of_the_transforms_own_code_does_not_start_spark(build, no_java):
    [job] = build("""
@transform_df(Output("/Shop/orders"))
def orders(ctx):
    raise ValueError("no orders today")
""").jobs
    assert (job.state, job.engine, job.why_engine) == (JobState.FAILED, "sail", None)
    assert "no orders today" in job.reason


def test_a_check_that_does_not_hold_does_not_start_spark(build, no_java):
    [job] = build("""
@transform_df(Output("/Shop/orders", checks=Check(E.col("n").gt(1), "n is more than one")))
def orders(ctx):
    return ctx.spark_session.createDataFrame([(1,), (2,)], "n int")
""").jobs
    assert (job.state, job.engine) == (JobState.FAILED, "sail")
    assert "n is more than one" in job.reason


def test_a_query_that_is_wrong_on_both_engines_fails_with_sparks_error(build):
    [job] = build("""
@transform_df(Output("/Shop/orders"))
def orders(ctx):
    return ctx.spark_session.range(1).select("no_such_column")
""").jobs
    assert (job.state, job.engine) == (JobState.FAILED, "spark")
    assert "UNRESOLVED_COLUMN" in job.reason


def test_a_udf_of_a_module_works_on_sail(build, no_java):
    report = build("""
from pyspark.sql import types as T


@F.udf(T.LongType())
def double(n):
    return 2 * n


@transform_df(Output("/Shop/doubled"))
def doubled(ctx):
    return ctx.spark_session.range(2).select(double("id").alias("n"))
""")
    report.raise_for_failures()
    assert sorted(row["n"] for row in rows(build, "doubled")) == [0, 2]


def test_a_setting_that_changes_what_code_means_keeps_all_jobs_on_spark(build, tmp_path):
    conf = tmp_path / "repository" / "conf"
    conf.mkdir(parents=True)
    (conf / "run.toml").write_text(
        'profile = "strict"\n[profiles.strict]\n"spark.master" = "local[1]"\n"spark.sql.ansi.enabled" = "true"\n'
        '"spark.ui.enabled" = "false"\n"spark.driver.host" = "127.0.0.1"\n'
    )
    report = build(ON_SAIL)
    assert set(engines(report).values()) == {"spark"}
    assert report.warnings == [
        "Spark computes this build: the session's profile sets spark.sql.ansi.enabled, which Sail does not know."
    ]


def test_a_build_without_sail_runs_on_spark_and_warns_with_the_extra(build, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == "grpc" else find(name, *more))
    report = build(ON_SAIL)
    assert set(engines(report).values()) == {"spark"}
    [warning] = report.warnings
    assert warning.startswith("Spark computes this build: Sail needs grpcio, which is not installed: pip install ")
    assert "transforms-anywhere[sail]" in warning


def test_on_a_platform_without_sail_spark_computes_with_a_note(build, monkeypatch):
    monkeypatch.setattr("transforms_api.engines.SailEngine.missing_platform", lambda: "Linux on riscv64")
    report = build(ON_SAIL, engine="sail")
    assert set(engines(report).values()) == {"spark"}
    assert report.warnings == ["Spark computes this build: Sail is not published for Linux on riscv64."]


def test_a_transform_with_a_language_model_runs_on_sail(build, no_java):
    report = build("""
from transforms.api import transform
from palantir_models.transforms import OpenAiGptChatLanguageModelInput


MODEL = "ri.language-model-service..language-model.gpt-4_azure"


@transform(model=OpenAiGptChatLanguageModelInput(MODEL), out=Output("/Shop/said"))
def said(ctx, model, out):
    out.write_dataframe(ctx.spark_session.range(1))
""")
    report.raise_for_failures()
    assert engines(report) == {"said": "sail"}


def test_what_sail_computed_is_fresh_for_spark_if_the_probes_show_that_it_is_equal(build, tmp_path):
    build(ON_SAIL)
    assert Project.open(tmp_path / "repository", engine="spark").plan().jobs == []


@pytest.mark.parametrize("engine", ["spark", "auto"])
def test_code_is_not_scanned_again_for_a_table_that_the_same_probes_have_proven(build, tmp_path, monkeypatch, engine):
    build(ON_SAIL)
    monkeypatch.setattr("transforms_api.builds.engine_choice.unsupported_on_sail", None)
    assert Project.open(tmp_path / "repository", engine=engine).plan().jobs == []


def test_code_is_scanned_again_when_the_probes_or_the_scan_have_changed(build, tmp_path, monkeypatch):
    build(ON_SAIL)
    unsupported = (Unsupported("functions.count", "differs", "orders.py", 14),)
    monkeypatch.setattr("transforms_api.builds.engine_choice.unsupported_on_sail", lambda *_: unsupported)
    monkeypatch.setattr("transforms_api.builds.engine_choice.probes_digest", lambda: "of other probes")
    plan = Project.open(tmp_path / "repository", engine="spark").plan("/Shop/orders")
    assert [plan.why(job) for job in plan.jobs] == [
        "/Shop/orders was built on Sail 0.7.2, which may differ from Spark: Sail computes functions.count differently "
        "(orders.py:14)"
    ]


def test_what_sail_computed_without_proof_is_stale_for_spark_and_auto_and_the_reason_says_so(build, tmp_path):
    build(ON_SAIL, REFUSED, engine="sail")
    assert Project.open(tmp_path / "repository", engine="sail").plan().jobs == []
    for engine in ("spark", "auto"):
        plan = Project.open(tmp_path / "repository", engine=engine).plan("/Shop/days")
        [why] = [plan.why(job) for job in plan.jobs]
        assert why.startswith(
            "/Shop/days was built on Sail 0.7.2, which may differ from Spark: Sail computes functions.rint"
        )


def test_verify_compares_each_table_publishes_what_spark_computes_and_says_which_columns_differ(build):
    report = build(ON_SAIL, REFUSED, engine="sail", verify=True)
    report.raise_for_failures()
    assert {job.transform.__name__: job.is_verified for job in report.jobs} == {
        "orders": True, "customers": True, "days": False
    }  # fmt: skip
    assert [job.differences for job in report.differing] == [
        ["/Shop/days: column day differs in 1 rows, e.g. Spark 0, Sail 1"]
    ]
    assert engines(report) == {"orders": "sail", "customers": "sail", "days": "spark"}
    assert rows(build, "days") == [{"day": 0}]
    made = {name: build.opened[-1].dataset(name).history(1)[0].commit.provenance for name in ("customers", "days")}
    assert [(provenance.engine_proof, provenance.sail_differences) for provenance in made.values()] == [
        ("verified", ()),
        (None, ("/Shop/days: column day differs in 1 rows, e.g. Spark 0, Sail 1",)),
    ]


def test_what_was_verified_is_fresh_for_spark_and_what_was_not_is_stale_for_verify(build, tmp_path):
    build(ON_SAIL, engine="sail")
    verifying = Project.open(tmp_path / "repository", engine="sail").new_build(BuildRequest(verify=True)).plan
    assert "/Shop/orders was built on Sail 0.7.2, which may differ from Spark: it is to be verified" in [
        verifying.why(job) for job in verifying.jobs
    ]
    build(ON_SAIL, engine="sail", verify=True)
    for engine in ("spark", "auto", "sail"):
        assert Project.open(tmp_path / "repository", engine=engine).plan().jobs == []


def test_the_exit_code_of_verify_is_1_if_a_table_differs(build, tmp_path, capsys):
    build(ON_SAIL, REFUSED, engine="sail")
    with pytest.raises(SystemExit) as ended:
        app.main(["build", "--repo", str(tmp_path / "repository"), "--engine", "sail", "--verify"])
    printed = capsys.readouterr().out
    assert ended.value.code == 1
    assert "differs /Shop/days: column day differs in 1 rows, e.g. Spark 0, Sail 1" in printed
    assert "2 of 3 compared jobs are equal on Sail and Spark." in printed


def test_verify_without_sail_is_wrong_use(build, tmp_path):
    build(ON_SAIL)
    with pytest.raises(SystemExit) as ended:
        app.main(["build", "--repo", str(tmp_path / "repository"), "--verify"])
    assert ended.value.code == 2


def test_preview_runs_on_sail_and_says_why_spark_computes(build, tmp_path, capsys):
    build(ON_SAIL, REFUSED, FAILS_AT_RUN_TIME)

    def preview(target):
        with pytest.raises(SystemExit) as ended:
            app.main(["preview", target, "--repo", str(tmp_path / "repository"), "--engine", "auto"])
        assert ended.value.code == 0
        return capsys.readouterr().out

    assert "computed on Spark" not in preview("customers")
    assert "computed on Spark: Sail computes functions.rint differently" in preview("days")
    assert "computed on Spark: failed on Sail" in preview("amounts")


def test_run_toml_may_name_the_engine(build, tmp_path, no_java):
    (tmp_path / "repository" / "conf").mkdir(parents=True)
    (tmp_path / "repository" / "conf" / "run.toml").write_text('engine = "auto"\n')
    assert set(engines(build(ON_SAIL, engine=None)).values()) == {"sail"}


def test_a_python_function_that_was_saved_anew_runs_as_it_is_now(build, tmp_path):
    code = """
from pyspark.sql import types as T
from shop.rule import factor


@transform_df(Output("/Shop/numbers"))
def numbers(ctx):
    return ctx.spark_session.range(1, 2).select(F.udf(factor, T.LongType())("id").alias("n"))
"""
    rule = tmp_path / "repository" / "shop" / "rule.py"
    rule.parent.mkdir(parents=True)
    rule.write_text("def factor(n):\n    return 2 * n\n")
    build(code, engine="sail").raise_for_failures()
    assert rows(build, "numbers") == [{"n": 2}]
    rule.write_text("def factor(n):\n    return 30 * n\n")
    build.opened[-1].reload()
    build.opened[-1].build().raise_for_failures()
    assert rows(build, "numbers") == [{"n": 30}]
