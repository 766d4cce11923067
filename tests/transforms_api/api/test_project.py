"""The Python API as a notebook or a scheduler uses it."""

import subprocess
import sys

import polars
import pytest

from transforms_api import BuildListener, JobState, Project, TransformsError
from transforms_api.errors import BuildFailedError, DiscoveryError, MissingInputError, StoreError, UnknownTargetError


def states(report):
    return {dataset: job.state for job in report.jobs for dataset in job.transform.writes}


def test_importing_the_package_imports_neither_spark_nor_the_api():
    heavy = {"pyspark", "deltalake", "transforms_api.api"}
    code = f"import sys, transforms_api; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_reading_the_history_of_a_dataset_imports_no_spark(write, warehouse):
    write("/Shop/orders", n=[1])
    opened = f"Project.open({str(warehouse.root.parent)!r}, warehouse={str(warehouse.root)!r})"
    (warehouse.root.parent / "module.py").touch()
    history = f"from transforms_api import Project; {opened}.dataset('/Shop/orders').history()"
    code = f"import sys; {history}; print('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_opening_a_project_imports_none_of_its_modules(folder, modules):
    (modules / "totals.py").write_text("raise SystemExit('imported')")
    Project.open(folder)


def test_a_folder_without_python_cannot_be_opened(tmp_path):
    with pytest.raises(DiscoveryError):
        Project.open(tmp_path)


def test_transforms_are_in_build_order(project):
    assert [transform.writes for transform in project.transforms] == [["/Shop/orders"], ["/Shop/totals"]]


def test_a_plan_has_the_jobs_and_the_reason_of_each(project):
    plan = project.plan("totals")
    assert [plan.why(job) for job in plan.jobs] == [
        "/Shop/orders has not been built yet",
        "/Shop/totals has not been built yet",
    ]


def test_a_plan_of_an_unknown_target_is_an_error_with_the_nearest(project):
    with pytest.raises(UnknownTargetError, match="totals"):
        project.plan("total")


def test_a_build_returns_the_result_of_each_job(project):
    report = project.build()
    assert report.succeeded
    assert [job.rows for job in report.jobs] == [{"/Shop/orders": 3}, {"/Shop/totals": 2}]
    report.raise_for_failures()


def test_a_second_build_runs_no_job_unless_forced(project):
    project.build()
    assert set(states(project.build()).values()) == {JobState.IGNORED}
    assert set(states(project.build(force=True)).values()) == {JobState.COMPLETED}


def test_a_build_of_a_target_leaves_the_others_out(project):
    assert states(project.build("orders")) == {"/Shop/orders": JobState.COMPLETED}


def test_a_failed_job_raises_only_when_requested(project, modules):
    (modules / "totals.py").write_text("""
from transforms.api import Input, Output, transform


@transform.using(orders=Input("/Shop/orders"), out=Output("/Shop/totals"))
def totals(orders, out):
    raise ValueError("no rate for CH")
""")
    report = project.build()
    assert not report.succeeded
    with pytest.raises(BuildFailedError, match=r"1 of 2 jobs did not complete(.|\n)*no rate for CH(.|\n)*totals.py:7"):
        report.raise_for_failures()


def test_an_input_that_nothing_writes_is_an_error_before_anything_is_built(folder, modules):
    (modules / "orders.py").unlink()
    with pytest.raises(MissingInputError, match="/Shop/orders"):
        Project.open(folder).build("totals")


def test_events_of_a_build_go_to_a_function(project):
    events = []
    project.build("orders", on_event=lambda event: events.append(type(event).__name__))
    assert events == ["BuildStarted", "JobStarted", "JobEnded", "BuildEnded"]


def test_events_of_a_build_go_to_listeners(project):
    class Rows(BuildListener):
        total = 0

        def on_job_ended(self, result):
            self.total += sum(result.rows.values())

    listener = Rows()
    project.build(listeners=[listener])
    assert listener.total == 5


def test_a_build_writes_its_log(project):
    report = project.build()
    assert (project.logs / f"{report.build}.jsonl").is_file()


def test_a_saved_module_counts_after_a_reload(project, modules):
    project.build()
    (modules / "totals.py").write_text((modules / "totals.py").read_text().replace(".sum()", ".max()"))
    project.reload()
    assert states(project.build()) == {"/Shop/orders": JobState.IGNORED, "/Shop/totals": JobState.COMPLETED}
    assert project.dataset("totals").polars()["amount"].to_list() == [10, 30]


def test_watching_yields_a_report_now_and_after_each_save(project, modules):
    reports = project.watch()
    assert states(next(reports)) == dict.fromkeys(("/Shop/orders", "/Shop/totals"), JobState.COMPLETED)
    (modules / "totals.py").write_text((modules / "totals.py").read_text().replace(".sum()", ".max()"))
    assert states(next(reports))["/Shop/totals"] is JobState.COMPLETED
    reports.close()


def test_watching_goes_on_after_a_save_that_breaks_a_target(project, modules):
    text = (modules / "totals.py").read_text()
    reports = project.watch("totals", on_error=lambda error: (modules / "totals.py").write_text(text))
    next(reports)
    (modules / "totals.py").write_text("import no_such_module")
    assert next(reports).succeeded
    reports.close()


def test_states_say_what_is_stale_and_why(project):
    project.build("orders")
    states = project.states()
    assert {dataset: state.state.value for dataset, state in states.items()} == {
        "/Shop/orders": "fresh",
        "/Shop/totals": "missing",
    }


@pytest.mark.parametrize(
    "rows",
    [
        lambda dataset: dataset.polars(),
        lambda dataset: polars.from_pandas(dataset.pandas()),
        lambda dataset: polars.from_arrow(dataset.arrow()),
    ],
)
def test_the_rows_of_a_dataset_are_frames_of_three_libraries(project, rows):
    project.build()
    expected = polars.DataFrame({"country": ["CH", "US"], "amount": [10, 50]})
    assert rows(project.dataset("/Shop/totals")).equals(expected)


def test_the_rows_of_a_dataset_are_a_frame_of_spark(project, spark):
    project.build()
    assert [tuple(row) for row in project.dataset("totals").spark().collect()] == [("CH", 10), ("US", 50)]


def test_closing_a_project_leaves_a_spark_that_others_started(project, spark):
    with project:
        assert project.spark().range(2).count() == 2
    assert spark.range(3).count() == 3


def test_closing_a_project_stops_the_spark_that_it_started(project, monkeypatch):
    stopped = []

    class Session:
        def stop(self):
            stopped.append(self)

    session = Session()
    monkeypatch.setattr("transforms_api.engines.lazy_session", lambda *_: lambda: session)
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", None)
    with project:
        assert project.spark() is session
    assert stopped == [session]


def test_the_first_rows_of_a_dataset_are_dicts(project):
    project.build()
    assert project.dataset("orders").head(1) == [{"country": "CH", "amount": 10}]


def test_an_earlier_version_of_a_dataset_can_be_read(project, modules):
    project.build()
    (modules / "orders.py").write_text((modules / "orders.py").read_text().replace("30", "40"))
    project.reload()
    project.build()
    assert project.dataset("totals", at=0).polars()["amount"].to_list() == [10, 50]
    assert project.dataset("totals").polars()["amount"].to_list() == [10, 60]
    assert [entry.commit.version for entry in project.dataset("totals").history()] == [1, 0]


def test_a_restored_version_is_the_last_one(project):
    project.build()
    project.build(force=True)
    assert project.dataset("totals").restore(0).version == 2


def test_a_dataset_that_was_not_built_is_an_error_that_says_so(project):
    with pytest.raises(StoreError, match=r"/Shop/totals is not in .* build it first"):
        project.dataset("totals").polars()


def test_a_branch_reads_the_default_branch_until_it_has_datasets_of_its_own(project):
    project.build()
    branch = project.on_branch("feature")
    assert branch.dataset("totals").version.branch == "master"
    branch.build("totals", force=True)
    assert branch.dataset("totals").version.branch == "feature"
    assert sorted(branch.name for branch in project.branches()) == ["feature", "master"]


def test_the_changes_of_a_dataset_on_a_branch_are_counted(project, modules):
    project.build()
    (modules / "totals.py").write_text((modules / "totals.py").read_text().replace(".sum()", ".max()"))
    branch = project.on_branch("feature")
    branch.reload()
    branch.build()
    difference = branch.dataset("totals").changes_since(project.dataset("totals"))
    assert {change: count for change, count in difference.rows.items() if count} == {
        "added": 1,
        "removed": 1,
    }


def test_a_misspelled_branch_is_an_error_with_the_nearest(project):
    project.build()
    with pytest.raises(StoreError, match=r"no branch 'mastr' .* Did you mean master\?"):
        project.branch("mastr")


def test_every_error_of_the_api_is_a_transforms_error(project):
    with pytest.raises(TransformsError):
        project.dataset("unknown")
