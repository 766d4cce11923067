"""The numbers in a text, with their units, and whether a rep's data has them."""

import re
from collections.abc import Iterable
from typing import NamedTuple

MONEY, PERCENT, DAYS, POINTS, PLAIN = "money", "percent", "days", "points", "plain"
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_NUMBER = re.compile(
    r"(?P<before>[$€£¥₹₽₩₪₺₴₫₦₱]|(?-i:\b(?:CHF|PLN|SEK|NOK|DKK|CZK|HUF|RON|ZAR|AED|SAR))\s)?"
    r"(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)"
    r"(?:\s?(?P<percent>%|percent\b)|[\s-]?(?:(?P<days>d\b|days?\b)|(?P<points>points?\b))"
    r"|\s?(?P<scale>thousand|million|billion|[kmb])\b)?"
    r"(?P<after>\s?(?:USD|dollars?|EUR|euros?|GBP|pounds?)\b)?",
    re.IGNORECASE,
)
_UNITS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORDS = {
    **_UNITS, **_TENS, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "dozen": 12, "hundred": 100,
}  # fmt: skip
_WORD = re.compile(rf"\b(?:({'|'.join(_TENS)})[ -](one|{'|'.join(_UNITS)})|({'|'.join(_WORDS)}))\b", re.IGNORECASE)


class Number(NamedTuple):
    """A number of a text.

    Attributes:
        shown: as the text has it.
        kind: money (in the reporting currency), percent, days, points (of percent) or plain; a date is its text.
        step: the value of one in its last place.
    """

    shown: str
    kind: str
    value: float
    step: float = 1.0


def numbers_in(text: str) -> list[Number]:
    """Return the numbers of a text, also those in words from two on; of a date, year, month and day as one number.

    Args:
        text: a text in English.
    """
    dates = [Number(match[0], "date", float(match[0].replace("-", ""))) for match in _DATE.finditer(text)]
    return dates + [_number(match) for match in _NUMBER.finditer(_WORD.sub(_digits, _DATE.sub(" ", text)))]


def foreign_digits(text: str) -> str:
    """Return the characters of a text that are numbers of another kind than 0 to 9: '½', '²', '３', '五'.

    Args:
        text: any text.
    """
    return "".join(character for character in text if character.isnumeric() and not character.isascii())


def not_among(text: str, known: Iterable[Number]) -> Number | None:
    """Return the first number of a text that is none of those known, None where all are.

    An amount may be rounded, as $2.1M for 2,134,000, as long as that changes it by less than 5 %.

    Args:
        text: a text in English.
        known: the numbers that the text may cite.
    """
    known = list(known)
    return next((cited for cited in numbers_in(text) if not any(_says(cited, fact) for fact in known)), None)


def _says(cited: Number, fact: Number) -> bool:
    difference = abs(cited.value - fact.value)
    if cited.kind != fact.kind:
        return False
    is_rounded = cited.kind == MONEY and difference <= cited.step / 2 and difference < 0.05 * abs(fact.value)
    return is_rounded or difference < 1e-6


def _number(match: re.Match[str]) -> Number:
    digits = match["digits"].replace(",", "")
    scale = _SCALES.get((match["scale"] or "").lower(), 1.0)
    places = len(digits.partition(".")[2])
    if match["before"] or match["after"] or match["scale"]:
        kind = MONEY
    else:
        kind = PERCENT if match["percent"] else DAYS if match["days"] else POINTS if match["points"] else PLAIN
    return Number(match[0].strip(), kind, float(digits) * scale, scale * 10.0**-places)


def _digits(match: re.Match[str]) -> str:
    tens, unit, word = (part and part.lower() for part in match.groups())
    return str(_TENS[tens] + _UNITS.get(unit, 1)) if tens else str(_WORDS[word])
