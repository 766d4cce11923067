"""How the names in a decorator meet the parameters of the function under it."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from transforms_api.errors import BindingError

CONTEXT = "ctx"


def wants_context(function: Callable[..., Any]) -> bool:
    """Tell whether `function` has a parameter called `ctx`, wherever it stands."""
    return CONTEXT in inspect.signature(function).parameters


def location(function: Callable[..., Any]) -> str:
    """Return 'file:line' of a function's definition."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def refuse_unexpected(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Make sure that `function` accepts all these keyword arguments; `**kwargs` takes every name.

    Raises:
        BindingError: a name that the function does not accept, or one called 'ctx'.
    """
    declared = set(names)
    if CONTEXT in declared:
        raise _refused(function, "no input or output may be called 'ctx'")
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if unexpected := sorted(declared - named):
        raise _refused(function, f"it has no parameter {_quoted(unexpected)}, which the decorator declares")


def refuse_missing(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Make sure that `function` can be called with only these keyword arguments (and `ctx`).

    Parameters with defaults may be left to their defaults.

    Raises:
        BindingError: a parameter that nothing provides.
    """
    parameters = inspect.signature(function).parameters.values()
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    required = {p.name for p in parameters if p.default is p.empty and p.kind not in variable}
    if missing := sorted(required - set(names) - {CONTEXT}):
        raise _refused(function, f"nothing is declared for its parameter {_quoted(missing)}")


def _refused(function: Callable[..., Any], problem: str) -> BindingError:
    return BindingError(
        f"{location(function)}: transform '{function.__name__}': {problem}. "
        "Names in the decorator and parameters of the function have to be the same."
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
