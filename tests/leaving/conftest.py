"""Our pipeline exported for plain Spark, and run in an environment that has PySpark 4.2 and nothing of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from transforms_api.engines.spark.jvm import find_java
from transforms_api.project.settings import PROJECT


def run(*command, cwd=PROJECT.anchor, **environment):
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def other_python(tool):
    """The Python of an environment with Spark Declarative Pipelines and what the pipeline's modules import."""
    return Path(tool("leaving"))


@pytest.fixture(scope="session")
def variables(other_python, tmp_path_factory):
    """The environment of a process that has no variables of ours: a home, Java, and the programs of `other_python`."""
    home = tmp_path_factory.mktemp("home")
    path = f"{other_python.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "JAVA_HOME": str(find_java()), "PYSPARK_PYTHON": str(other_python)}


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """exported(form) → the folder of our pipeline's export."""

    def export(form):
        folder = tmp_path_factory.mktemp(form.replace("-", "_")) / "revops"
        run(sys.executable, PROJECT / "run_local.py", "export", folder, "--as", form, **os.environ)
        return folder

    return export


@pytest.fixture(scope="session")
def by_scripts(exported, other_python, variables):
    """The folder of the tables that `python run_all.py` has written."""
    folder = exported("pyspark")
    run(other_python, "run_all.py", cwd=folder, **variables)
    return folder / "tables"


@pytest.fixture(scope="session")
def by_definitions(exported, other_python, variables):
    """The folder of the tables that `spark-pipelines run` has written."""
    folder = exported("spark-pipelines")
    run(other_python.with_name("spark-pipelines"), "run", cwd=folder, **variables)
    return folder / "spark-warehouse"


@pytest.fixture(scope="session")
def has_our_runtime(other_python, variables):
    """Whether `transforms_api` can be imported in the other environment."""
    code = "import importlib.util; print(importlib.util.find_spec('transforms_api') is not None)"
    return run(other_python, "-c", code, **variables).strip() == "True"
