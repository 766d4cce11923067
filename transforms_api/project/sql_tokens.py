"""Names of datasets, tables and keywords among the tokens of SQL, by sqlglot's Spark dialect."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

DIALECT = "spark"
QUERY_BEGINS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "MAP", "REDUCE"})
"""Words with which a query begins."""
READS_NEXT = frozenset({"FROM", "JOIN"})
"""Words that a table follows."""
NAMES_NEXT = READS_NEXT | {"TABLE"}
"""Words after which a name in backticks is a table's; `TABLE orders` is a query of its own."""
_NO_KEYWORDS = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER})
_ENDS_TABLES = frozenset({
    TokenType.SELECT, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY, TokenType.SORT_BY,
    TokenType.CLUSTER_BY, TokenType.DISTRIBUTE_BY, TokenType.LIMIT, TokenType.WINDOW, TokenType.QUALIFY,
})  # fmt: skip
_MAY_NAME_DATASETS = frozenset({TokenType.IDENTIFIER, TokenType.SLASH, TokenType.VAR})
_UNQUOTED = re.compile(r"(?:/(?:[\w.]|-(?!-))+)+(?:/(?!\*))?|ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z0-9-]+\.[\w.\-]+")


@dataclass(frozen=True)
class TableReference:
    """The name of a dataset in a SQL file.

    Attributes:
        name: the name as written, without its backticks.
        line: the line that it stands in, from 1.
        start, end: its first character in the file's text and the one after its last, backticks included.
        is_quoted: whether it stands in backticks. Foundry requires them; here an unquoted name works as well.
    """

    name: str
    line: int
    start: int
    end: int
    is_quoted: bool = True


@dataclass(frozen=True)
class Tables:
    """The tables of a query, as its syntax tree has them.

    Attributes:
        datasets: names of datasets that are read.
        others: position of any other table in the text → its name as written.
        expressions: names of the table expressions (`WITH`), in lower case.
    """

    datasets: frozenset[str]
    others: Mapping[int, str]
    expressions: frozenset[str]


def tables_of(text: str, tokens: Sequence[Token]) -> Tables | None:
    """Return the tables of a query by its syntax tree, None if sqlglot cannot parse it.

    Args:
        text: the file's text, which the tokens' positions refer to.
        tokens: the tokens of the query.
    """
    start, end = tokens[0].start, tokens[-1].end + 1
    try:
        tree = sqlglot.parse_one(text[start:end], dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return None
    datasets, others = set[str](), dict[int, str]()
    for table in tree.find_all(exp.Table):
        identifier = table.this
        if not isinstance(identifier, exp.Identifier):
            continue  # a function, such as range(10)
        if identifier.quoted and is_dataset_name(identifier.name) and not table.db:
            if not _is_table_expression(table):
                datasets.add(identifier.name)
            continue
        parts = [part for part in (table.args.get("catalog"), table.args.get("db"), identifier) if part is not None]
        first, last = parts[0].meta.get("start"), parts[-1].meta.get("end")
        if first is not None and last is not None:
            written = text[start + first : start + last + 1]
            others |= {start + first: written} if identifier.name in written else {}  # not a name of sqlglot's making
    expressions = frozenset(cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE))
    return Tables(frozenset(datasets), others, expressions)


def _is_table_expression(table: exp.Table) -> bool:
    """Tell whether a table is a table expression of a `WITH` around it.

    An expression sees those before it in its own `WITH`, with RECURSIVE itself and all others, and those further out.
    """
    name = table.name.lower()
    node: exp.Expr = table
    defined_in: exp.Expr | None = None
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.With):
            defined_in = node
        elif isinstance(clause := parent.args.get("with_") or parent.args.get("with"), exp.With):
            is_inside = node is clause and not clause.recursive
            for cte in clause.expressions:
                if is_inside and cte is defined_in:
                    break
                if cte.alias_or_name.lower() == name:
                    return True
        node = parent
    return False


def is_ambiguous(tokens: Sequence[Token], local: Collection[str]) -> bool:
    """Tell whether the tokens leave open which names are datasets: those of common statements do not.

    A name in backticks that never follows FROM or JOIN may be a column's. One before AS ( or a parenthesis may be a
    table expression. A table after FROM or JOIN that is neither a dataset nor defined in the statement may be an error.

    Args:
        tokens: the tokens of the query.
        local: the names that the statement may define, see `local_names`.
    """
    candidates = {token.text for token in tokens if is_candidate(token)}
    read = set()
    for first, second in pairwise(tokens):
        word = keyword(first)
        if word in NAMES_NEXT and is_candidate(second):
            read.add(second.text)
        is_known = second.text.lower() in local or second.text in ("(", "/", "ri")
        if (word in READS_NEXT and not is_candidate(second) and not is_known) or (
            is_candidate(first) and second.text == "("
        ):
            return True
    return not candidates <= read or any(name.lower() in local for name in candidates)


def table_positions(tokens: Sequence[Token]) -> set[int]:
    """Return the positions of the tokens that may begin a table's name, for a query that sqlglot cannot parse.

    A table stands after FROM, JOIN and TABLE, and after a comma between tables.

    Args:
        tokens: the tokens of the query.
    """
    positions = set[int]()
    are_tables = [False]  # one entry a parenthesis that is open: whether a comma there separates tables
    for position, (before, token) in enumerate(pairwise(tokens), start=1):
        word, previous = keyword(token), keyword(before)
        if previous in NAMES_NEXT or (previous in (",", "(") and are_tables[-1]):
            positions.add(position)
        if word == "(":
            are_tables.append(position in positions)
        elif word == ")" and len(are_tables) > 1:
            are_tables.pop()
        elif word == "FROM" or token.token_type in _ENDS_TABLES:
            are_tables[-1] = word == "FROM"
    return positions


def reference_at(text: str, tokens: Sequence[Token], position: int) -> tuple[TableReference | None, int]:
    """Return the dataset's name that begins at a token, or None, and the position after it.

    Args:
        text: the file's text, which the tokens' positions refer to.
        tokens: the tokens of a statement.
        position: index of the token.
    """
    token = tokens[position]
    if token.token_type not in _MAY_NAME_DATASETS:
        return None, position
    if is_candidate(token):
        line = line_of(text, token.start)
        return TableReference(token.text, line, token.start, token.end + 1), position + 1
    if token.text in ("/", "ri") and (match := _UNQUOTED.match(text, token.start)):
        after = position
        while after < len(tokens) and tokens[after].start < match.end():
            after += 1
        line = line_of(text, token.start)
        return TableReference(match[0], line, token.start, match.end(), is_quoted=False), after
    return None, position


def local_names(tokens: Sequence[Token]) -> set[str]:
    """Return the names that a statement may define by WITH, in lower case: those before `AS (`.

    Args:
        tokens: the tokens of a statement.
    """
    names = set()
    for position in range(1, len(tokens) - 1):
        if tokens[position].token_type is not TokenType.ALIAS or tokens[position + 1].text != "(":
            continue
        name = position - 1
        if tokens[name].text == ")":
            while name > 0 and tokens[name].text != "(":
                name -= 1
            name -= 1
        if name >= 0:
            names.add(tokens[name].text.lower())
    return names


def view_names(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the name of the view that a preparing statement makes, in lower case.

    Args:
        tokens: the tokens of the statement.
    """
    for first, second in pairwise(tokens):
        if keyword(first) in ("VIEW", "EXISTS", "TABLE") and keyword(second) not in ("IF", "AS"):
            yield second.text.lower()
            return


def is_candidate(token: Token) -> bool:
    """Tell whether a token is a name in backticks that may be a dataset's.

    Args:
        token: any token.
    """
    return token.token_type is TokenType.IDENTIFIER and is_dataset_name(token.text)


def is_dataset_name(name: str) -> bool:
    """Tell whether a name in backticks is meant as a dataset: it begins with a slash or is a RID.

    Args:
        name: the name without its backticks.
    """
    return name.lstrip().startswith(("/", "ri."))


def normalised_text(text: str, tokens: Sequence[Token]) -> str:
    """Return the tokens as written, one space between two; comments and layout are left out, hints are kept.

    Args:
        text: the file's text, which the tokens' positions refer to.
        tokens: the tokens of a statement.
    """
    starts = dict.fromkeys((token.start, token.end) for token in tokens)  # sqlglot makes three tokens of 1L
    return " ".join(text[start : end + 1] for start, end in starts)


def keyword(token: Token | None) -> str:
    """Return a keyword, name or sign in upper case; nothing for texts and for names in backticks.

    Args:
        token: any token, None at the end of a statement.
    """
    return "" if token is None or token.token_type in _NO_KEYWORDS else token.text.upper()


def line_of(text: str, position: int) -> int:
    """Return the line, from 1, of a character.

    Args:
        text: the file's text.
        position: index of the character.
    """
    return text.count("\n", 0, position) + 1
