"""The arguments of decorators that are no datasets: values that a build may set, sources, language models, markings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from transforms_api.errors import DeclarationError

Value = TypeVar("Value", str, int, float, bool)


class Param:
    """Base of everything that a decorator binds to a parameter of the compute function.

    Args:
        description: for readers of the code; has no effect.
    """

    def __init__(self, description: str | None = None) -> None:
        self.description = description


class FoundryInputParam(Param):
    """Base of what a transform reads."""


class FoundryOutputParam(Param):
    """Base of what a transform writes."""


class ParamValueInput(Generic[Value]):
    """What a compute function receives for a parameter.

    Args:
        value: the value of the build, or the default.
    """

    def __init__(self, value: Value) -> None:
        self.value: Value = value


class ValueParam(Param, Generic[Value]):
    """Base of all parameters.

    Args:
        default: value of a build that sets none.
        description: for readers of the code.

    Raises:
        DeclarationError: the default has a different type.
    """

    kind: type[Value]

    def __init__(self, default: Value, *, description: str | None = None) -> None:
        super().__init__(description)
        self.default: Value = self.parse(default)

    def parse(self, value: Any) -> Value:
        """Return a value in the type of this parameter.

        Args:
            value: the value to check.

        Raises:
            DeclarationError: the value has a different type.
        """
        accepted = (int, float) if self.kind is float else (self.kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise DeclarationError(f"{type(self).__name__} takes {self.kind.__name__}, not {value!r}.")
        return self.kind(value)

    def parse_text(self, text: str) -> Value:
        """Return the value of a text from the command line.

        Args:
            text: the value of a `StringParam`, or JSON for all other parameters.

        Raises:
            DeclarationError: the value has a different type.
        """
        try:
            value = text if self.kind is str else json.loads(text)
        except json.JSONDecodeError:
            value = text  # `parse` refuses its type
        return self.parse(value)


class StringParam(ValueParam[str]):
    """A text.

    Args:
        default: value of a build that sets none.
        description: for readers of the code.
        allowed_values: all allowed texts; None: any text.
    """

    kind = str

    def __init__(self, default: str, *, description: str | None = None, allowed_values: set[str] | None = None) -> None:
        self.allowed_values = allowed_values
        super().__init__(default, description=description)

    def parse(self, value: Any) -> str:
        """Return the value if it is an allowed text.

        Args:
            value: the value to check.

        Raises:
            DeclarationError: not a text, or not an allowed one.
        """
        text = super().parse(value)
        if self.allowed_values is not None and text not in self.allowed_values:
            raise DeclarationError(f"'{text}' is none of {', '.join(sorted(self.allowed_values))}.")
        return text


class IntegerParam(ValueParam[int]):
    """An integer."""

    kind = int


class FloatParam(ValueParam[float]):
    """A floating-point number."""

    kind = float


class BooleanParam(ValueParam[bool]):
    """True or false."""

    kind = bool


class Markings:
    """Foundry's access markings that the outputs of a transform no longer carry. Recorded; nothing is enforced here.

    Args:
        marking_ids: ids of the markings.
        on_branches: branches for which this applies.
    """

    def __init__(self, marking_ids: Sequence[str], on_branches: Sequence[str]) -> None:
        self.marking_ids = list(marking_ids)
        self.on_branches = list(on_branches)


class OrgMarkings(Markings):
    """Markings of organisations that readers of the outputs no longer need. Recorded; nothing is enforced here."""


class Source(Param):
    """An external system that a transform connects to.

    `conf/sources.toml` provides its URL and secrets; a job whose source has no entry fails.

    Args:
        rid: RID of the source, or its name in code.
        description: for readers of the code.
    """

    def __init__(self, rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.rid = rid


class OpenAiGptChatLanguageModelInput(Param):
    """A language model that a transform calls.

    The RID has no effect here: environment variables name one endpoint and model for a run, see
    `runtime/language_models`.

    Args:
        model_rid: RID of the model on Foundry.
        description: for readers of the code.
    """

    def __init__(self, model_rid: str, description: str | None = None) -> None:
        super().__init__(description)
        self.model_rid = model_rid


class FoundryOnlyParam(Param):
    """A decorator's argument that exists on Foundry only; its transform cannot be run here.

    Args:
        arguments: positional arguments of the declaration.
        settings: keyword arguments of the declaration.

    Attributes:
        feature: name of Foundry's feature, for messages.
        arguments: positional arguments of the declaration.
        settings: keyword arguments of the declaration.
    """

    feature = "a feature of Foundry"

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(settings.get("description"))
        self.arguments = arguments
        self.settings = settings
