import pytest

from transforms_api.errors import EnvironmentProblem
from transforms_api.runtime.language_models import endpoint_of, model_version, redact_key


def test_a_key_alone_sets_no_endpoint():
    assert endpoint_of({"OPENAI_API_KEY": "sk-0123456789abcdef"}) is None


def test_a_model_is_openai_s_unless_a_url_is_set():
    assert endpoint_of({"OPENAI_MODEL": "gpt-4o"}).description == "gpt-4o at https://api.openai.com/v1"
    own = {"OPENAI_MODEL": "llama3.2", "OPENAI_BASE_URL": "http://localhost:11434/v1/"}
    assert endpoint_of(own).description == "llama3.2 at http://localhost:11434/v1"


def test_an_attempt_takes_a_minute_at_most_unless_a_timeout_is_set():
    assert endpoint_of({"OPENAI_MODEL": "m"}).seconds == 60
    assert endpoint_of({"OPENAI_MODEL": "m", "OPENAI_TIMEOUT": "2.5"}).seconds == 2.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "localhost:11434"),
        ("OPENAI_BASE_URL", "file:///etc/passwd"),
        ("OPENAI_TIMEOUT", "a minute"),
        ("OPENAI_TIMEOUT", "0"),
        ("OPENAI_TIMEOUT", "nan"),
    ],
)
def test_a_variable_that_says_what_cannot_be_is_named(name, value):
    with pytest.raises(EnvironmentProblem, match=name):
        endpoint_of({"OPENAI_MODEL": "m", name: value})


def test_a_password_in_the_url_is_not_shown():
    endpoint = endpoint_of({"OPENAI_MODEL": "m", "OPENAI_BASE_URL": "https://me:pa55word@models.example/v1?key=s3cret"})
    assert endpoint.description == "m at https://models.example/v1"


def test_no_endpoint_is_shown_as_none(monkeypatch):
    assert model_version(None) == "none"
    monkeypatch.setattr("transforms_api.runtime.language_models.is_installed", lambda: False)
    assert model_version(endpoint_of({"OPENAI_MODEL": "m"})) == "none (openai is not installed)"


def test_a_key_is_taken_out_of_texts_unless_it_is_a_word_for_none(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    assert redact_key("Bearer sk-0123456789abcdef") == "Bearer ***"
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert redact_key("none of it") == "none of it"
