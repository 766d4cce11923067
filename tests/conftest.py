"""What all tests share: which tier a test is in, one small Spark session, one build of the demo pipeline."""

import contextlib
import functools
import hashlib
import importlib.util
import inspect
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
from deltalake import DeltaTable
from filelock import FileLock
from pyspark.serializers import AutoBatchedSerializer, CPickleSerializer
from pyspark.sql import SparkSession

from transforms_api.cli import app
from transforms_api.engines import SailEngine, write_files
from transforms_api.engines.spark.session import start_session
from transforms_api.project.settings import PROJECT, read_settings
from transforms_api.testing import frame_for
from transforms_api.testing.run_transform import session_on_sail
from transforms_api.warehouse.table import link_files
from transforms_api.warehouse.warehouse import Warehouse

os.environ.pop("OPENAI_MODEL", None)  # no test sends requests to a language model of the environment

TESTS = Path(__file__).parent

# ---------------------------------------------------------------------------------------------------------------------
# Tiers. The markers are described in pyproject.toml; `pytest` alone runs what is not marked `slow`.

FOLDERS = {
    "browser": ("browser", "process", "slow"),
    "cluster": ("cluster", "process", "slow"),
    "portability": ("portability", "process", "pipeline", "slow"),
    "leaving": ("leaving", "process", "pipeline", "slow"),
    "repositories": ("process", "slow"),
}
"""Folder of tests → the markers of every test in it."""
FIXTURES = {
    "spark": ("spark",),
    "built": ("spark",),  # unless it has been built before
    "build": ("pipeline", "slow", "jvm"),
}
"""Fixture of this file → the markers of every test that requests it, itself or by another fixture."""
NODES = {
    "revops/crm/test_sample_figures.py": ("slow",),
    "transforms_api/builds/test_killed_builds.py": ("crash", "process"),
    "transforms_api/builds/test_killed_builds.py::test_a_build_killed_at_any_instant": ("slow",),
}
"""Beginning of a test's node id below tests/ → its markers."""
QUICK_PROCESSES = (
    "transforms/", "test_architecture.py", "test_security.py", "test_suite.py",
    "transforms_api/builds/test_killed_builds.py",
    "transforms_api/builds/test_full_disk.py",
    "transforms_api/expectations/", "transforms_api/runtime/", "transforms_api/engines/",
    "transforms_api/warehouse/", "transforms_api/api/", "transforms_api/testing/test_plugin",
)  # fmt: skip
"""Tests that start a program (marker `process`) and yet are quick; all others are marked `slow`."""
STARTS_PROGRAMS = {"subprocess", "multiprocessing", "Popen", "pty"}
NEED_SPARK = {
    "test_pipeline_on_sail.py": "compares the tables of both engines",
    "test_suite.py": "tests how the suite's Spark computes",
    "revops/test_column_lineage.py": "the lineage of columns is read from Spark's plans",
    "revops/test_jobs.py::test_a_stored_table_describes": "Sail reads tables without the descriptions of their columns",
    "revops_dashboards/commands/": "a command computes on the engine of the project's settings, Spark",
    "transforms_api/api/": "a project computes on the engine of its settings, Spark",
    "transforms_api/cli/": "a command computes on the engine of the project's settings, Spark",
    "transforms_api/engines/": "tests Spark's session, plans and errors",
    "transforms_api/builds/test_bad_input.py::test_a_file_": "the cause of a damaged file is in Spark's errors",
    "transforms_api/builds/test_full_disk.py": "tests Spark's errors of a full disk",
    "transforms_api/builds/test_incremental.py::test_fields_that_are_new_in_structs": "Sail cannot add fields to maps",
    "transforms_api/builds/test_job.py::test_a_python_worker_that_ends": "Python functions run in Sail's own process",
    "transforms_api/builds/test_output_checks.py::test_spark_evaluates": "Sail has no regular expressions of Java",
    "transforms_api/builds/test_scheduler.py::test_the_session_is_there": "tests when Spark's session starts",
    "transforms_api/project/test_sql_transforms.py::test_an_error": "the line of a fault is in Spark's errors",
    "transforms_api/project/test_sql_transforms.py::test_statements_before": "Sail has no statement SET",
    "transforms_api/runtime/test_outputs.py::test_a_type_that_datasets_do_not_have": "Sail has no calendar intervals",
    "transforms_api/runtime/test_times.py": "tests Spark's settings for times in files",
    "transforms_api/warehouse/test_paths.py": "reads by Delta's reader in Spark",
}
"""Beginning of a test's node id below tests/ → why it computes on Spark under `--engine sail`, too (marker `jvm`)."""
OF_SPARK = {
    "sparkContext", "rdd", "_jvm", "_jsc", "_jdf", "_jsparkSession", "start_session", "job_session", "SparkEngine",
}  # fmt: skip
"""What only Spark has: a test with one of these names in its code has the marker `jvm`."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        for marker in markers_of(item):
            item.add_marker(marker)
    # The session starts when the first test needs it, after all tests that do not.
    items.sort(key=lambda item: item.get_closest_marker("spark") is not None)
    yield  # pytest selects by -m and -k
    if config.option.engine == "sail":
        need_spark = [item for item in items if item.get_closest_marker("jvm")]
        items[:] = [item for item in items if not item.get_closest_marker("jvm")]
        config.hook.pytest_deselected(items=need_spark)
        config.stash[LEFT_OUT] = len(need_spark)


def markers_of(item):
    """Return the names of a test's markers, each once."""
    node = os.path.relpath(item.path, TESTS).replace(os.sep, "/") + "::" + item.name
    found = [name for folder, names in FOLDERS.items() if node.startswith(f"{folder}/") for name in names]
    found += [name for fixture, names in FIXTURES.items() if is_requested(item, fixture) for name in names]
    found += [name for beginning, names in NODES.items() if node.startswith(beginning) for name in names]
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if any(isinstance(value, str) and value == "spark" for value in parameters):
        found.append("spark")  # a fixture that is parametrized by engine requests the session itself
    if starts_programs(item):
        found += ["process"] if node.startswith(QUICK_PROCESSES) else ["process", "slow"]
    if "spark" in found and (node.startswith(tuple(NEED_SPARK)) or needs_spark(item)):
        found.append("jvm")
    return dict.fromkeys(found)


def is_requested(item, fixture):
    """Tell whether a test requests a fixture of this file, and no other of the same name."""
    found = item._fixtureinfo.name2fixturedefs.get(fixture, ()) if fixture in item.fixturenames else ()
    return bool(found) and found[-1].func.__code__.co_filename == __file__


def starts_programs(item):
    """Tell whether a test, one of its fixtures, or a function or class of their modules that they name, starts one."""
    return any(STARTS_PROGRAMS & names_reached(function) for function in functions_of(item))


def needs_spark(item):
    """Tell whether a test or a fixture of another file names something that only Spark has, itself or as above."""
    own = [function for function in functions_of(item) if function.__code__.co_filename != __file__]
    return any(OF_SPARK & names_reached(function) for function in own)


def functions_of(item):
    """Return the functions of a test and its fixtures."""
    fixtures = [each.func for name in item.fixturenames for each in item._fixtureinfo.name2fixturedefs.get(name, ())]
    return [inspect.unwrap(function) for function in (getattr(item, "function", None), *fixtures) if function]


@functools.cache
def names_reached(function):
    """Return the names in a function of the tests, and in functions and classes of its module that it names."""
    reached, seen, waiting = set(), set(), [function]
    while waiting:
        one = inspect.unwrap(waiting.pop())
        if one in seen:
            continue
        seen.add(one)
        if inspect.isclass(one):
            waiting += [method for method in vars(one).values() if inspect.isfunction(method)]
        elif inspect.isfunction(one) and one.__code__.co_filename.startswith(f"{TESTS}{os.sep}"):
            names = set(names_in(one.__code__))
            reached |= names
            named = [one.__globals__.get(name) for name in names]
            is_code = [each for each in named if inspect.isfunction(each) or inspect.isclass(each)]
            waiting += [each for each in is_code if each.__module__ == one.__module__]
    return reached


def names_in(code):
    """Yield the names of globals and attributes in a function, and in functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from names_in(constant)


def pytest_xdist_auto_num_workers(config):
    """Two workers for the default suite; none for a folder, a file or another tier, whose start would take longer."""
    whole_suite = config.args_source is pytest.Config.ArgsSource.TESTPATHS and config.option.markexpr == "not slow"
    if not whole_suite or config.option.collectonly:
        config.option.dist = "no"
        return 0
    return min(2, os.cpu_count() or 1)


# ---------------------------------------------------------------------------------------------------------------------
# The engine of the suite

LEFT_OUT = pytest.StashKey[int]()
"""How many tests were not selected since they need Spark."""


def pytest_addoption(parser):
    text = "what computes in tests that request a session: spark, or sail, which leaves out tests that need Spark"
    parser.addoption("--engine", choices=["spark", "sail"], default="spark", help=text)


def pytest_configure(config):
    if config.option.engine == "sail" and (problem := SailEngine(Path(os.devnull)).why_not()) is not None:
        raise pytest.UsageError(problem)


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a worker of xdist: the controller collects no tests itself
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    of_worker = getattr(node, "workeroutput", {}).get("left_out", 0)  # each worker collects all tests
    node.config.stash[LEFT_OUT] = max(of_worker, node.config.stash.get(LEFT_OUT, 0))


def pytest_terminal_summary(terminalreporter, config):
    if number := config.stash.get(LEFT_OUT, 0):
        selected = f"jvm and ({config.option.markexpr})" if config.option.markexpr else "jvm"
        terminalreporter.write_line(f"{number} tests need Spark and did not run on Sail: pytest -m '{selected}'")


# ---------------------------------------------------------------------------------------------------------------------
# Spark and Sail


SMALL = {
    "spark.driver.memory": "2g",
    "spark.master": "local[2]",
    "spark.default.parallelism": "2",
    "spark.sql.shuffle.partitions": "2",
}
"""What makes Spark cheap for a handful of rows. Nothing here changes what code means."""
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
"""Spark evaluates expressions without generating Java code for them, and plans each query once. For a handful of rows,
compiling takes longer than computing: this saves a quarter of the CPU time of tests that use Spark."""


def without_workers(create_from_local):
    """Return `SparkSession._createFromLocal` without the pass through Python workers that changes no row.

    PySpark sends the rows of `createDataFrame` through a Python worker only to change the size of pickled batches.
    The JVM reads batches of any size, so the rows can be declared as what the worker would return.
    """

    def create(session, data, schema):
        rows, schema = create_from_local(session, data, schema)
        rows._jrdd_deserializer = AutoBatchedSerializer(CPickleSerializer())
        return rows, schema

    return create


@pytest.fixture(scope="session")
def spark(tmp_path_factory, pytestconfig):
    """The session that tests compute in: of Spark, or of Sail with `--engine sail`."""
    start = on_sail if pytestconfig.option.engine == "sail" else on_spark
    with start(tmp_path_factory.mktemp("logs")) as session:
        yield session


@contextlib.contextmanager
def on_sail(logs):
    """Return a context in which Sail runs, whose value is a session of it."""
    from pyspark.sql.connect.dataframe import DataFrame  # imports pandas and grpc: slow

    def local_checkpoint(frame, eager=True):
        """Compute a frame once. The Connect client of PySpark 3 has no such method."""
        folder = tempfile.mkdtemp(dir=logs)
        write_files(frame, Path(folder), "overwrite", [], {})
        return frame.sparkSession.read.schema(frame.schema).parquet(folder)

    with session_on_sail(logs / "sail.log", [PROJECT]) as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(DataFrame, "localCheckpoint", local_checkpoint, raising=False)
        yield session


@contextlib.contextmanager
def on_spark(logs):
    """Return a context in which Spark runs, whose value is its session."""
    session = start_session({**read_settings().spark, **SMALL}, logs / "spark.log")
    for name, value in INTERPRETED.items():
        session.conf.set(name, value)
    set_for_jobs(session, INTERPRETED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SparkSession, "_createFromLocal", without_workers(SparkSession._createFromLocal))
        yield session
    session.stop()


def set_for_jobs(session, settings):
    """Set these for the sessions of jobs, which begin with the settings of the Spark context."""
    of_context = session.sparkContext._jsc.sc().conf()
    for name, value in settings.items():
        of_context.set(name, value)


@contextlib.contextmanager
def compiled(session):
    """Let jobs that start meanwhile compute as users' jobs do: with generated code and adaptive plans."""
    for name in INTERPRETED:
        session.sparkContext._jsc.sc().conf().remove(name)
    try:
        yield
    finally:
        set_for_jobs(session, INTERPRETED)


@pytest.fixture(scope="session")
def frame(spark):
    """frame(contract, {field: value, …}, …) → rows that state this; the rest is null, or made up where it cannot be."""
    return lambda contract, *rows: frame_for(spark, contract, rows, nulls=1)


@pytest.fixture(scope="session")
def spark_session(spark):
    """The session that the test kit runs transforms in: the suite's."""
    return spark


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def rows(warehouse):
    """rows(dataset) → its committed rows, sorted."""

    def read(dataset):
        found = DeltaTable(str(warehouse.table(dataset))).to_pyarrow_table().to_pylist()
        return sorted(found, key=lambda row: [str(value) for value in row.values()])

    return read


@pytest.fixture
def command(capsys):
    """command(argument, …) → (exit code, what it printed on stdout, on stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            app.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def serve_foundry():
    """serve_foundry(tls) → context of a Foundry account on this machine: a `FakeAccount` of fake_account.py."""
    spec = importlib.util.spec_from_file_location("fake_account", TESTS / "fake_account.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.serve


@pytest.fixture
def foundry(serve_foundry, monkeypatch):
    """A Foundry account on this machine, which the environment names."""
    with serve_foundry() as account:
        monkeypatch.setenv("FOUNDRY_TOKEN", account.token)
        monkeypatch.setenv("FOUNDRY_HOSTNAME", account.host)
        yield account


@pytest.fixture
def on_warehouse(command, warehouse):
    """on_warehouse(argument, …) → (exit code, stdout, stderr) of the command on the test's own warehouse."""
    return lambda *arguments: command(*arguments, "--warehouse", warehouse.root)


# ---------------------------------------------------------------------------------------------------------------------
# The demo pipeline, built once for every state of the code

BUILT_FROM = ("transforms", "transforms_api", "foundry_names", "conf")
LIBRARIES = ("pyspark", "delta-spark", "deltalake", "pyarrow", "faker")


@pytest.fixture(scope="session")
def tool():
    """tool(tier) → path of the program that scripts/setup-tests installs for a tier; without it the test is skipped."""

    def find(tier):
        command = [sys.executable, PROJECT / "scripts" / "setup-tests", "--find", tier]
        found = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if found.returncode != 0:
            pytest.skip(found.stderr.strip().splitlines()[-1])
        return found.stdout.strip()

    return find


@pytest.fixture(scope="session")
def build(spark):
    """build(warehouse, argument, …) → the report of `run_local.py build`, which has to succeed."""

    def run(root, *arguments):
        with compiled(spark):
            return run_build(root, *arguments)

    return run


def run_build(root, *arguments):
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as ended:
        app.main(["build", "--json", "--warehouse", str(root), *arguments])
    assert ended.value.code == 0, printed.getvalue()
    return json.loads(printed.getvalue())


@pytest.fixture(scope="session")
def built(request, tmp_path_factory):
    """A warehouse in which the whole pipeline was built, and the report of the build. Only to read: see `built_copy`.

    It is kept in pytest's cache folder for every later run on the same code (see `state_of_the_code`), and built under
    another name first, so that a build that was killed leaves nothing that counts. Workers wait for whichever builds.
    It is built with Spark's usual settings (see `compiled`), so what is recomputed from it proves these, too.
    """
    has_cache = hasattr(request.config, "cache")  # not under -p no:cacheprovider
    is_sail = request.config.option.engine == "sail"
    name = "built-on-sail" if is_sail else "built"
    kept = request.config.cache.mkdir(name) if has_cache else tmp_path_factory.mktemp(name)
    folder = kept / state_of_the_code()
    with FileLock(kept / "lock"):
        if not folder.is_dir():
            remove_all_but_the_newest(kept)
            with contextlib.nullcontext() if is_sail else compiled(request.getfixturevalue("spark")):
                report = run_build(kept / "unfinished", "--engine", request.config.option.engine)
            (kept / "unfinished" / "report.json").write_text(json.dumps(report))
            (kept / "unfinished").rename(folder)
    return folder, json.loads((folder / "report.json").read_text())


def remove_all_but_the_newest(kept):
    """Remove what was built from older states of the code, but the last of them, which another run may be reading."""
    shutil.rmtree(kept / "unfinished", ignore_errors=True)
    states = sorted((folder for folder in kept.iterdir() if folder.is_dir()), key=lambda one: one.stat().st_mtime)
    for folder in states[:-1]:
        shutil.rmtree(folder)


@pytest.fixture
def built_copy(built, tmp_path):
    """A warehouse with the whole pipeline, to write to.

    Its files are links to those of `built`: a test that changes one by hand removes the link first.
    """
    root = tmp_path / "built"
    files = [str(file.relative_to(built[0])) for file in built[0].rglob("*") if file.is_file()]
    link_files(built[0], root, [file for file in files if not file.startswith("_")])
    return root


def state_of_the_code(project=PROJECT):
    """Return a digest of everything that the demo's tables depend on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)} ".encode())
    for folder in BUILT_FROM:
        for file in sorted((project / folder).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(project).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class ModelServer:
    """An OpenAI-compatible endpoint on this machine, as good or bad as a test wants it.

    Attributes:
        answers: what it says to the first request, the second, …, the last of them for good: the text of a completion;
            a function of the request's messages that gives one; or (status, headers, body as text).
        delay: seconds before each answer.
        requests: bodies of the requests.
        headers: the headers of the requests.
    """

    def __init__(self):
        self.answers, self.delay, self.requests, self.headers = ["Hello"], 0.0, [], []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def _next(self, body, headers):
        with self._lock:
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            self.requests.append(body)
            self.headers.append(headers)
        time.sleep(self.delay)
        if isinstance(answer, tuple):
            return answer
        text = answer(body["messages"]) if callable(answer) else answer
        message = {"role": "assistant", "content": text}
        completion = {"object": "chat.completion", "choices": [{"message": message, "finish_reason": "stop"}]}
        return 200, {"Content-Type": "application/json"}, json.dumps(completion)

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers, text = server._next(body, self.headers)
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # the client no longer listens

            def log_message(self, *_): ...

        return Handler


@pytest.fixture
def model_server(monkeypatch):
    """A running `ModelServer`, which the environment does not name."""
    for name in ("OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ModelServer()
    yield server
    server.close()
