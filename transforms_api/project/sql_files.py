"""SQL files as Foundry has them: one `CREATE TABLE … AS SELECT …` that names its datasets in backticks.

The tokens of sqlglot's Spark dialect decide what a file says. A statement is parsed into a syntax tree only if its
tokens are ambiguous: parsing takes five times as long, and there is SQL that Spark accepts and sqlglot does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import Token, TokenType
from sqlglot.errors import SqlglotError

from transforms_api.project.sql_statements import FORM, MODIFIERS, Deviation, NoTransform, SqlStatement, StatementParser
from transforms_api.project.sql_tokens import DIALECT, QUERY_BEGINS, is_candidate, keyword, line_of

_CLOSED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{|\{%")


@dataclass(frozen=True)
class SqlProblem:
    """A reason why a statement is no transform.

    Attributes:
        line: the line in the file, from 1.
        text: what is wrong and what to do.
        hides: the datasets that the statement would write, as written.
        is_warning: the statement writes no dataset, so that no other transform can depend on it.
    """

    line: int
    text: str
    hides: frozenset[str] = frozenset()
    is_warning: bool = False


@dataclass(frozen=True)
class SqlFile:
    """The content of a SQL file.

    Attributes:
        statements: the statements that write datasets. Empty without problems: the file has no statement at all.
        problems: what keeps it from having more.
        deviations: what works here only.
        text: the file's text, with a line feed at the end of each line.
    """

    path: Path
    statements: tuple[SqlStatement, ...] = ()
    problems: tuple[SqlProblem, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    text: str = ""


def read_sql_file(path: Path) -> SqlFile:
    """Return the content of a SQL file. A byte order mark and Windows' line ends change nothing.

    Args:
        path: the file; text in UTF-8, or in UTF-16 with a byte order mark.

    Returns:
        The statements, and as problems whatever is wrong. Only an error of the disk is raised.
    """
    content = path.read_bytes()
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return SqlFile(path, problems=(SqlProblem(line, "the file is not in UTF-8. Save it as UTF-8."),))
    return parse_sql(path, text.replace("\r\n", "\n").replace("\r", "\n"))


def parse_sql(path: Path, text: str) -> SqlFile:
    """Return the content of a SQL file with this text, whose lines end with a line feed.

    Args:
        path: the file's path, whose last part names its transform.
        text: the text of the file.
    """
    try:
        tokens = tokens_of(text)
    except SqlglotError:
        begin, mark = _unclosed(text)
        return SqlFile(path, problems=(SqlProblem(begin, f"the {mark} in this line is not closed."),))
    if line := _template_line(text, tokens):
        problem = SqlProblem(
            line,
            "this is a template (Jinja), which neither Foundry nor this runtime expands. Write plain SQL with paths "
            "of datasets in backticks.",
        )
        return SqlFile(path, problems=(problem,))
    return _FileParser(path, text, tokens).parse()


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of SQL.

    Args:
        text: any SQL of Spark's.

    Raises:
        SqlglotError: a quote or a comment is not closed.
    """
    return sqlglot.tokenize(text, dialect=DIALECT)


class _FileParser:
    """Splits a file into statements and reads each."""

    def __init__(self, path: Path, text: str, tokens: Sequence[Token]) -> None:
        self._path, self._text = path, text
        self._groups = list(_statements(tokens))
        self._statements: list[SqlStatement] = []
        self._problems: list[SqlProblem] = []
        self._deviations: list[Deviation] = []
        self._preparation: list[Sequence[Token]] = []

    def parse(self) -> SqlFile:
        creating = sum(_kind(tokens) == "create" for tokens in self._groups)
        for tokens in self._groups:
            self._read(tokens, self._path.stem if creating == 1 else None)
        if len(self._groups) > 1:
            text = "Foundry takes one statement a file; write each into a file of its own."
            self._deviations.insert(0, Deviation(self._line(self._groups[1][0].start), text))
        return SqlFile(self._path, tuple(self._statements), tuple(self._problems), tuple(self._deviations), self._text)

    def _read(self, tokens: Sequence[Token], name: str | None) -> None:
        kind, line = _kind(tokens), self._line(tokens[0].start)
        if kind == "create":
            parser = StatementParser(self._text, tokens, self._preparation)
            try:
                self._statements.append(parser.parse(name))
            except NoTransform as error:
                self._problems.append(SqlProblem(error.line, error.text, error.hides))
            self._deviations += parser.deviations
        elif kind == "preparation":
            self._preparation.append(tokens)
            first = " ".join(keyword(token) for token in tokens[:2])
            self._deviations.append(
                Deviation(line, f"{first} is run before the statements after it; Foundry refuses it.")
            )
        elif kind == "query":
            text = f"a {keyword(tokens[0])} by itself writes no dataset. {FORM}"
            self._problems.append(SqlProblem(line, text, is_warning=True))
        else:
            words = " ".join(keyword(token) for token in tokens[:2] if keyword(token)) or tokens[0].text
            names = [token.text for token in tokens if is_candidate(token)]  # the first is written, others are read
            self._problems.append(SqlProblem(line, f"{words} is no transform. {FORM}", frozenset(names[:1])))

    def _line(self, position: int) -> int:
        return line_of(self._text, position)


def _statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token.token_type is not TokenType.SEMICOLON:
            statement.append(token)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _kind(tokens: Sequence[Token]) -> str:
    """Return whether a statement writes a dataset ('create'), is a 'preparation', a 'query' or something 'else'."""
    words = [keyword(token) for token in tokens[:8]]
    if words[0] == "CREATE":
        objects = [word for word in words[1:] if word not in MODIFIERS]
        is_temporary = not {"TEMP", "TEMPORARY"}.isdisjoint(words[: words.index(objects[0])] if objects else words)
        if objects and objects[0] in ("TABLE", "VIEW"):
            return "preparation" if is_temporary else "create"
        return "preparation" if is_temporary else "else"
    if words[0] in ("SET", "CACHE"):
        return "preparation"
    return "query" if words[0] in (*QUERY_BEGINS, "(") else "else"


def _template_line(text: str, tokens: Sequence[Token]) -> int | None:
    """Return the line of the first mark of a template in a dataset's name, or outside of texts, names and comments."""
    if not _TEMPLATE.search(text):
        return None
    for token in tokens:
        is_mark = token.token_type is TokenType.BLOCK_START or _TEMPLATE.match(text, token.start)
        if is_mark or (is_candidate(token) and _TEMPLATE.search(token.text)):
            return line_of(text, token.start)
    return None


def _unclosed(text: str) -> tuple[int, str]:
    """Return line and kind of the first quote or comment that is never closed."""
    rest = _CLOSED.sub(lambda closed: re.sub(r"[^\n]", " ", closed[0]), text)
    match = re.search(r"/\*|['\"`]", rest)
    if match is None:
        return 1, "quote or comment"
    return line_of(rest, match.start()), "comment" if match[0] == "/*" else f"quote {match[0]}"
