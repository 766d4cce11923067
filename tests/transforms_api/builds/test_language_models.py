"""Transforms with a language model: what they receive, when they are stale, and what their commits record."""

import polars
import pytest
from language_model_service_api.languagemodelservice_api import ChatMessage, ChatMessageRole
from language_model_service_api.languagemodelservice_api_completion_v3 import GptChatCompletionRequest
from palantir_models.transforms import OpenAiGptChatLanguageModelInput

from transforms.api import Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import why_stale
from transforms_api.errors import LanguageModelError
from transforms_api.runtime.language_models import Endpoint

KEY = "sk-very-secret-key-0123456789"


@transform.using(gpt=OpenAiGptChatLanguageModelInput("ri.models.gpt"), out=Output("/A/answers"))
def answers(gpt, out):
    request = GptChatCompletionRequest([ChatMessage(ChatMessageRole.USER, "Hi")])
    out.write_table(polars.DataFrame({"said": [gpt.create_chat_completion(request).choices[0].message.content]}))


@pytest.fixture
def at(warehouse, model_server, monkeypatch, tmp_path):
    """at(model) → an environment in which the server answers for it; at(None) → one without an endpoint."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def environment(model):
        endpoint = model and Endpoint(model, model_server.url, 5.0, tmp_path / "answers")
        return BuildEnvironment(lambda: None, warehouse, "build", language_model=endpoint)

    return environment


def test_a_transform_receives_a_model_that_the_endpoint_answers_for(at, rows):
    run_job(answers, at("tiny"))
    assert rows("/A/answers") == [{"said": "Hello"}]


def test_without_an_endpoint_a_call_fails_the_job_by_an_error_that_says_what_to_do(at):
    with pytest.raises(LanguageModelError, match="set OPENAI_MODEL"):
        run_job(answers, at(None))


def test_a_forced_rebuild_sends_no_request_again(at, model_server):
    run_job(answers, at("tiny"))
    run_job(answers, at("tiny"))
    assert len(model_server.requests) == 1


def test_a_changed_model_or_endpoint_makes_its_datasets_stale(at, model_server):
    run_job(answers, at("tiny"))
    label, before = "language model 'gpt' is", f"tiny at {model_server.url}"
    assert why_stale(answers, at("tiny")) is None
    assert why_stale(answers, at("large")) == f"{label} large at {model_server.url} now, was {before}"
    assert why_stale(answers, at(None)) == f"{label} none now, was {before}"


def test_a_changed_api_key_makes_nothing_stale(at, monkeypatch):
    run_job(answers, at("tiny"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-secret-key-987654321")
    assert why_stale(answers, at("tiny")) is None


def test_the_key_is_in_no_file(at, tmp_path):
    run_job(answers, at("tiny"))
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


def test_a_build_takes_the_key_out_of_whatever_it_tells(at):
    assert at(None).redact(f"HTTP 401 for Bearer {KEY}") == "HTTP 401 for Bearer ***"
