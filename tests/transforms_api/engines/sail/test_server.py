"""The process of Sail: its start, its end, and what an error of its connection is."""

import importlib.util
import os
import signal
import sys
import threading
import time
from pathlib import Path

import grpc
import pytest
from pyspark.errors.exceptions.connect import AnalysisException, SparkConnectGrpcException
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.engines import CancelToken, SailEngine, is_error_of_sail, is_lost_server
from transforms_api.engines.sail import server as of_server
from transforms_api.engines.sail.server import SailServer
from transforms_api.errors import EngineStartError

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")


@pytest.fixture
def server(tmp_path):
    """A server that has not been started."""
    made = SailServer(tmp_path / "sail.log")
    yield made
    made.stop()


@pytest.fixture
def engine(tmp_path):
    """The engine, with the folder of a user's modules."""
    (tmp_path / "code").mkdir()
    made = SailEngine(tmp_path / "sail.log", [tmp_path / "code"])
    yield made
    made.stop()


@pytest.fixture
def starts(monkeypatch):
    """starts(program) → the list of processes started from now on, which run this program instead of Sail."""

    def replace(program):
        made, start = [], of_server.subprocess.Popen

        def popen(*arguments, **named):
            made.append(start(*arguments, **named))
            return made[-1]

        monkeypatch.setattr(of_server, "_SERVE", program)
        monkeypatch.setattr(of_server.subprocess, "Popen", popen)
        return made

    return replace


def test_a_process_that_does_not_listen_in_time_is_ended_and_the_error_says_what_to_do(server, starts, monkeypatch):
    monkeypatch.setattr(of_server, "_START", 0.2)
    made = starts("import time; time.sleep(600)")
    with pytest.raises(EngineStartError, match=r"not started within 0\.2 s\. Its log is .*sail\.log.*--engine spark"):
        server.connect({})
    assert made[0].poll() is not None


def test_a_process_that_ends_at_its_start_is_an_error_with_the_last_line_that_it_printed(server, starts):
    starts("raise ImportError('no libc of this version')")
    with pytest.raises(EngineStartError, match=r"does not start: ImportError: no libc of this version \(.*sail\.log\)"):
        server.connect({})


def test_a_process_that_ends_without_a_word_is_an_error_with_its_exit_code(server, starts):
    starts("raise SystemExit(7)")
    with pytest.raises(EngineStartError, match="ended with code 7"):
        server.connect({})


def test_after_a_start_that_failed_no_job_waits_for_another_until_the_next_build(server, starts):
    made = starts("raise SystemExit(7)")
    for _ in range(3):
        with pytest.raises(EngineStartError):
            server.connect({})
    assert len(made) == 1
    server.start()
    assert len(made) == 2


def test_a_start_may_be_ended_while_a_job_waits_for_it(server, starts):
    made, errors = starts("import time; time.sleep(600)"), []

    def connect():
        with pytest.raises(EngineStartError) as raised:
            server.connect({})
        errors.append(raised.value)

    waiting = threading.Thread(target=connect)
    waiting.start()
    while not made:
        time.sleep(0.01)
    server.stop()
    waiting.join(60)
    assert len(errors) == 1
    assert made[0].poll() is not None


def test_a_start_that_fails_is_an_error_after_which_spark_may_compute_the_job():
    assert is_error_of_sail(EngineStartError("Sail does not start"))


def test_what_modules_print_while_python_starts_is_not_taken_for_the_port(server, starts):
    starts("print('Hello'); print('12345')")
    with pytest.raises(EngineStartError):
        server.connect({})


def test_a_module_of_the_user_may_have_the_name_of_one_that_python_imports(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "code"), *sys.path])
    for name in ("types", "json", "pysail"):
        (tmp_path / "code" / f"{name}.py").write_text("raise RuntimeError('imported')")
    with engine.open_job({}, CancelToken()) as job:
        assert job().range(2).count() == 2


def test_a_connection_does_not_go_through_a_proxy(engine, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with engine.open_job({}, CancelToken()) as job:
        assert job().range(2).count() == 2


def test_a_python_function_may_print_more_than_a_pipe_holds(engine):
    def print_much(n):
        print("x" * 100_000)
        return n

    with engine.open_job({}, CancelToken()) as job:
        rows = job().range(3).select(F.udf(print_much, T.LongType())("id").alias("n"))
        assert sorted(row.n for row in rows.collect()) == [0, 1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux chooses which process ends if memory runs out")
def test_linux_ends_sail_before_the_build_if_memory_runs_out(engine):
    with engine.open_job({}, CancelToken()) as job:
        job()
        assert int(Path(f"/proc/{engine.pid}/oom_score_adj").read_text()) == 500


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_job_whose_server_does_not_answer_ends_when_it_is_cancelled(engine, monkeypatch):
    monkeypatch.setattr("transforms_api.engines.sail.engine._INTERRUPT", 0.1)
    stop = CancelToken()
    with engine.open_job({}, stop) as job:
        session = job()
        os.kill(engine.pid, signal.SIGSTOP)
        threading.Timer(0.2, stop.order, ["the build was interrupted"]).start()
        with pytest.raises(Exception, match=r"(?i)cancelled|closed"):
            session.range(2).count()
    os.kill(engine.pid, signal.SIGKILL)


def test_an_action_that_is_registered_after_the_cancellation_runs_at_once():
    stop, done = CancelToken(), []
    stop.order("the build was interrupted")
    stop.on_order(lambda: done.append("cancelled"))
    assert done == ["cancelled"]


def test_the_session_of_a_job_is_the_active_one_of_its_thread(engine):
    from pyspark.sql.connect.session import SparkSession

    with engine.open_job({}, CancelToken()) as job:
        session = job()
        assert SparkSession.getActiveSession() is session
    assert SparkSession.getActiveSession() is None


def test_the_end_of_a_job_leaves_the_threads_that_all_clients_share_running(engine):
    from pyspark.sql.connect.client.reattach import ExecutePlanResponseReattachableIterator

    with engine.open_job({}, CancelToken()) as job:
        job().range(1).collect()
        shared = ExecutePlanResponseReattachableIterator._release_thread_pool
    assert ExecutePlanResponseReattachableIterator._release_thread_pool is shared


class _ConnectionError(grpc.RpcError):
    def __init__(self, code):
        self.code = lambda: code


_ConnectionError.__module__ = "grpc._channel"


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (_ConnectionError(grpc.StatusCode.UNAVAILABLE), True),
        (_ConnectionError(grpc.StatusCode.INTERNAL), False),
        (SparkConnectGrpcException("<_Rendezvous: status = StatusCode.UNAVAILABLE, details = Socket closed>"), True),
        (SparkConnectGrpcException("ConnectionRefusedError: Connection refused"), False),
        (AnalysisException("cannot resolve attribute: UNAVAILABLE"), False),
        (ConnectionRefusedError("Connection refused"), False),
    ],
)
def test_only_an_error_of_the_connection_means_that_the_server_has_ended(error, is_lost):
    assert is_lost_server(error) is is_lost
