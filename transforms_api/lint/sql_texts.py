"""SQL in the strings of a module, for rules on functions that can be called from there, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from transforms_api.lint.module import FUNCTIONS, Module, method_of, text_of

_METHODS = frozenset({"selectExpr", "where", "filter", "sql"})
_AUDIT = re.compile(r"(?:^|,|\bselect\b)\s*$", re.IGNORECASE), re.compile(r"\s+as\s+\w+", re.IGNORECASE)


def sql_calls(module: Module, functions: frozenset[str], arguments: str) -> Iterator[tuple[ast.expr, str, bool]]:
    """Yield each call of these functions in SQL: the string, the function, and whether it is a column of its own.

    Args:
        arguments: a regular expression of what may stand between the brackets.
    """
    pattern = re.compile(rf"\b({'|'.join(sorted(functions))})\s*\(\s*{arguments}\)", re.IGNORECASE)
    for call in module.all_of(ast.Call):
        if method_of(call) in _METHODS or module.origin(call.func) == f"{FUNCTIONS}.expr":
            for node in call.args:
                text = text_of(node)
                for found in pattern.finditer(text or ""):
                    assert text is not None
                    before, after = _AUDIT
                    is_column = before.search(text[: found.start()]) and after.match(text, found.end())
                    yield node, found[1].lower(), bool(is_column)
