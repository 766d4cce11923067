"""Syntax trees of Python code, one at a time: jobs, fingerprints and doors parse in parallel threads."""

from __future__ import annotations

import ast
import threading
from pathlib import Path
from typing import Any

_PARSING = threading.Lock()


def parse_python(source: str | bytes, file: str | Path = "<unknown>", mode: str = "exec") -> Any:
    """Return the syntax tree of Python code, as `ast.parse`.

    Python 3.11 counts the depth of syntax trees for all threads together, so parallel parsing raises SystemError.

    Args:
        source: the code.
        file: the code's file, for messages.
        mode: 'exec' for a module, 'eval' for an expression.

    Raises:
        SyntaxError: the text is not Python.
        ValueError: the text has null bytes.
    """
    with _PARSING:
        return ast.parse(source, str(file), mode)
