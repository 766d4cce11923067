"""One `CREATE TABLE … AS SELECT …`: what it writes and reads, its clauses, and its query as Spark runs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlglot import Token, TokenType

from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError
from transforms_api.project.sql_tokens import (
    QUERY_BEGINS,
    READS_NEXT,
    TableReference,
    Tables,
    is_ambiguous,
    keyword,
    line_of,
    local_names,
    normalised_text,
    reference_at,
    table_positions,
    tables_of,
    view_names,
)

FORM = "A SQL transform is CREATE TABLE `/path/of/the/dataset` AS SELECT …"
MODIFIERS = frozenset({"OR", "REPLACE", "EXTERNAL", "GLOBAL", "TEMP", "TEMPORARY", "MATERIALIZED"})
"""Words between CREATE and what is created."""
PROFILES = ("foundry_transform_profiles", "foundry_transform_profile")
"""Table properties that name Spark profiles, separated by commas; both spellings are in use on Foundry."""
_VARIABLE = re.compile(r"\$\{(?:(?:hivevar|hiveconf|sparkconf|spark):)?(?P<name>[^\s:}]+)\}")
"""A variable of Spark SQL whose value is a setting of the session."""
_OF_HIVE = re.compile(r"^(?:hivevar|hiveconf|sparkconf|spark):")
_IN_BACKTICKS = "Write the absolute path or the RID of a dataset in backticks: `/Project/folder/dataset`."


@dataclass(frozen=True)
class Deviation:
    """SQL that works here and that Foundry does not accept, or does not document.

    Attributes:
        line: the line in the file, from 1.
        text: what it is and what to write instead.
    """

    line: int
    text: str


@dataclass(frozen=True)
class SqlStatement:
    """A `CREATE TABLE … AS` statement.

    Attributes:
        name: the file's name without suffix; in a file of several such statements the last part of the output's path.
        line: the line of its first word, from 1.
        output: the dataset that it writes.
        inputs: the datasets that it reads, each spelling of a name once, in the order of the text.
        views: name as written → the name that it has in the query, for names that differ from an earlier one by upper
            and lower case alone: Spark takes both for one view.
        query: the query for Spark. What precedes it in the file is blanked, so that the lines and columns of Spark's
            errors are those of the file.
        preparation: statements before it in the file that it needs (temporary views, settings), blanked likewise.
        normalised: its tokens and those of the preparation, one space between two. Comments and layout do not count.
        profiles: Spark profiles of its table properties.
        format: the format after `USING` or `STORED AS`, such as 'csv'.
        options: its `OPTIONS`.
        properties: its `TBLPROPERTIES`.
        partitions: the columns of `PARTITIONED BY`.
        description: its `COMMENT`, or the comment that precedes the statement.
        source: the statement as written.
    """

    name: str
    line: int
    output: TableReference
    inputs: tuple[TableReference, ...]
    query: str
    preparation: tuple[str, ...]
    normalised: str
    source: str
    views: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    description: str | None = None


class NoTransform(Exception):
    """Carries a problem out of the parser of a statement."""

    def __init__(self, line: int, text: str, hides: Iterable[str] = ()) -> None:
        super().__init__(text)
        self.line, self.text, self.hides = line, text, frozenset(hides)


class StatementParser:
    """Reads one `CREATE TABLE … AS` statement.

    Args:
        text: the file's text, which the tokens' positions refer to.
        preparation: the tokens of the statements before it that prepare the session.
    """

    def __init__(self, text: str, tokens: Sequence[Token], preparation: Sequence[Sequence[Token]]) -> None:
        self._text, self._tokens, self._preparation = text, tokens, list(preparation)
        self._options: dict[str, str] = {}
        self._properties: dict[str, str] = {}
        self._partitions: tuple[str, ...] = ()
        self._format: str | None = None
        self._comment: str | None = None
        self.deviations: list[Deviation] = []

    def parse(self, name: str | None) -> SqlStatement:
        """Return the statement.

        Args:
            name: its name; None for the last part of the output's path.

        Raises:
            NoTransform: it is none.
        """
        position = self._skip_verb()
        output, position = self._output(position)
        begin = self._query_begin(output, position)
        parts = [*self._preparation, self._tokens[begin:]]
        inputs = [reference for part in parts for reference in self._inputs(part, output)]
        views = _views(inputs)
        queries = [self._for_spark(part, inputs, views) for part in parts]
        normalised = [normalised_text(self._text, part) for part in (*self._preparation, self._tokens)]
        self._require_values_of_variables(begin, output)
        profiles = [self._properties[key] for key in PROFILES if key in self._properties]
        first, last = self._tokens[0], self._tokens[-1]
        return SqlStatement(
            name=name or output.name.rstrip("/").rpartition("/")[2].strip(),
            line=self._line(first),
            output=output,
            inputs=_each_name_once(inputs),
            query=queries[-1],
            preparation=tuple(queries[:-1]),
            normalised="; ".join(normalised),
            source=self._text[first.start : last.end + 1],
            views=views,
            profiles=tuple(profile.strip() for text in profiles for profile in text.split(",") if profile.strip()),
            format=self._format,
            options=self._options,
            properties=self._properties,
            partitions=self._partitions,
            description=self._comment or _comment_before(first),
        )

    def _skip_verb(self) -> int:
        words = [keyword(token) for token in self._tokens[:12]]
        position = 1
        while words[position] in MODIFIERS:
            position += 1
        kind = words[position]
        exists = words[position + 1 : position + 4] == ["IF", "NOT", "EXISTS"]
        if position > 1 or kind != "TABLE" or exists:
            written = " ".join([*words[: position + 1], *(["IF NOT EXISTS"] if exists else [])])
            text = f"{written} makes a dataset like any other here; Foundry takes CREATE TABLE alone."
            self.deviations.append(Deviation(self._line(self._tokens[0]), text))
        return position + (4 if exists else 1)

    def _output(self, position: int) -> tuple[TableReference, int]:
        """Return the dataset that the statement writes, and the position after it."""
        token = self._at(position)
        if token is None:
            raise NoTransform(self._line(self._tokens[-1]), f"the statement ends without the name of a table. {FORM}")
        reference, after = reference_at(self._text, self._tokens, position)
        if reference is None or keyword(self._at(after)) == ".":
            written = self._text[token.start : token.end + 1]
            text = f"{written} is not the name of a dataset to write. {_IN_BACKTICKS}"
            raise NoTransform(self._line(token), text)
        self._require_path(reference, "writes", ())
        self._note_unquoted(reference)
        return reference, after

    def _query_begin(self, output: TableReference, position: int) -> int:
        """Return where the query begins, after the clauses of the table, which are recorded."""
        columns, after_name = None, position
        while (token := self._at(position)) is not None:
            word, following = keyword(token), self._at(position + 1)
            is_query_in_parentheses = word == "(" and keyword(following) in (*QUERY_BEGINS, "(")
            if word == "AS" or word in QUERY_BEGINS or is_query_in_parentheses:
                begin = position + (word == "AS")
                if self._at(begin) is None:
                    break
                if columns is not None:
                    text = (
                        "CREATE TABLE … AS takes no list of columns, neither on Foundry nor in Spark: the query says "
                        "which columns there are. Remove the list; CAST sets types, AS names."
                    )
                    raise NoTransform(self._line(columns), text, [output.name])
                return begin
            if word == "(":
                columns = token if position == after_name else columns
                position = self._closing(position) + 1
            else:
                position = self._clause(word, position)
        text = f"CREATE TABLE without AS SELECT defines {output.name} without rows; a transform needs a query. {FORM}"
        raise NoTransform(self._line(self._tokens[0]), text, [output.name])

    def _clause(self, word: str, position: int) -> int:
        """Record one clause of the table and return the position after it; what means nothing here is skipped."""
        following = self._at(position + 1)
        if word == "USING" and following is not None:
            self._format = following.text.lower()
            return position + 2
        if word == "STORED" and keyword(following) == "AS":
            stored = self._at(position + 2)
            self._format = stored.text.lower() if stored else None
            return position + 3
        if word == "COMMENT" and following is not None:
            self._comment = following.text
            return position + 2
        if word in ("OPTIONS", "TBLPROPERTIES", "PARTITIONED BY") and keyword(following) == "(":
            end = self._closing(position + 1)
            inside = self._tokens[position + 2 : end]
            if word == "PARTITIONED BY":
                self._partitions = tuple(token.text for token in inside if keyword(token) != ",")
            else:
                (self._options if word == "OPTIONS" else self._properties).update(_pairs(inside))
            return end + 1
        return position + 1

    def _closing(self, position: int) -> int:
        """Return the position of the parenthesis that closes the one at `position`, or of the last token."""
        depth = 0
        for index in range(position, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(keyword(self._tokens[index]), 0)
            if depth == 0:
                return index
        return len(self._tokens) - 1

    def _inputs(self, tokens: Sequence[Token], output: TableReference) -> Iterator[TableReference]:
        """Yield each occurrence of a dataset's name in a query."""
        local = local_names(tokens) | {name for part in self._preparation for name in view_names(part)}
        is_open = is_ambiguous(tokens, local)
        tables = tables_of(self._text, tokens) if is_open else None
        positions = table_positions(tokens) if is_open and tables is None else None
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if keyword(token) in READS_NEXT:
                self._require_dataset_after(tokens, position, tables, local, output)
            reference, after = reference_at(self._text, tokens, position)
            if reference is not None:
                is_read_here = position > 0 and keyword(tokens[position - 1]) in READS_NEXT
                begins_no_operand = token.text == "/" and position > 0 and keyword(tokens[position - 1]) in (",", "(")
                is_unquoted_elsewhere = not (reference.is_quoted or is_read_here or begins_no_operand)
                is_after_table = position > 0 and keyword(tokens[position - 1]) == "TABLE"
                if tables is not None:
                    is_table = reference.name in tables.datasets or is_after_table
                else:
                    is_table = positions is None or position in positions or not reference.is_quoted
                if is_table and not is_unquoted_elsewhere:
                    self._require_path(reference, "reads", [output.name])
                    self._note_unquoted(reference)
                    yield reference
                    position = after
                    continue
            position += 1

    def _require_dataset_after(
        self,
        tokens: Sequence[Token],
        position: int,
        tables: Tables | None,
        local: set[str],
        output: TableReference,
    ) -> None:
        """Make sure that the table after FROM or JOIN is a dataset, or defined in the statement."""
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        if tables is None or following is None:
            return
        if following.token_type is TokenType.STRING and following.text in tables.datasets:
            text = f"{self._text[following.start : following.end + 1]} is a text in Spark, no table. {_IN_BACKTICKS}"
            raise NoTransform(self._line(following), text, [output.name])
        if following.start not in tables.others:
            return
        written = tables.others[following.start]
        local = local | tables.expressions
        if written.replace("`", "").lower() not in local:
            known = f" The statement defines {', '.join(sorted(local))}." if local else ""
            reads = f"{keyword(tokens[position])} {written}"
            text = f"{reads} names no dataset and no table expression (WITH).{known} {_IN_BACKTICKS}"
            raise NoTransform(self._line(following), text, [output.name])

    def _for_spark(
        self, tokens: Sequence[Token], references: Sequence[TableReference], views: Mapping[str, str]
    ) -> str:
        """Return a query with the lines and columns of the file; unquoted names get their backticks."""
        start, end = tokens[0].start, tokens[-1].end + 1
        pieces, done = [re.sub(r"[^\n]", " ", self._text[:start])], start
        for reference in references:
            is_changed = not reference.is_quoted or reference.name in views
            if is_changed and start <= reference.start < end:
                view = views.get(reference.name, reference.name)
                pieces += [self._text[done : reference.start], f"`{view.replace('`', '``')}`"]
                done = reference.end
        return "".join([*pieces, self._text[done:end]])

    def _require_values_of_variables(self, begin: int, output: TableReference) -> None:
        """Make sure that a SET before the query gives each `${name}` a value: Spark removes those without one."""
        settings = dict(_setting(part) for part in self._preparation if keyword(part[0]) == "SET")
        if settings.get("spark.sql.variable.substitute", "").lower() == "false":
            return
        for token in chain(*self._preparation, self._tokens[begin:]):
            for match in _VARIABLE.finditer(self._text, token.start, token.end + 1):
                name = match["name"]
                if name not in settings and not name.startswith("spark."):
                    text = (
                        f"nothing gives {match[0]} a value, and Spark would read an empty text in its place. Write the "
                        f"value itself; here, though not on Foundry, SET {name} = … before the statement works."
                    )
                    raise NoTransform(line_of(self._text, match.start()), text, [output.name])

    def _require_path(self, reference: TableReference, verb: str, hides: Iterable[str]) -> None:
        if variable := _VARIABLE.search(reference.name):
            text = f"`{reference.name}` names no dataset: write the name itself in the place of {variable[0]}."
            raise NoTransform(reference.line, text, hides)
        if reason := _why_no_path(reference.name):
            raise NoTransform(reference.line, f"the statement {verb} `{reference.name}`: {reason}", hides)

    def _note_unquoted(self, reference: TableReference) -> None:
        if not reference.is_quoted:
            text = f"{reference.name} works here without backticks; Foundry needs `{reference.name}`."
            self.deviations.append(Deviation(reference.line, text))

    def _at(self, position: int) -> Token | None:
        return self._tokens[position] if position < len(self._tokens) else None

    def _line(self, token: Token) -> int:
        return line_of(self._text, token.start)


def _pairs(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield key and value of `key = value, 'key' = 'value', a.b 1` between the parentheses of a clause."""
    entry: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and keyword(token) != ",":
            entry.append(token)
            continue
        equals = next((index for index, token in enumerate(entry) if keyword(token) == "="), None)
        split = equals if equals is not None else max(1, len(entry) - 1)
        key, value = entry[:split], entry[split + (equals is not None) :]
        if key:
            yield "".join(token.text for token in key), "".join(token.text for token in value)
        entry = []


def _setting(tokens: Sequence[Token]) -> tuple[str, str]:
    """Return key and value of `SET key = value`; the key without the namespace that Hive has for variables."""
    key, value = next(_pairs(tokens[1:]), ("", ""))
    return _OF_HIVE.sub("", key), value


def _each_name_once(references: Iterable[TableReference]) -> tuple[TableReference, ...]:
    first: dict[str, TableReference] = {}
    for reference in references:
        first.setdefault(reference.name, reference)
    return tuple(first.values())


def _views(references: Iterable[TableReference]) -> dict[str, str]:
    """Return names that need a view of another name: those that differ from an earlier one by case alone."""
    views: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in dict.fromkeys(reference.name for reference in references):
        if taken.setdefault(name.lower(), name) != name:
            views[name] = f"{name} ({len(views) + 2})"
    return views


def _comment_before(token: Token) -> str | None:
    """Return the comment that precedes a statement, as one text of trimmed lines; None without one."""
    lines = [line.strip(" \t*-") for comment in token.comments for line in comment.splitlines()]
    return "\n".join(lines).strip() or None


def _why_no_path(name: str) -> str | None:
    """Return why a name is no dataset's, None if it is one."""
    try:
        check_dataset_path(name)
    except DatasetPathError as error:
        return str(error).partition(": ")[2]
    return None
