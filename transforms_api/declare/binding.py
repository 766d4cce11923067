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


def check_binding(function: Callable[..., Any], names: Iterable[str]) -> None:
    """Make sure that `function` can be called with exactly these keyword arguments (and `ctx`).

    Parameters with defaults may be left to their defaults; `**kwargs` takes every name.

    Raises:
        BindingError: a name that the function does not accept, or a parameter that nothing provides.
    """
    declared = set(names)
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    required = {p.name for p in parameters if p.name in named and p.default is p.empty}
    required |= {p.name for p in parameters if p.kind is p.POSITIONAL_ONLY}
    problems = []
    if CONTEXT in declared:
        problems.append("no input or output may be called 'ctx'")
    if missing := sorted(required - declared - {CONTEXT}):
        problems.append(f"nothing is declared for its parameter {_quoted(missing)}")
    if not takes_all and (unexpected := sorted(declared - named - {CONTEXT})):
        problems.append(f"it has no parameter {_quoted(unexpected)}, which the decorator declares")
    if problems:
        raise BindingError(
            f"{location(function)}: transform '{function.__name__}': {'; '.join(problems)}. "
            "Names in the decorator and parameters of the function have to be the same."
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
