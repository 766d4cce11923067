"""Texts of data, names and logs as people see them: what a terminal or a browser would obey is shown as an escape."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

_LINE_BREAK_AND_TAB = "\n\t"
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks without a glyph of their own, which Unicode counts as printable."""


def visible(text: str, on_one_line: bool = False) -> str:
    r"""Return a text with an escape such as `\x1b` or `\u202e` for each invisible character.

    These are terminal commands, marks that change the direction of writing, other invisible formatting, and unpaired
    surrogates. Letters of all scripts and spaces stay.

    Args:
        text: any text.
        on_one_line: whether line breaks and tabs are escaped, too.
    """
    kept = "" if on_one_line else _LINE_BREAK_AND_TAB
    if text.isprintable() and _INVISIBLE_LETTERS.isdisjoint(text):
        return text
    return "".join(sign if sign in kept or _is_seen(sign) else sign.encode("unicode_escape").decode() for sign in text)


def _is_seen(character: str) -> bool:
    if character.isprintable():
        return character not in _INVISIBLE_LETTERS
    return unicodedata.category(character) == "Zs"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one.

    Args:
        number: how many.
        noun: in the singular.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sql_name(name: str) -> str:
    """Return a name as an identifier of SQL, in double quotes, as DuckDB and DataFusion read it.

    Args:
        name: any text, such as the name of a column.
    """
    return '"' + name.replace('"', '""') + '"'


_LONGEST_CELL = 80
"""Characters of a cell in a table of HTML; longer ones are cut."""


def html_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as HTML for a notebook; every text is escaped, and long cells are cut.

    Args:
        title: stands above the table.
        headings: of the columns.
        rows: the cells of each row, in the order of the headings; None is an empty cell.
    """
    head = "".join(f"<th>{_cell(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<p>{_cell(title, None)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any, longest: int | None = _LONGEST_CELL) -> str:
    text = "" if value is None else visible(str(value))
    cut = text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
    return html.escape(cut)


def html_templates(package: str) -> jinja2.Environment:
    """Return the HTML templates of a package: each value is escaped, and its invisible characters are shown.

    Args:
        package: name of the package; its folder `templates` has the files.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible_unless_html,
    )


def _visible_unless_html(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
