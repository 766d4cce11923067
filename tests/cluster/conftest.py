"""An S3 server and a Spark cluster on this machine's loopback, each with processes of its own, ended at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pyspark
import pytest

from transforms_api.engines.spark.jvm import find_java
from transforms_api.project.settings import PROJECT
from transforms_api.warehouse.arrow_rows import read_slice
from transforms_api.warehouse.paths import storage_path
from transforms_api.warehouse.table import full_view
from transforms_api.warehouse.warehouse import Warehouse

BUCKET = "lake"
KEYS = {"AWS_ACCESS_KEY_ID": "key-of-tests", "AWS_SECRET_ACCESS_KEY": "secret-of-tests", "AWS_REGION": "us-east-1"}
SPARK = Path(pyspark.__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, log):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"no process listens on port {port}: {log.read_text()}")


def started(command, log, **options):
    """A process in a group of its own, so that what it starts ends with it."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            list(map(str, command)), stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, start_new_session=True,
            **options,
        )  # fmt: skip


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def s3(tool, tmp_path_factory):
    """s3(name) → URL of an empty warehouse on an S3 server; this process's environment has its keys and endpoint."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "data" / BUCKET).mkdir(parents=True)
    port, log = free_port(), folder / "log"
    keys = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    command = [tool("cluster"), "--port", f"127.0.0.1:{port}", "--quiet", "posix", folder / "data"]
    server = started(command, log, env={**os.environ, **keys})
    wait_for(port, server, log)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
            patch.setenv(name, value)
        yield lambda name: f"s3a://{BUCKET}/{name}"
    end(server)


@pytest.fixture
def warehouse(s3, tmp_path):
    """Takes the place of the suite's own: an empty warehouse on the S3 server."""
    return Warehouse(storage_path(s3(tmp_path.name)))


@pytest.fixture
def rows_of(warehouse):
    """rows_of(dataset) → its committed rows."""
    return lambda dataset: read_slice(full_view(warehouse.latest(dataset))).to_table().to_pylist()


@pytest.fixture
def cluster(s3, tmp_path_factory):
    """A standalone master, two workers of one core: drivers' environment, `kill_a_worker()`, the logs' folder."""
    folder = tmp_path_factory.mktemp("cluster")
    environment = {
        **os.environ, "SPARK_HOME": str(SPARK), "SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(find_java()), "XDG_STATE_HOME": str(folder / "state"),
        "PYSPARK_PYTHON": sys.executable,
    }  # fmt: skip
    port, processes = free_port(), []
    master = f"spark://127.0.0.1:{port}"

    def start(role, *arguments):
        log = folder / f"{role}-{len(processes)}.log"
        command = [SPARK / "bin" / "spark-class", f"org.apache.spark.deploy.{role}", "--host", "127.0.0.1", *arguments]
        processes.append(started(command, log, env=environment))
        return processes[-1], log

    wait_for(port, *start("master.Master", "--port", port, "--webui-port", free_port()))
    workers = []
    for number in (1, 2):
        work = folder / f"worker-{number}"
        arguments = ["--cores", 1, "--memory", "2g", "--webui-port", free_port(), "--work-dir", work, master]
        workers.append(start("worker.Worker", *arguments)[0])
    (folder / "spark-defaults.conf").write_text(
        f"spark.master {master}\nspark.driver.host 127.0.0.1\nspark.driver.bindAddress 127.0.0.1\n"
        "spark.ui.enabled false\nspark.sql.shuffle.partitions 4\n"
        "spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC\n"
        "spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC\n"
    )
    yield SimpleNamespace(environment=environment, master=master, folder=folder, kill_a_worker=lambda: end(workers[0]))
    for process in processes:
        end(process)


@pytest.fixture
def run_local(tmp_path):
    """run_local(*arguments, output=…) → the running command line, which prints to this file in `tmp_path`."""
    running = []

    def run(*arguments, output, environment=None, launcher=(sys.executable,)):
        command = [*launcher, PROJECT / "run_local.py", *arguments]
        running.append(started(command, tmp_path / output, env=environment or dict(os.environ)))
        return running[-1]

    yield run
    for process in running:
        end(process)
