import json

from transforms.api import Output
from transforms_api.graph.user_code import place_of


def raised_by(action):
    try:
        action()
    except Exception as error:
        return error


def test_an_error_in_a_library_comes_from_the_line_that_called_it():
    assert place_of(raised_by(lambda: json.loads("{"))).endswith("test_user_code.py:15")


def test_an_error_in_this_package_comes_from_the_line_that_called_it():
    assert place_of(raised_by(lambda: Output("relative"))).endswith("test_user_code.py:19")


def test_a_syntax_error_comes_from_the_line_that_is_wrong():
    assert place_of(raised_by(lambda: compile("x = 1\ny = (\n", "/home/me/a.py", "exec"))) == "/home/me/a.py:2"


def test_an_error_without_a_line_of_the_user_s_has_no_place():
    assert place_of(ValueError("never raised")) is None
