"""SQL transforms: F701 for what Foundry refuses, and the rules on clocks, chance and Spark's versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import Token, TokenType

from transforms_api.porting.lint.module import Finding
from transforms_api.porting.lint.rule import SUPPRESSION, without_suppressed
from transforms_api.porting.lint.spark_versions import NEW_FUNCTIONS
from transforms_api.project import SqlFile, keyword, tokens_of

_CLOCKS = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURDATE", "NOW", "LOCALTIMESTAMP", "UNIX_TIMESTAMP"})
_NEED_NO_PARENTHESES = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"})
_DRAWS = frozenset({"RAND", "RANDN", "RANDOM", "UUID"})
_BY_PARTITION = "MONOTONICALLY_INCREASING_ID"
_NEW = frozenset(name.upper() for name in NEW_FUNCTIONS)
_BEFORE_A_COLUMN = frozenset({"SELECT", ",", "DISTINCT"})
_AFTER_A_COLUMN = frozenset({"AS", ",", "FROM", ""})
_SUPPRESSION = re.compile(f"--{SUPPRESSION}")


def check_sql(file: SqlFile) -> list[Finding]:
    """Return the findings of a SQL file, without those that `-- lint: ignore[CODE]` on their line suppresses.

    Args:
        file: the parsed file.
    """
    findings = list(_deviations(file))
    if file.statements:
        findings += _of_tokens(file, tokens_of(file.text))
    return without_suppressed(file.path, dict.fromkeys(findings), _suppressions(file))


def _deviations(file: SqlFile) -> Iterator[Finding]:
    for deviation in file.deviations:
        text = deviation.text
        yield Finding(file.path, deviation.line, 1, "F701", text[0].upper() + text[1:].rstrip("."))


def _of_tokens(file: SqlFile, tokens: Sequence[Token]) -> Iterator[Finding]:
    for position, token in enumerate(tokens):
        name, after = keyword(token), _after_call(tokens, position)
        is_call = after > position + 1
        if not is_call and name not in _NEED_NO_PARENTHESES:
            continue
        is_empty = after <= position + 3
        if name in _CLOCKS and is_empty and not _is_column(tokens, position, after):
            text = "is computed with: what it decides changes with the day, and the dataset stays as it was built"
            yield _finding(file, token, "F202", f"'{name.lower()}' {text}")
        elif name in _DRAWS and is_call and is_empty:
            yield _finding(file, token, "F204", f"'{name.lower()}' has no seed")
        elif name == _BY_PARTITION:
            yield _finding(file, token, "F205", f"{name.lower()} numbers each partition on its own")
        elif name in _NEW - _DRAWS and is_call and not _is_defined(tokens, position):
            yield _finding(file, token, "F401", f"'{name.lower()}' came with Spark 4")


def _after_call(tokens: Sequence[Token], position: int) -> int:
    """Return the position after a name and, if it is called, after the parenthesis that closes the call."""
    if position + 1 >= len(tokens) or tokens[position + 1].text != "(" or not keyword(tokens[position]):
        return position + 1
    depth = 0
    for index in range(position + 1, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0) if keyword(tokens[index]) else 0
        if depth == 0:
            return index + 1
    return len(tokens)


def _is_column(tokens: Sequence[Token], position: int, after: int) -> bool:
    """Tell whether a call is a column of its own, which decides nothing."""
    before = keyword(tokens[position - 1]) if position else ""
    following = keyword(tokens[after]) if after < len(tokens) else ""
    is_alias = after < len(tokens) and tokens[after].token_type in (TokenType.VAR, TokenType.IDENTIFIER)
    return before in _BEFORE_A_COLUMN and (following in _AFTER_A_COLUMN or is_alias)


def _is_defined(tokens: Sequence[Token], position: int) -> bool:
    """Tell whether a name with parentheses is a table expression with columns, or a column, and no function."""
    before = keyword(tokens[position - 1]) if position else ""
    return before in ("WITH", ".")


def _finding(file: SqlFile, token: Token, code: str, text: str) -> Finding:
    line = file.text.count("\n", 0, token.start) + 1
    return Finding(file.path, line, token.start - (file.text.rfind("\n", 0, token.start) + 1) + 1, code, text)


def _suppressions(file: SqlFile) -> Iterator[tuple[int, int, str | None]]:
    for number, line in enumerate(file.text.splitlines(), 1):
        if comment := _SUPPRESSION.search(line):
            yield number, comment.start() + 1, comment[1]
