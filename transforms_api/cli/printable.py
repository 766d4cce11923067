"""Texts from tables, logs and names on the screen: shown as they are, never obeyed by the terminal."""

from __future__ import annotations

from rich.markup import escape

_LINE_BREAK_AND_TAB = (9, 10)
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in _LINE_BREAK_AND_TAB}


def visible(text: str) -> str:
    """Return a text with `\\x1b` in place of the character that begins a terminal's commands, and others like it."""
    return text.translate(_CONTROL)


def printable(text: str) -> str:
    """Return a visible text in which rich finds no markup, either."""
    return escape(visible(text))
