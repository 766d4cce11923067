"""The exported pipeline run by an implementation of `transforms.api` that is not ours, and our own build of it."""

import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from transforms_api.api import Project
from transforms_api.engines.spark.jvm import find_java
from transforms_api.engines.spark.session import MEANING
from transforms_api.project.settings import PROJECT, read_settings


def run(*command, **environment):
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, cwd=PROJECT.anchor)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def spark_alone(tmp_path_factory):
    """A folder that has of this environment's packages only Spark: 350 MB that need not be there twice."""
    folder = tmp_path_factory.mktemp("spark_alone")
    for name in ("pyspark", "py4j"):
        site = Path(distribution(name).locate_file(""))
        for path in (site / name, *site.glob(f"{name}-*-info")):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The folder of our pipeline's export."""
    folder = tmp_path_factory.mktemp("exported") / "revops"
    run(sys.executable, PROJECT / "run_local.py", "export", folder, **os.environ)
    return folder / "transforms-python"


@pytest.fixture(scope="session")
def other_python(tool):
    """The Python of an environment with the other implementation and what the export's recipe names."""
    return Path(tool("portability"))


@pytest.fixture(scope="session")
def elsewhere(exported, other_python, spark_alone, tmp_path_factory):
    """What run_elsewhere.py reports of the export; the process has no variables of ours, no home and no network."""
    folder = tmp_path_factory.mktemp("elsewhere")
    home = {"PATH": os.environ["PATH"], "HOME": str(folder), "PKG_NAME": "revops", "PKG_VERSION": "1"}
    subprocess.run(
        [other_python, "setup.py", "-q", "egg_info"], cwd=exported / "src", env={**os.environ, **home}, check=True
    )
    task = {
        "source": str(exported / "src"),
        "datasets": [dataset for transform in Project.open().graph.order for dataset in transform.writes],
        "settings": {**read_settings().spark, **MEANING},
        "cache": str(folder / "cache"),
        "report": str(folder / "report.json"),
    }
    (folder / "task.json").write_text(json.dumps(task))
    script = Path(__file__).with_name("run_elsewhere.py")
    run(other_python, script, folder / "task.json", **home, JAVA_HOME=str(find_java()), PYTHONPATH=str(spark_alone))
    return json.loads((folder / "report.json").read_text())
