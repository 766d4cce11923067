"""Which pytest fixtures a module of tests has, and which it asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def fixtures_in(content: bytes) -> set[str]:
    """Return the names of the fixtures that a module defines; none where it cannot be parsed."""
    return {function.name for function in _functions(content) if _is_fixture(function)}


def requested_by(content: bytes) -> set[str]:
    """Return the fixtures that a module's tests and fixtures ask for by their parameters.

    A parameter that `parametrize` fills is none: its name stands in a text of the function's decorators.
    """
    return {
        argument.arg
        for function in _functions(content)
        if _is_fixture(function) or function.name.startswith("test")
        for argument in (*function.args.args, *function.args.kwonlyargs)
        if argument.arg not in _named_in_decorators(function)
    }


def _functions(content: bytes) -> Iterator[Function]:
    try:
        nodes = list(ast.walk(ast.parse(content)))
    except (SyntaxError, ValueError):
        return
    yield from (node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _is_fixture(function: Function) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _named_in_decorators(function: Function) -> set[str]:
    texts = [
        node.value
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {name.strip() for text in texts for name in text.split(",")}
