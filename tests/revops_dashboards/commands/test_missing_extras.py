"""The commands where the extra `dashboard` is not installed."""

import sys

import pytest

LIBRARIES = ("altair", "vl_convert", "starlette", "uvicorn")


@pytest.fixture
def without(monkeypatch):
    """without(library, …) makes imports of these libraries fail, as if they were not installed."""

    def remove(*libraries):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("revops_dashboards", *libraries)]:
            monkeypatch.delitem(sys.modules, name)
        for library in libraries:
            monkeypatch.setitem(sys.modules, library, None)

    return remove


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_dashboard_says_which_extra_has_a_missing_library(without, command, tmp_path, library):
    without(library)
    code, _, error = command("dashboard", "--no-open", "--warehouse", tmp_path)
    assert code == 2
    assert (
        f"This command needs {library}, which is not installed: pip install 'transforms-anywhere[dashboard]'" in error
    )


@pytest.mark.parametrize("library", ("altair", "vl_convert"))
def test_the_report_says_which_extra_has_a_missing_library(without, command, tmp_path, library):
    without(library)
    code, _, error = command("report", tmp_path / "report.html", "--warehouse", tmp_path)
    assert code == 2
    assert f"This command needs {library}, which is not installed" in error


def test_coaching_needs_no_library_of_the_dashboards(without, command):
    without(*LIBRARIES)
    assert command("coach", "--help")[0] == 0
