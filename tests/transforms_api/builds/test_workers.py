import threading

from transforms.api import Output, transform_df
from transforms_api.builds.scheduler import where_is, where_of
from transforms_api.errors import ComputeError, WriteError


def divide():
    return 1 / 0


DIVIDE = transform_df(Output("/A/x"))(divide)


def test_a_failure_is_told_with_the_user_s_own_file_and_line_first():
    try:
        divide()
    except ZeroDivisionError as cause:
        error = ComputeError("division by zero")
        error.__cause__ = cause
    first, line, *_ = where_of(error, DIVIDE).splitlines()
    assert first.endswith("test_workers.py:9 in divide")
    assert line.strip() == "return 1 / 0"


def test_a_failure_outside_of_the_user_s_code_is_told_with_where_the_transform_is_defined():
    assert where_of(WriteError("wrote nothing"), DIVIDE).endswith("test_workers.py:8")


def raised_by(function):
    try:
        function()
    except BaseException as cause:
        error = ComputeError("failed")
        error.__cause__ = cause
    return error


def test_of_a_recursion_the_first_and_the_last_lines_are_shown_with_the_number_of_the_others():
    def recur(depth):
        return recur(depth - 1) if depth else 1 / 0

    lines = where_of(raised_by(lambda: recur(500)), DIVIDE).splitlines()
    assert lines[0].endswith(" in recur")
    assert "  called from 490 more lines like these" in lines
    assert len(lines) < 40


def test_the_cause_of_an_error_is_shown_with_its_own_lines():
    def wrap():
        try:
            divide()
        except ZeroDivisionError as error:
            raise ValueError("no ratio") from error

    where = where_of(raised_by(wrap), DIVIDE)
    assert " in wrap" in where.splitlines()[0]
    assert "after ZeroDivisionError: division by zero\n  " in where
    assert where.count("return 1 / 0") == 1


def test_an_error_of_this_package_comes_from_the_user_s_line_that_called_it():
    def write():
        Output("relative")

    error = raised_by(write).__cause__
    assert where_of(error, DIVIDE).splitlines()[0].endswith(" in write")


def test_a_running_thread_is_in_the_line_that_it_waits_in():
    go_on, begun = threading.Event(), threading.Event()

    def hang():
        begun.set()
        go_on.wait(30)

    thread = threading.Thread(target=hang)
    thread.start()
    begun.wait(30)
    lines = where_is(thread, DIVIDE).splitlines()
    go_on.set()
    assert lines[0].endswith(" in hang")
    assert where_is(None, DIVIDE) == DIVIDE.location
