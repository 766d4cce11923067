import pytest
from language_model_service_api.languagemodelservice_api import ChatMessage, ChatMessageRole
from language_model_service_api.languagemodelservice_api_completion_v3 import GptChatCompletionRequest

from transforms_api.errors import TransformTypeError


def test_a_request_holds_messages_and_the_options_that_are_given():
    request = GptChatCompletionRequest([ChatMessage(ChatMessageRole.USER, "Hi")], temperature=0, max_tokens=None)
    assert [(message.role.name, message.content) for message in request.messages] == [("USER", "Hi")]
    assert request.options == {"temperature": 0}


def test_a_request_refuses_a_value_that_is_no_message():
    with pytest.raises(TransformTypeError, match="takes a list of ChatMessage, not 'Hi'"):
        GptChatCompletionRequest(["Hi"])
