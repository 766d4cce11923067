"""What only Foundry can hand to a compute function."""

from __future__ import annotations

from typing import Any

from transforms_api.declare.specs import Param


class FoundryOnlyParam(Param):
    """A decorator's argument that keeps its transform from being run here.

    Attributes:
        feature: what Foundry has for it, for messages.
        arguments: what it was made with, by position.
        settings: what it was made with, by name.
    """

    feature = "a feature of Foundry"

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(settings.get("description"))
        self.arguments = arguments
        self.settings = settings
