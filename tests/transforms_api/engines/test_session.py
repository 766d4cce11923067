"""Starts of sessions without any JVM: what Spark would get, and what follows from its errors."""

import os
import subprocess
import sys
import time
from importlib.metadata import version
from types import SimpleNamespace

import pytest
from pyspark import SparkContext, accumulators
from pyspark.sql import SparkSession

from transforms_api.engines.spark import session
from transforms_api.engines.spark.session import start_session
from transforms_api.errors import EnvironmentProblem

LOCAL = {"spark.master": "local[1]", "spark.jars": "", "spark.transforms.classArchive": "true"}
OPTIONS = "spark.driver.extraJavaOptions"


@pytest.fixture
def starts(monkeypatch, tmp_path):
    """The settings of each start; `starts.errors` are what the first start prints and fails with, the second, …"""

    class Starts(list):
        errors = ()

    starts = Starts()

    def get_or_create(builder):
        starts.append(dict(builder._options))
        if len(starts) <= len(starts.errors):
            os.write(2, starts.errors[len(starts) - 1].encode())
            raise RuntimeError("[JAVA_GATEWAY_EXITED]")
        return SimpleNamespace(sparkContext=SimpleNamespace(master="local[1]", setCheckpointDir=str))

    archive = tmp_path / "classes.jsa"
    archive.touch()
    monkeypatch.setenv("JAVA_HOME", os.environ.get("JAVA_HOME", ""))
    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", get_or_create)
    monkeypatch.setattr(session, "cached_jars", lambda *_: [tmp_path / "delta.jar"])
    monkeypatch.setattr(session, "archive_options", lambda *_: [f"-XX:SharedArchiveFile={archive}"])
    return starts


@pytest.fixture
def start(starts, tmp_path):
    """start(**settings) → a session under a local profile with these settings."""
    return lambda **settings: start_session({**LOCAL, **settings}, tmp_path / "logs" / "spark.log")


def test_a_start_that_fails_with_an_archive_is_repeated_without_it_and_the_archive_is_removed(starts, start, tmp_path):
    starts.errors = ["# A fatal error has been detected\n"]
    start()
    assert [".jsa" in options[OPTIONS] for options in starts] == [True, False]
    assert not (tmp_path / "classes.jsa").exists()


def test_an_archive_stays_when_the_start_without_it_fails_too(starts, start, tmp_path):
    starts.errors = ["Unrecognized VM option 'Foo'\n"] * 2
    with pytest.raises(EnvironmentProblem):
        start()
    assert (tmp_path / "classes.jsa").exists()


def test_the_error_of_a_start_quotes_what_this_start_printed_and_names_the_log(starts, start, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "spark.log").write_text("Unrecognized VM option 'Earlier'\n")
    starts.errors = ["Unrecognized VM option 'Foo'\n"] * 2
    with pytest.raises(EnvironmentProblem) as failed:
        start()
    assert str(failed.value).startswith("Spark does not start: Unrecognized VM option 'Foo'.")
    assert str(failed.value).endswith(f"Spark's log: {tmp_path / 'logs' / 'spark.log'}")


def test_the_url_of_a_mirror_is_no_setting_of_spark(starts, start):
    start(**{"spark.transforms.mavenMirror": "https://me:secret@host/maven"})
    assert "secret" not in str(starts)


def test_options_of_folders_with_spaces_are_quoted(starts, tmp_path):
    start_session(LOCAL, tmp_path / "my logs" / "spark.log")
    assert f'"-XX:ErrorFile={tmp_path}/my logs/java_error_%p.log"' in starts[0][OPTIONS]


def test_compiled_code_has_256_mb_unless_the_profile_says_otherwise(starts, start):
    start(**{OPTIONS: "-XX:ReservedCodeCacheSize=512m"})
    assert starts[0][OPTIONS].startswith("-XX:ReservedCodeCacheSize=256m -XX:ReservedCodeCacheSize=512m ")


def test_a_size_for_compiled_code_in_the_environment_stays(starts, start, monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:ReservedCodeCacheSize=512m")
    start()
    assert "ReservedCodeCacheSize" not in starts[0][OPTIONS]


def test_without_pages_spark_keeps_little_of_finished_work_unless_the_profile_says_otherwise(starts, start):
    kept = "spark.sql.ui.retainedExecutions"
    start(**{"spark.ui.enabled": "false"})
    start(**{"spark.ui.enabled": "false", kept: "7"})
    start(**{"spark.ui.enabled": "true"})
    assert [settings.get(kept) for settings in starts] == ["50", "7", None]


def test_a_process_waits_until_its_jvm_has_written_the_archive(tmp_path, capsys):
    writes = f"cat > /dev/null; echo archive > {tmp_path}/archive"
    java = subprocess.Popen(["sh", "-c", writes], stdin=subprocess.PIPE)
    session._wait_for_archive(SimpleNamespace(proc=java))
    assert (tmp_path / "archive").read_text() == "archive\n"
    assert capsys.readouterr().err.startswith("Writing an archive of Spark's classes, once")


def test_a_jvm_that_ends_for_its_archive_leaves_no_traceback_of_accumulators(monkeypatch, capfd):
    is_unix_socket = {"is_unix_domain_sock": False} if version("pyspark") >= "4.1" else {}
    server = accumulators._start_update_server("token", **is_unix_socket)
    monkeypatch.setattr(SparkContext, "_active_spark_context", SimpleNamespace(_accumulatorServer=server))
    connect = "import socket, sys; s = socket.create_connection(('localhost', int(sys.argv[1])))"
    update = "s.sendall(b'token' + bytes(4)); s.recv(1)"  # of no accumulator
    wait = "print('connected', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", f"{connect}; {update}; {wait}", str(server.server_address[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as java:
        assert java.stdout.readline() == b"connected\n"
        session._wait_for_archive(SimpleNamespace(proc=java))
    time.sleep(0.2)  # for a handler that still runs, and would print
    assert "Traceback" not in capfd.readouterr().err
