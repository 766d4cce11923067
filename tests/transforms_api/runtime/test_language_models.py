"""Foundry's chat model over an endpoint on this machine: good, slow, broken and hostile."""

import json
import pickle
import re

import pytest

from transforms_api.errors import LanguageModelError
from transforms_api.runtime.language_models import (
    ChatMessage,
    ChatMessageRole,
    Endpoint,
    GptChatCompletionRequest,
    OpenAiGptChatLanguageModel,
)

KEY = "sk-very-secret-key-0123456789"
REQUEST = GptChatCompletionRequest(
    [ChatMessage(ChatMessageRole.SYSTEM, "Be kind"), ChatMessage(ChatMessageRole.USER, "Hi")], temperature=0.5
)


@pytest.fixture
def model(model_server, monkeypatch, tmp_path):
    """A model that the server answers for."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return OpenAiGptChatLanguageModel("gpt", Endpoint("tiny", model_server.url, 1.0, tmp_path / "answers"))


@pytest.fixture
def problem(model):
    """problem() → the text of the error with which the model gives no answer."""

    def message():
        with pytest.raises(LanguageModelError) as error:
            model.create_chat_completion(REQUEST)
        return str(error.value)

    return message


@pytest.fixture
def hurried(monkeypatch):
    """Pauses between attempts, which the client decides, take no time."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_, **__: 0)


def completion(**choice):
    return 200, {"Content-Type": "application/json"}, json.dumps({"choices": [choice]})


def test_an_answer_is_found_where_foundry_has_it(model):
    answer = model.create_chat_completion(REQUEST)
    assert (answer.choices[0].message.content, answer.model) == ("Hello", "tiny")


def test_messages_and_options_are_sent_in_openai_s_words_with_the_key(model, model_server):
    model.create_chat_completion(REQUEST)
    assert model_server.requests == [
        {
            "model": "tiny",
            "messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}],
            "temperature": 0.5,
        }
    ]
    assert model_server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_an_endpoint_of_one_s_own_needs_no_key(model, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert model.create_chat_completion(REQUEST).choices[0].message.content == "Hello"


# What was answered is kept


def test_a_repeated_request_is_answered_from_the_kept_answer(model, model_server):
    answers = [model.create_chat_completion(REQUEST).choices[0].message.content for _ in range(2)]
    assert answers == ["Hello", "Hello"]
    assert len(model_server.requests) == 1


def test_a_request_with_different_settings_is_sent(model, model_server):
    model.create_chat_completion(REQUEST)
    model.create_chat_completion(GptChatCompletionRequest(REQUEST.messages, temperature=0.6))
    assert len(model_server.requests) == 2


def test_the_same_request_to_a_different_model_is_sent(model, model_server, tmp_path):
    model.create_chat_completion(REQUEST)
    other = OpenAiGptChatLanguageModel("gpt", Endpoint("large", model_server.url, 1.0, tmp_path / "answers"))
    other.create_chat_completion(REQUEST)
    assert [request["model"] for request in model_server.requests] == ["tiny", "large"]


def test_an_answer_that_was_cut_off_is_not_kept(model, model_server):
    model_server.answers = [completion(message={"content": "Hel"}, finish_reason="length"), "Hello"]
    answers = [model.create_chat_completion(REQUEST).choices[0].message.content for _ in range(2)]
    assert answers == ["Hel", "Hello"]


@pytest.mark.parametrize("content", ["", "{", "[]", "[1]", '{"a": 1}'])
def test_a_damaged_kept_answer_is_requested_again(model, model_server, tmp_path, content):
    model.create_chat_completion(REQUEST)
    [kept] = (tmp_path / "answers").iterdir()
    kept.write_text(content)
    assert model.create_chat_completion(REQUEST).choices[0].message.content == "Hello"
    assert len(model_server.requests) == 2


def test_a_folder_that_cannot_be_written_keeps_nothing_and_the_answer_is_there(model, tmp_path):
    (tmp_path / "answers").write_text("a file")
    assert model.create_chat_completion(REQUEST).choices[0].message.content == "Hello"


def test_kept_answers_are_readable_by_their_user_alone(model, tmp_path):
    model.create_chat_completion(REQUEST)
    [kept] = (tmp_path / "answers").iterdir()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


# Endpoints that give no answer


def test_no_endpoint_is_an_error_that_says_how_to_set_one():
    model = OpenAiGptChatLanguageModel("gpt", None)
    assert not model.is_available
    with pytest.raises(LanguageModelError, match="'gpt' is not available: set OPENAI_MODEL and OPENAI_BASE_URL"):
        model.create_chat_completion(REQUEST)


def test_without_the_extra_the_error_says_what_to_install(model, problem, monkeypatch):
    monkeypatch.setattr("transforms_api.runtime.language_models.is_installed", lambda: False)
    assert "pip install 'transforms-anywhere[language-model]'" in problem()
    assert not model.is_available


def test_openai_without_a_key_gets_no_request(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = OpenAiGptChatLanguageModel("gpt", Endpoint("gpt-4o", "https://api.openai.com/v1", 1.0, tmp_path))
    with pytest.raises(LanguageModelError, match="wants a key: set OPENAI_API_KEY"):
        model.create_chat_completion(REQUEST)


def test_a_dead_endpoint_is_named(model_server, problem, hurried):
    model_server.close()
    assert f"tiny at {model_server.url} gave no answer" in problem()


def test_a_slow_endpoint_is_an_error_after_the_timeout(model_server, problem, hurried):
    model_server.delay = 1.3
    assert "gave no answer: it took longer than 1 s." in problem()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, {}, "out of memory"), "HTTP 500"),
        ((401, {}, '{"error": {"message": "no such key"}}'), "HTTP 401: .*no such key"),
        ((302, {"Location": "http://127.0.0.1:9/v1"}, ""), "HTTP 302"),
        ((200, {}, "<html>Welcome</html>"), "no chat completion"),
        ((200, {"Content-Type": "application/json"}, '{"choices": [{"message": {"cont'), "no chat completion"),
        ((200, {"Content-Type": "application/json"}, '{"choices": []}'), "no chat completion"),
        ((200, {"Content-Type": "application/json"}, "[" * 100_000), "no chat completion"),
        (completion(message={"content": None, "refusal": "I cannot"}), "no chat completion"),
        ((200, {"Content-Length": "900"}, '{"choices"'), "gave no answer"),
        ((200, {}, "x" * 4_000_001), "longer than 4,000,000 bytes"),
    ],
    ids=["500", "401", "redirect", "HTML", "cut off", "no choice", "deep", "no text", "connection lost", "huge"],
)
def test_a_broken_answer_is_none_and_is_not_kept(model_server, problem, hurried, tmp_path, answer, reason):
    model_server.answers = [answer]
    assert re.search(reason, problem())
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_is_busy_for_a_moment_gets_the_request_again(model, model_server, hurried, status):
    model_server.answers = [(status, {"Retry-After": "0"}, "busy"), "Hello"]
    assert model.create_chat_completion(REQUEST).choices[0].message.content == "Hello"


# The key


def test_the_key_is_in_no_error_that_an_endpoint_provokes(model_server, problem):
    model_server.answers = [(401, {}, json.dumps({"error": {"message": f"Incorrect key {KEY}"}}))]
    assert "Incorrect key ***" in problem()


def test_an_error_has_no_cause_that_could_show_the_key(model, model_server):
    model_server.answers = [(401, {}, KEY)]
    with pytest.raises(LanguageModelError) as error:
        model.create_chat_completion(REQUEST)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_an_endpoint_that_answers_by_the_key_puts_it_neither_into_data_nor_on_the_disk(model, model_server, tmp_path):
    model_server.answers = [f"Your key is {KEY}"]
    assert model.create_chat_completion(REQUEST).choices[0].message.content == "Your key is ***"
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY in file.read_text()]


def test_a_model_pickles_into_workers_without_the_key(model):
    model.create_chat_completion(REQUEST)
    pickled = pickle.dumps(model)
    assert KEY.encode() not in pickled
    assert pickle.loads(pickled).create_chat_completion(REQUEST).choices[0].message.content == "Hello"
