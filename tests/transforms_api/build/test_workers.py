from transforms.api import Output, transform_df
from transforms_api.build.workers import where_of
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
    assert first.endswith("test_workers.py:7 in divide")
    assert line.strip() == "return 1 / 0"


def test_a_failure_outside_of_the_user_s_code_is_told_with_where_the_transform_is_defined():
    assert where_of(WriteError("wrote nothing"), DIVIDE).endswith("test_workers.py:6")
