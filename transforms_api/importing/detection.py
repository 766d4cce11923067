"""What the text of a table says about itself: encoding, separator, header row, and which lines are no rows.

Encoding: a byte order mark decides, then whether all bytes are valid UTF-8. Any file can be decoded by most of the
encodings of one byte per character, so their readings are compared word by word: a word has letters of one script, of
one language's alphabet, no symbol between letters and no capital behind a small letter. If two encodings give different
words that are equally plausible, the file is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, NoReturn

from charset_normalizer import from_bytes

from transforms_api.errors import ImportSourceError


@dataclass(frozen=True)
class TableOptions:
    """How a file is read; None: detected.

    Attributes:
        encoding: Python's name of the text's encoding.
        separator: character between cells.
        quote: character around cells.
        header_row: line of a CSV file, or row of a sheet, that holds the names of columns, from 1.
        sheet: sheet of a workbook.
    """

    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    header_row: int | None = None
    sheet: str | None = None


_BLOCK = 1 << 22
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = (
    "cp1252", "latin-1", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1257", "cp1251", "koi8-r", "cp866",
    "iso8859-5", "cp1253", "cp1255", "cp1256", "mac-roman", "cp850",
)  # fmt: skip
"""Encodings that are compared, the more usual ones first."""
_ALPHABETS = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüçàèòïª", "áâãàçéêíóôõúü", "æøåäöéüàòôê", "äöåéüàšž", "àèéìíîòóùú",
    "ąćęłńóśźż", "áčďéěíňóřšťúůýžäöôĺľŕ", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "çğıöşüİâîû", "áðéíóúýþæö", "āčēģīķļņšūž",
    "ąčęėįšųūž", "äëéèêïöüó", "õäöüšž",
)  # fmt: skip
"""Letters beside a to z, of the languages of Latin script that exports are in."""
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџ")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_MOST_WORDS = 5_000


@dataclass(frozen=True)
class TextEncoding:
    """How the text of a file is decoded.

    Attributes:
        name: Python's name of the encoding.
        notes: sentences about doubts, for the user.
    """

    name: str
    notes: tuple[str, ...] = ()


def find_encoding(path: Path, wanted: str | None = None) -> TextEncoding:
    """Return the encoding of a text file.

    Args:
        path: the file.
        wanted: the encoding that the user states; it is checked.

    Raises:
        ImportSourceError: the stated encoding is unknown or does not fit, the file is binary, or its bytes have two
            plausible readings.
    """
    with open(path, "rb") as opened:
        head = opened.read(1 << 16)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if wanted is not None:
        return TextEncoding(_check_stated(path, wanted, marked))
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ImportSourceError(f"{path} is a workbook or an archive, not text: name it .xlsx or .xls, or unpack it.")
    if marked is not None:
        _require_decodable(path, marked)
        return TextEncoding(marked)
    if b"\0" in head:
        name = _utf16_without_mark(head)
        if name is None:
            raise ImportSourceError(f"{path} is not text: it has zero bytes. Export it as CSV (UTF-8) or Excel.")
        _require_decodable(path, name)
        return TextEncoding(name, (f"no byte order mark; read as {name}",))
    if _first_fault(path, "utf-8") is None:
        return TextEncoding("utf-8")
    return _of_words(path, _words_beyond_ascii(path))


def _check_stated(path: Path, wanted: str, marked: str | None) -> str:
    try:
        name = codecs.lookup(wanted).name
    except LookupError as error:
        raise ImportSourceError(
            f"{path}: encoding {wanted!r} is unknown: write utf-8, utf-16, cp1252, latin-1, cp1250, cp1251 or similar."
        ) from error
    if name == "utf-8" and marked == "utf-8-sig":
        name = marked
    _require_decodable(path, name)
    return name


def _require_decodable(path: Path, name: str) -> None:
    if (fault := _first_fault(path, name)) is not None:
        line, byte = fault
        raise ImportSourceError(
            f"{path}, line {line}: byte {byte} is not valid in {name}. State the encoding of the file: "
            'encoding = "cp1252" (or latin-1, cp1250, cp1251, utf-16) in the mapping, or --encoding.'
        )


def _first_fault(path: Path, name: str) -> tuple[int, str] | None:
    """Return line and byte at which decoding fails; None if the file is valid."""
    decoder = codecs.getincrementaldecoder(name)()
    lines = 1
    for block, is_last in _blocks(path):
        try:
            lines += decoder.decode(block, is_last).count("\n")
        except UnicodeDecodeError as error:
            return lines + error.object[: error.start].count(b"\n"), f"0x{error.object[error.start]:02x}"
    return None


def _blocks(path: Path) -> Iterator[tuple[bytes, bool]]:
    with open(path, "rb") as opened:
        while block := opened.read(_BLOCK):
            yield block, False
    yield b"", True


def _utf16_without_mark(head: bytes) -> str | None:
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.4 and odd < half * 0.1 else None


def _words_beyond_ascii(path: Path) -> list[bytes]:
    words: dict[bytes, None] = {}
    for block, _ in _blocks(path):
        words |= dict.fromkeys(_WORD.findall(block))
        if len(words) > _MOST_WORDS:
            break
    return list(words)[:_MOST_WORDS]


def _of_words(path: Path, words: list[bytes]) -> TextEncoding:
    readings = {name: text for name in _SINGLE_BYTE if (text := _decoded(words, name)) is not None}
    faults = {name: sum(map(_faults, text)) for name, text in readings.items()}
    fewest = min(faults.values(), default=len(words))
    if fewest > len(words) * 0.2:
        _refuse(path, words)
    best = [name for name, count in faults.items() if count == fewest]
    name = best[0]
    others = {other: _first_difference(readings[name], readings[other]) for other in best[1:]}
    doubts = {other: pair for other, pair in others.items() if pair is not None}
    serious = {other: pair for other, pair in doubts.items() if not _is_usual(name, pair[0])}
    if serious:
        other, (left, right) = next(iter(serious.items()))
        raise ImportSourceError(
            f"{path}: the encoding cannot be determined from its bytes. As {name} it has {left!r}, "
            f"as {other} {right!r}. "
            f'State the right one: encoding = "{name}" or "{other}" in the mapping, or --encoding.'
        )
    notes = [f"not UTF-8; read as {name}"]
    if doubts:
        other, (left, right) = next(iter(doubts.items()))
        notes.append(f"as {other} {left!r} would be {right!r}: state encoding if that is right")
    return TextEncoding(name, tuple(notes))


def _decoded(words: list[bytes], name: str) -> list[str] | None:
    try:
        return [word.decode(name) for word in words]
    except UnicodeDecodeError:
        return None


def _first_difference(left: list[str], right: list[str]) -> tuple[str, str] | None:
    return next((pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]), None)


_USUAL_WESTERN = frozenset("äöüßéèêëàâáãåæøçñíîïóôõòúùûœìÄÖÜÉÈÊÀÁÂÃÅÆØÇÑÍÎÓÔÕÚ€–—„“”‘’‚…«»§°ºª®©™·¿¡£´\xa0")


def _is_usual(name: str, word: str) -> bool:
    """Return whether a word has the usual letters of Western Europe alone."""
    return name in ("cp1252", "latin-1") and all(ord(sign) < 128 or sign in _USUAL_WESTERN for sign in word)


def _faults(word: str) -> int:
    """Return how many signs of a wrong reading a word has."""
    letters = [sign for sign in word if sign.isalpha()]
    beyond = [sign for sign in letters if ord(sign) > 127 and sign not in "ªº"]
    faults = sum(unicodedata.category(sign) in ("Cc", "Cn", "Co") for sign in word)
    within = re.search(r"[^\W\d_].*[^\W\d_]", word)
    symbols = re.findall(r"[^\w\s’'´‘·.–—-]", within[0]) if within else []
    symbols += re.findall(r"(?<=[^\W\d_])°", word)
    faults += len(symbols) + len(re.findall(r"[¤¦¨¬¯¸¹²³¶¼½¾×÷±µ¢¥ƒ†‡ˆ˜‰‹›\u2500-\u25ff]", word))
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in letters} - {"MICRO", "FEMININE", "MASCULINE"}
    faults += len(scripts) > 1
    faults += bool(re.search(r"[a-zß-öø-ÿа-яё][A-ZÀ-ÖØ-ÞА-ЯЁ]", word)) * 2
    if scripts == {"CYRILLIC"}:
        faults += not all(sign.lower() in _CYRILLIC for sign in letters)
    if beyond and scripts == {"LATIN"}:
        lower = {sign.lower() for sign in beyond}
        faults += not any(lower <= set(alphabet) for alphabet in _ALPHABETS)
        faults += max((len(run) for run in re.findall(r"[^\W\d_a-zA-Z]+", word)), default=0) > 4
    return faults


_NOT_GUESSED = ["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7"]


def _refuse(path: Path, words: list[bytes]) -> NoReturn:
    """Raise with the guess of charset-normalizer: of several bytes per character, more than one encoding often fits."""
    with open(path, "rb") as opened:
        sample = opened.read(1 << 20)
    candidates = from_bytes(sample[: sample.rfind(b"\n") + 1] or sample, cp_exclusion=_NOT_GUESSED)
    best = candidates.best()
    guess = f" It may be {codecs.lookup(best.encoding).name}." if best is not None else ""
    example = words[0].decode("latin-1") if words else ""
    raise ImportSourceError(
        f"{path}: the encoding cannot be determined from its bytes (an example as latin-1: {example!r}).{guess} "
        "State it: "
        'encoding = "cp1252" (or cp1250, cp1254, gb18030, shift_jis, …) in the mapping, or --encoding; '
        "or export as UTF-8."
    )


csv.field_size_limit(1 << 27)
HEAD_ROWS = 60
"""Rows from the start of a file among which the header is."""
_SEPARATORS = (",", ";", "\t", "|")
_TOTALS = re.compile(
    r"(grand |sub-?)?totals?( geral| général| general)?|summe|gesamt(summe)?|итого|всего|totale|total général|suma"
    r"|razem|totaal|summa|somme",
    re.IGNORECASE,
)


@dataclass
class Row:
    """A row of a file while it is read: line or sheet row from 1, cells, raw text; `number` is 0 until it is known."""

    line: int
    cells: list[str]
    raw: str
    number: int = 0

    @property
    def filled(self) -> int:
        """Number of cells with text."""
        return sum(bool(cell.strip()) for cell in self.cells)


class NotRow(NamedTuple):
    """A line, or sheet row, from 1, that is no row; `kind`: title, separator, blank, footer or total."""

    line: int
    kind: str
    text: str


def head_text(path: Path, encoding: str) -> str:
    """Return the complete lines at the start of a file, about 256 KB.

    Args:
        path: the file.
        encoding: Python's name of its encoding.
    """
    with open(path, encoding=encoding, newline="") as opened:
        text = opened.read(1 << 18)
        return text if not opened.read(1) else text[: text.rfind("\n") + 1] or text


def head_rows(text: str, options: TableOptions) -> Iterator[Row]:
    """Return the first `HEAD_ROWS` rows of a text.

    Args:
        text: the text.
        options: separator and quote of the cells.
    """
    return islice(parse_rows(io.StringIO(text, newline=""), options), HEAD_ROWS)


def parse_rows(lines: Iterable[str], options: TableOptions) -> Iterator[Row]:
    """Yield the rows of a text; a row has several lines if a quoted cell has line breaks.

    Args:
        lines: the lines of the text.
        options: separator and quote of the cells.
    """
    taken: list[str] = []

    def recorded() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    first = 1
    reader = csv.reader(recorded(), delimiter=options.separator or ",", quotechar=options.quote or '"')
    for cells in reader:
        yield Row(first, cells, "".join(taken).rstrip("\r\n"))
        first += len(taken)
        taken.clear()


def separator_of(head: str) -> str:
    """Return the separator that gives the most rows the same number of cells, two at least; else a comma.

    Args:
        head: the start of the text.
    """

    def fit(separator: str) -> tuple[float, int]:
        rows = [row for row in head_rows(head, TableOptions(separator=separator)) if row.filled]
        widths = Counter(len(row.cells) for row in rows)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return 0, 0
        count, width = max((count, width) for width, count in wide.items())
        return round(count / len(rows), 1), width

    best = max(_SEPARATORS, key=fit)
    return best if fit(best)[1] else ","


_NUMBER = re.compile(r"[-+($€£¥]*\s*[\d.,'\s\xa0]*\d[\d.,'\s\xa0%)]*[€$£¥]?")


def header_of(path: Path, rows: Sequence[Row], stated: int | None) -> Row:
    """Return the header: the stated line, else the first row about as wide as the table that has names alone.

    Args:
        path: the file, for messages.
        rows: the first rows of the file.
        stated: line that the user states as the header's; None: detect it.

    Raises:
        ImportSourceError: there is no such row.
    """
    if stated is not None:
        header = next((row for row in rows if row.line == stated), None)
        if header is None or not header.filled:
            raise ImportSourceError(
                f"{path}: header_row = {stated} is not a row with text: state the row of the names."
            )
        return header
    filled = [row for row in rows if row.filled]
    if not filled:
        raise ImportSourceError(f"{path} has no rows.")
    usual = Counter(len(row.cells) for row in filled).most_common(1)[0][0]
    widest = max(row.filled for row in filled)
    for row in filled:
        names = [cell.strip() for cell in row.cells if cell.strip()]
        has_width = row.filled >= min(2, widest) and row.filled >= 0.6 * min(widest, usual)
        if has_width and not any(_NUMBER.fullmatch(name) for name in names) and len(set(names)) > 0.6 * len(names):
            return row
    raise ImportSourceError(
        f"{path} has no row with the names of columns: add one, or state its line as header_row in the mapping."
    )


def column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Return names that differ: a second 'Name' is 'Name (2)', an empty one 'column 7'; none for empty ends.

    Args:
        cells: the cells of the header.
    """
    names = [" ".join(cell.replace("\xa0", " ").replace("\ufeff", "").split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    used: Counter[str] = Counter()
    unique = []
    for position, name in enumerate(names, start=1):
        name = name or f"column {position}"
        used[name.lower()] += 1
        unique.append(name if used[name.lower()] == 1 else f"{name} ({used[name.lower()]})")
    return tuple(unique)


def split_end(rows: list[Row], width: int) -> tuple[list[NotRow], list[Row]]:
    """Return the footers, totals and blank lines at the end, and the rows before them.

    Args:
        rows: the last rows of a table.
        width: number of columns.
    """
    below: list[NotRow] = []
    end = len(rows)
    while end and (kind := _kind_at_end(rows[end - 1], width)):
        end -= 1
        below.insert(0, NotRow(rows[end].line, kind, rows[end].raw))
    return below, rows[:end]


def _kind_at_end(row: Row, width: int) -> str:
    """Return what a row at the end of a file is besides a row: blank, total or footer; else ''."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    if not filled:
        return "blank"
    if width >= 3 and len(filled) <= width / 2 and any(_is_total(cell) for cell in filled[:2]):
        return "total"
    is_sentence = len(filled[0].split()) > 2 or ":" in filled[0]
    if width >= 3 and len(filled) == 1 and (len(row.cells) == 1 or (is_sentence and row.cells[0].strip())):
        return "footer"
    return ""


def _is_total(cell: str) -> bool:
    return _TOTALS.fullmatch(re.sub(r"[\s:(]*[\d.,]*\)?$", "", cell).strip()) is not None
