"""`# lint: ignore[F201]`: no finding of that rule on that line. F901: such a comment without a finding."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable

from transforms_api.lint.module import Module
from transforms_api.lint.rules import Finding

_COMMENT = re.compile(r"#\s*lint:\s*ignore\b(?:\[([^\]]*)\])?")


def without_silenced(module: Module, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no comment on their line silences, and a finding for each comment that silences none."""
    left = list(findings)
    for line, column, codes in _comments(module):
        silenced = [one for one in left if one.line == line and one.code in codes]
        left = [one for one in left if one not in silenced]
        unused = [code for code in codes if code not in {one.code for one in silenced}]
        if unused or not codes:
            what = f"nothing on this line breaks {', '.join(unused)}" if unused else "it names no rule"
            left.append(module.finding_at(line, column, "F901", f"The comment silences nothing: {what}"))
    return left


def _comments(module: Module) -> list[tuple[int, int, list[str]]]:
    """Return line, offset in bytes and codes of each silencing comment."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    found = [(token, _COMMENT.search(token.string)) for token in comments]
    return [
        (token.start[0], len(token.line[: token.start[1]].encode()), re.findall(r"\w+", match[1] or ""))
        for token, match in found
        if match
    ]
