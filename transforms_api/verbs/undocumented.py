"""Functions of Foundry's that are known by name only: they can be imported, and a call says that they are not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from transforms_api.errors import NotSupportedLocallyError


def undocumented_functions(module: str) -> Callable[[str], Callable[..., NoReturn]]:
    """Return the `__getattr__` of a module that is to have a function of every name."""

    def attribute(name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")

        def function(*arguments: Any, **settings: Any) -> NoReturn:
            raise NotSupportedLocallyError(
                f"{module}.{name} is not documented by Foundry, so that nobody here knows what it does: write it out."
            )

        function.__name__ = function.__qualname__ = name
        return function

    return attribute
