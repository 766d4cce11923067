"""The commands where the extra `dashboard` is not installed."""

import sys

import pytest

LIBRARIES = ("vl_convert", "starlette", "uvicorn")


@pytest.fixture
def without(monkeypatch):
    """without(library, …) makes imports of these libraries fail, as if they were not installed."""

    def remove(*libraries):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("revops_dashboards", *libraries)]:
            monkeypatch.delitem(sys.modules, name)
        for library in libraries:
            monkeypatch.setitem(sys.modules, library, None)

    return remove


@pytest.mark.parametrize("library", ("starlette", "uvicorn"))
def test_the_dashboard_says_which_extra_has_a_missing_library(without, command, tmp_path, library):
    without(library)
    code, _, error = command("dashboard", "--no-open", "--warehouse", tmp_path)
    assert code == 2
    assert (
        f"This command needs {library}, which is not installed: pip install 'transforms-anywhere[dashboard]'" in error
    )


def test_the_report_says_which_extra_has_the_library_that_draws_pictures(without, command, tmp_path):
    without("vl_convert")
    code, _, error = command("report", tmp_path / "report.html", "--warehouse", tmp_path)
    assert code == 2
    assert "This command needs vl_convert, which is not installed" in error


@pytest.mark.parametrize("arguments", [["--help"], ["coach", "--help"], ["dashboard", "--help"]], ids=" ".join)
def test_help_needs_no_library_of_the_extra(without, command, arguments):
    without(*LIBRARIES)
    assert command(*arguments)[0] == 0
