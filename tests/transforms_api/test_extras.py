import pytest

from transforms_api.errors import EnvironmentProblem
from transforms_api.extras import extra, needs_extra


def test_a_missing_module_is_reported_with_the_extra_that_has_it():
    with pytest.raises(EnvironmentProblem, match=r"no_such_module.*\[dashboard\]"), needs_extra("dashboard"):
        import no_such_module  # noqa: F401


def test_an_error_that_is_no_missing_module_stays_as_it_is():
    with pytest.raises(ZeroDivisionError), needs_extra("dashboard"):
        1 / 0  # noqa: B018


def test_a_missing_library_is_reported_alike_to_transforms_and_to_users_of_the_python_api():
    with pytest.raises(EnvironmentProblem, match=r"^no_such_module is not installed: pip install .*\[single-node\]"):
        extra("no_such_module")
