from transforms.api import Output, transform_df
from transforms_api.build.report import JobResult, JobState
from transforms_api.cli.screen import describe_failure
from transforms_api.errors import ComputeError, WriteError


def divide():
    return 1 / 0


def failed(error):
    return JobResult(transform_df(Output("/A/x"))(divide), JobState.FAILED, reason=str(error), error=error)


def test_a_failed_job_shows_the_user_s_own_file_and_line_first():
    try:
        divide()
    except ZeroDivisionError as cause:
        error = ComputeError("division by zero")
        error.__cause__ = cause
    first, *_, last = describe_failure(failed(error)).splitlines()
    assert first.endswith("test_screen.py:8 in divide")
    assert last == "ZeroDivisionError: division by zero"


def test_a_job_that_fails_outside_of_the_user_s_code_shows_where_the_transform_is_defined():
    assert describe_failure(failed(WriteError("wrote nothing"))).endswith("test_screen.py:7: wrote nothing")
