import io
import threading
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from transforms_api.engines.spark import jars
from transforms_api.engines.spark.jars import (
    MIRROR,
    MIRROR_VARIABLE,
    added_to_spark,
    delta_artifact,
    fetch_jars,
    jars_in,
)
from transforms_api.engines.spark.maven import Artifact
from transforms_api.errors import EnvironmentProblem

DELTA = delta_artifact()
STORAGE = Artifact("io.delta", "delta-storage", DELTA.version)
KERNEL = Artifact("io.delta", "kernel-of-delta", "1")
NEEDED = ["delta-spark", "delta-storage"]


def jar():
    content = io.BytesIO()
    zipfile.ZipFile(content, "w").close()
    return content.getvalue()


@pytest.fixture
def mirror(maven_server):
    """A Maven repository in which Delta's JAR needs that of its storage and that of its kernel."""
    needs = "".join(
        f"<dependency><groupId>{needed.group}</groupId><artifactId>{needed.name}</artifactId>"
        f"<version>{needed.version}</version></dependency>"
        for needed in (STORAGE, KERNEL)
    )
    for artifact, dependencies in {DELTA: needs, STORAGE: "", KERNEL: ""}.items():
        project = f"<project><dependencies>{dependencies}</dependencies></project>"
        maven_server.put(artifact.path("pom"), project.encode())
        maven_server.put(artifact.path(), jar())
    return maven_server


@pytest.fixture
def fetch(tmp_path):
    """fetch(settings, environ) → names of the JARs fetched into `tmp_path`; `fetch.said` has the lines of progress."""
    messages = []

    def fetch(settings, environ=None):
        return [jar.name for jar in fetch_jars(tmp_path, NEEDED, [], settings, environ or {}, messages.append)]

    fetch.said = messages
    return fetch


def test_of_delta_s_jars_only_those_are_taken_that_spark_has_not_in_any_version(tmp_path):
    (tmp_path / "jackson-databind-2.21.2.jar").touch()
    jars = [
        Path("com.fasterxml.jackson.core_jackson-databind-2.13.5.jar"),
        Path("jackson-databind-2.13.5.jar"),
        Path("com.fasterxml.jackson.core_jackson-core-2.13.5.jar"),
        Path("io.delta_delta-spark_4.2_2.13-4.4.0.jar"),
    ]
    assert added_to_spark(jars, tmp_path) == jars[2:]


def test_the_mirror_of_the_profile_is_used(mirror, fetch):
    names = fetch({MIRROR: mirror.url})
    assert names == sorted(artifact.file_name for artifact in (DELTA, STORAGE, KERNEL))


def test_the_mirror_of_the_environment_goes_before_that_of_the_profile(mirror, fetch):
    assert len(fetch({MIRROR: "https://mirror.invalid"}, {MIRROR_VARIABLE: mirror.url})) == 3


def test_the_jars_that_decide_whether_the_folder_is_complete_come_last(mirror, fetch):
    fetch({MIRROR: mirror.url})
    jars = [path for path in mirror.paths() if path.endswith(".jar")]
    assert jars[0] == KERNEL.path()


def test_a_download_that_ended_half_way_goes_on_with_the_jars_that_are_missing(mirror, fetch, tmp_path):
    mirror.files[f"{STORAGE.path()}.sha1"] = b"0" * 40
    with pytest.raises(EnvironmentProblem, match="checksum"):
        fetch({MIRROR: mirror.url})
    assert jars_in(tmp_path, NEEDED) == []
    mirror.put(STORAGE.path(), jar())
    mirror.requests.clear()
    assert len(fetch({MIRROR: mirror.url})) == 3
    assert KERNEL.path() not in mirror.paths()


def test_a_damaged_jar_is_fetched_again(mirror, fetch, tmp_path):
    fetch({MIRROR: mirror.url})
    (tmp_path / "jars" / DELTA.file_name).write_bytes(b"half of it")
    assert jars_in(tmp_path, NEEDED) == []
    assert len(fetch({MIRROR: mirror.url})) == 3


def test_a_second_process_waits_and_fetches_nothing_itself(mirror, fetch, tmp_path, monkeypatch):
    monkeypatch.setattr(jars, "_WAIT", 0.0)
    (tmp_path / "jars").mkdir()
    first = FileLock(tmp_path / "jars.lock", thread_local=False)
    first.acquire()
    other = threading.Thread(target=fetch, args=({MIRROR: mirror.url},))
    other.start()
    while not fetch.said:
        other.join(0.01)
    for artifact in (DELTA, STORAGE):
        (tmp_path / "jars" / artifact.file_name).write_bytes(jar())
    first.release()
    other.join()
    assert fetch.said[0].startswith("Waiting for another process")
    assert mirror.requests == []


def test_jars_that_spark_s_ivy_has_fetched_are_used(tmp_path):
    (tmp_path / "jars").mkdir()
    for artifact in (DELTA, STORAGE):
        (tmp_path / "jars" / artifact.file_name).write_bytes(jar())
    assert len(jars_in(tmp_path, NEEDED)) == 2


def test_without_a_network_the_error_has_the_url_the_files_their_folder_and_the_setting_of_a_mirror(
    maven_server, fetch, tmp_path
):
    maven_server.close()
    with pytest.raises(EnvironmentProblem) as refused:
        fetch({MIRROR: maven_server.url})
    text = str(refused.value)
    assert f"{maven_server.url}/{DELTA.path('pom')}" in text
    assert f"into {tmp_path / 'jars'}:\n  {maven_server.url}/{DELTA.path()}\n" in text
    assert "set TRANSFORMS_MAVEN_MIRROR or, in the profile of conf/run.toml, spark.transforms.mavenMirror" in text


def test_a_cache_folder_that_cannot_be_written_is_named(fetch, tmp_path):
    (tmp_path / "jars").touch()
    with pytest.raises(EnvironmentProblem, match=rf"cannot be written to {tmp_path}.*XDG_CACHE_HOME"):
        fetch({})
