import pytest

from transforms_api.cli.console import settle_terminal


@pytest.mark.parametrize("value", ["true", "1", "woodpecker"])
def test_in_ci_everything_is_plain_even_on_what_looks_like_a_terminal(value):
    environment = {"CI": value}
    settle_terminal(environment)
    assert environment["TTY_COMPATIBLE"] == "0"


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "true", "FORCE_COLOR": "1"}])
def test_elsewhere_and_where_colours_are_forced_rich_decides(environment):
    before = dict(environment)
    settle_terminal(environment)
    assert environment == before
