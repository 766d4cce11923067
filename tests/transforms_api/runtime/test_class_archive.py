import pytest

from transforms_api.runtime.class_archive import archive_option


@pytest.fixture
def java(tmp_path):
    home = tmp_path / "java"
    home.mkdir()
    (home / "release").write_text('JAVA_VERSION="17.0.15"')
    return home


@pytest.fixture
def jar(tmp_path):
    jar = tmp_path / "spark.jar"
    jar.write_bytes(b"classes")
    return jar


def archive_of(option):
    return option.partition("=")[2]


def complete(option):
    with open(archive_of(option), "wb") as stream:
        stream.write(b"\xa8\xab\x0b\xf0" + b"classes")


def test_the_first_session_is_told_to_write_an_archive_when_it_exits(java, jar, tmp_path):
    assert archive_option(java, [jar], tmp_path / "cache").startswith("-XX:ArchiveClassesAtExit=")


def test_a_later_session_uses_the_archive(java, jar, tmp_path):
    first = archive_option(java, [jar], tmp_path / "cache")
    complete(first)
    assert archive_option(java, [jar], tmp_path / "cache") == f"-XX:SharedArchiveFile={archive_of(first)}"


def test_an_archive_that_is_still_being_written_has_no_first_bytes_and_is_written_again(java, jar, tmp_path):
    first = archive_option(java, [jar], tmp_path / "cache")
    with open(archive_of(first), "wb") as stream:
        stream.write(bytes(4) + b"classes")
    assert archive_option(java, [jar], tmp_path / "cache") == first


def test_another_java_gets_an_archive_of_its_own(java, jar, tmp_path):
    complete(archive_option(java, [jar], tmp_path / "cache"))
    (java / "release").write_text('JAVA_VERSION="17.0.16-beta"')
    assert archive_option(java, [jar], tmp_path / "cache").startswith("-XX:ArchiveClassesAtExit=")


def test_a_changed_jar_gets_an_archive_of_its_own(java, jar, tmp_path):
    complete(archive_option(java, [jar], tmp_path / "cache"))
    jar.write_bytes(b"other classes")
    assert archive_option(java, [jar], tmp_path / "cache").startswith("-XX:ArchiveClassesAtExit=")
