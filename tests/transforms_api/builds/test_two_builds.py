"""Two builds at once: the second waits for the first, and then runs only what is still stale.

The order of events is forced, never timed: the first build's transform holds its lock until the second build reports
that it waits.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import polars
import pytest
from deltalake import DeltaTable

from transforms.api import Input, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.log import build_log, last_build, last_jobs
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import BuildListener, JobState
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.errors import StoreError
from transforms_api.project.fingerprint import CodeFingerprint, CodeFingerprints
from transforms_api.project.graph import build_graph
from transforms_api.warehouse.multi_table_commit import MultiTableTransaction

LIMIT = 30
"""Seconds after which a test whose builds wait for each other fails."""


class Code:
    """The logic versions of transforms that all have the same code."""

    def __init__(self, code):
        self._code = code

    def of(self, transform):
        return CodeFingerprint({"its.module": self._code})


class Builds(BuildListener):
    """Builds in one process, of a warehouse that they share.

    Attributes:
        waits: what builds reported when they began to wait.
        is_held: a transform that calls `hold` has its lock.
    """

    def __init__(self, warehouse):
        self.warehouse, self.waits = warehouse, []
        self.is_held, self._is_free = threading.Event(), threading.Event()

    def plan(self, build, *transforms, force=False, code="first"):
        """Return a function that runs the plan made now and returns its report.

        Args:
            code: the version of all transforms' code.
        """
        environment = BuildEnvironment(None, self.warehouse, build, logic=Code(code))
        graph = build_graph(transforms)
        plan = make_plan(graph, environment, only_stale=not force)

        def run(*listeners, **options):
            return run_build(plan, BuildOptions(**options), [self, *listeners])

        return run

    def build(self, build, *transforms, **settings):
        return self.plan(build, *transforms, **settings)()

    def hold(self):
        """Keep the lock of the transform that calls this until another build waits for it."""
        self.is_held.set()
        assert self._is_free.wait(LIMIT)

    @contextmanager
    def running(self, *arguments):
        """Run a build in a thread; the body runs once one of its transforms holds its lock."""
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(self.build, *arguments)
            assert self.is_held.wait(LIMIT)
            yield first
            self._is_free.set()
            assert first.result(LIMIT).succeeded

    def on_wait(self, message):
        self.waits.append(message)
        self._is_free.set()


@pytest.fixture
def builds(warehouse):
    return Builds(warehouse)


@pytest.fixture
def source(write):
    return write("/A/source", id=[1, 2])


def states(report):
    return {dataset: job.state for job in report.jobs for dataset in job.transform.writes}


def notes(report):
    return [note for job in report.jobs for note in job.notes]


def copying(builds=None, calls=None, output="/A/out", source="/A/source"):
    """Return a transform that copies a dataset; with `builds` it holds its lock until another build waits."""

    @transform.using(source=Input(source), out=Output(output))
    def copy(source, out):
        if calls is not None:
            calls[output] += 1
        if builds is not None:
            builds.hold()
        out.write_table(source.polars())

    return copy


def counting(builds=None):
    """Return an incremental transform of two outputs: the new rows, and their number."""

    @incremental()
    @transform.using(source=Input("/A/source"), log=Output("/A/log"), runs=Output("/A/runs"))
    def count(source, log, runs):
        new = source.polars(mode="added")
        if builds is not None:
            builds.hold()
        log.write_table(new)
        runs.write_table(polars.DataFrame({"rows": [len(new)]}))

    return count


def test_a_job_that_another_build_ran_meanwhile_is_ignored_as_fresh(builds, source):
    calls = Counter()
    job = copying(builds, calls)
    with builds.running("build-1", job):
        second = builds.build("build-2", job)
    assert states(second) == {"/A/out": JobState.IGNORED}
    assert [job.reason for job in second.jobs] == ["fresh"]
    assert notes(second) == ["became fresh while this build waited for build build-1"]
    assert second.succeeded
    assert calls == {"/A/out": 1}


def test_an_incremental_job_of_two_outputs_does_not_run_on_nothing(builds, source, write, rows):
    builds.build("build-0", counting())
    write("/A/source", adds=True, id=[3])
    job = counting(builds)
    with builds.running("build-1", job):
        second = builds.build("build-2", job)
    assert states(second) == {"/A/log": JobState.IGNORED, "/A/runs": JobState.IGNORED}
    assert rows("/A/runs") == [{"rows": 1}, {"rows": 2}]
    assert rows("/A/log") == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_a_forced_build_runs_its_jobs_again(builds, source):
    calls = Counter()
    job = copying(builds, calls)
    with builds.running("build-1", job):
        second = builds.build("build-2", job, force=True)
    assert states(second) == {"/A/out": JobState.COMPLETED}
    assert calls == {"/A/out": 2}


def test_a_job_whose_input_was_published_while_it_waited_reads_that_version(builds, source, write, rows):
    with builds.running("build-1", copying(builds)):
        write("/A/source", id=[7])
        second = builds.build("build-2", copying())
    assert states(second) == {"/A/out": JobState.COMPLETED}
    assert rows("/A/out") == [{"id": 7}]
    assert builds.warehouse.latest("/A/out").commit.inputs["/A/source"].version == 1


def test_a_job_that_a_build_with_other_code_ran_meanwhile_runs_again(builds, source):
    with builds.running("build-1", copying(builds)):
        second = builds.build("build-2", copying(), code="newer")
    assert states(second) == {"/A/out": JobState.COMPLETED}
    assert builds.warehouse.latest("/A/out").commit.provenance.logic["modules"] == {"its.module": "newer"}


def test_the_code_that_a_job_records_is_that_of_the_begin_of_the_build(builds, source, tmp_path, monkeypatch):
    module = tmp_path / "edited_module.py"
    module.write_text("A = 1")
    monkeypatch.syspath_prepend(tmp_path)

    def save_and_copy(source, out):
        module.write_text("A = 2")
        out.write_table(source.polars())

    save_and_copy.__module__ = "edited_module"
    job = transform.using(source=Input("/A/source"), out=Output("/A/out"))(save_and_copy)
    before = CodeFingerprints((tmp_path,)).of(job).modules
    graph = build_graph([job])
    environment = BuildEnvironment(None, builds.warehouse, "build-1", logic=CodeFingerprints((tmp_path,)))
    run_build(make_plan(graph, environment), BuildOptions())
    assert builds.warehouse.latest("/A/out").commit.provenance.logic["modules"] == before
    assert CodeFingerprints((tmp_path,)).of(job).modules != before


def test_a_job_after_one_that_became_fresh_reads_what_the_other_build_published(builds, source, rows):
    with builds.running("build-1", copying(builds)):
        second = builds.build("build-2", copying(), copying(output="/A/last", source="/A/out"))
    assert states(second) == {"/A/out": JobState.IGNORED, "/A/last": JobState.COMPLETED}
    assert rows("/A/last") == [{"id": 1}, {"id": 2}]


def test_a_job_built_since_the_plan_was_made_is_ignored_even_without_waiting(builds, source):
    run = builds.plan("build-2", copying())
    builds.build("build-1", copying())
    second = run()
    assert builds.waits == []
    assert notes(second) == ["became fresh: build build-1 has built it since this build was planned"]
    assert states(second) == {"/A/out": JobState.IGNORED}


def test_a_dataset_imported_since_the_plan_was_made_is_left_alone_even_by_a_forced_build(builds, source, write, rows):
    runs = [builds.plan("build-1", copying()), builds.plan("build-2", copying(), force=True)]
    write("/A/out", id=[9], made_from={"kind": "import"})
    reports = [run() for run in runs]
    assert [states(report) for report in reports] == [{"/A/out": JobState.IGNORED}] * 2
    assert [report.jobs[0].reason for report in reports] == ["imported", "imported"]
    assert rows("/A/out") == [{"id": 9}]


def test_a_job_whose_input_was_not_rebuilt_after_all_is_ignored(builds, source, write):
    @transform.using(source=Input("/A/source"), out=Output("/A/out"))
    def stop(source, out):
        out.abort()

    first, after = copying(), copying(output="/A/last", source="/A/out")
    builds.build("build-1", first, after)
    write("/A/source", id=[5])
    second = builds.build("build-2", stop, after)
    assert states(second) == {"/A/out": JobState.COMPLETED, "/A/last": JobState.IGNORED}
    assert notes(second)[-1] == "nothing that it is made from has changed, so its datasets are fresh"


def test_a_reader_that_tolerates_an_older_input_is_ignored_if_nothing_else_made_it_stale(builds, source, write):
    @transform.using(source=Input("/A/source"), out=Output("/A/out"))
    def copy(source, out):
        if source.polars().height == 1:
            raise RuntimeError("no luck")
        out.write_table(source.polars())

    @transform.using(source=Input("/A/out", failure_strategy="continue"), out=Output("/A/last"))
    def last(source, out):
        out.write_table(source.polars())

    builds.build("build-1", copy, last)
    write("/A/source", id=[5])
    assert states(builds.build("build-2", copy, last)) == {"/A/out": JobState.FAILED, "/A/last": JobState.IGNORED}


def test_a_retry_leaves_out_what_became_fresh(builds, source, tmp_path):
    run = builds.plan("build-2", copying())
    builds.build("build-1", copying())
    with build_log(tmp_path / "logs", "build-2", str) as log:
        run(log)
    with pytest.raises(StoreError, match="it completed all its jobs"):
        last_build(tmp_path / "logs", "master")
    reference = copying().reference
    assert last_jobs(tmp_path / "logs", "master", {reference: {}})[reference].failure is None


def test_an_attempt_that_published_before_it_failed_is_not_repeated(builds, source, monkeypatch, rows):
    """A connection may be lost after the commit: the outputs are there, but the job does not know."""
    calls = Counter()
    job = copying(calls=calls)
    monkeypatch.setattr("transforms_api.builds.scheduler._FIRST_PAUSE", 0)
    lose_the_connection_after_the_first_commit(monkeypatch)
    report = builds.plan("build-1", job)(retries=1)
    assert states(report) == {"/A/out": JobState.COMPLETED}
    assert calls == {"/A/out": 1}
    assert notes(report)[0] == "an earlier attempt of this job has published its datasets"


def lose_the_connection_after_the_first_commit(monkeypatch):
    publish, losses = MultiTableTransaction.publish, iter([True])

    def publish_and_fail(self, staged):
        rows = publish(self, staged)
        if next(losses, False):
            raise ConnectionError("the connection was lost")
        return rows

    monkeypatch.setattr(MultiTableTransaction, "publish", publish_and_fail)


# A job that reads two outputs of a job that is publishing them


def twins(number):
    @transform.using(first=Output("/A/one"), second=Output("/A/other"))
    def make(first, second):
        for out in (first, second):
            out.write_table(polars.DataFrame({"n": [number]}))

    return make


def joining():
    @transform.using(first=Input("/A/one"), second=Input("/A/other"), out=Output("/A/joined"))
    def join(first, second, out):
        out.write_table(polars.concat([first.polars(), second.polars()]))

    return join


@pytest.fixture
def half_published(builds, monkeypatch):
    """half_published() begins a build that has committed /A/one, and commits /A/other when a build waits for it."""
    commit, is_first_committed, is_waited_for = (
        DeltaTable.create_write_transaction,
        threading.Event(),
        threading.Event(),
    )

    def commit_slowly(self, *arguments, **options):
        if self.table_uri.rstrip("/").endswith("/master/A/other"):
            is_first_committed.set()
            assert is_waited_for.wait(LIMIT)
        return commit(self, *arguments, **options)

    with ThreadPoolExecutor(1) as pool:

        def begin():
            builds.build("build-1", twins(1), joining())
            monkeypatch.setattr(DeltaTable, "create_write_transaction", commit_slowly)
            clock = SimpleNamespace(sleep=lambda _: is_waited_for.set())  # threads of other tests sleep by the real one
            monkeypatch.setattr("transforms_api.warehouse.multi_table_commit.time", clock)
            pool.submit(builds.build, "build-2", twins(2), force=True)
            assert is_first_committed.wait(LIMIT)

        yield begin
        is_waited_for.set()


def test_two_outputs_of_one_job_are_read_as_one_job_published_them(builds, half_published, rows):
    half_published()
    assert builds.warehouse.latest("/A/one").version == 1
    assert builds.warehouse.latest("/A/other").version == 0
    run_job(joining(), BuildEnvironment(None, builds.warehouse, "build-3"))
    assert rows("/A/joined") == [{"n": 2}, {"n": 2}]


def test_two_outputs_of_which_a_run_aborted_one_are_read_as_they_are(builds, rows):
    @transform.using(first=Output("/A/one"), second=Output("/A/other"))
    def make(first, second):
        first.write_table(polars.DataFrame({"n": [2]}))
        second.abort()

    builds.build("build-1", twins(1))
    builds.build("build-2", make, force=True)
    run_job(joining(), BuildEnvironment(None, builds.warehouse, "build-3"))
    assert rows("/A/joined") == [{"n": 1}, {"n": 2}]


def test_a_job_that_was_killed_between_two_commits_is_completed_before_its_outputs_are_read(builds, rows, monkeypatch):
    builds.build("build-1", twins(1))
    commit = DeltaTable.create_write_transaction

    def die_before_the_second(self, *arguments, **options):
        if self.table_uri.rstrip("/").endswith("/master/A/other"):
            raise SystemExit("killed")
        return commit(self, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", die_before_the_second)
        builds.build("build-2", twins(2), force=True)
    run_job(joining(), BuildEnvironment(None, builds.warehouse, "build-3"))
    assert rows("/A/joined") == [{"n": 2}, {"n": 2}]
