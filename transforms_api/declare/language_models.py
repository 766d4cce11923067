"""Language models: an input that a transform declares, answered on this machine by the endpoint that a run names."""

from __future__ import annotations

from transforms_api.declare.specs import Param


class OpenAiGptChatLanguageModelInput(Param):
    """A model that a transform talks to, named by the RID that Foundry knows it by.

    Here the RID chooses nothing: the environment names one endpoint and model for a run, see `runtime/language_model`.
    """

    def __init__(self, model_rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.model_rid = model_rid
