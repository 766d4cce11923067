"""Validation of a language model's answer: only what the contract and the rep's data allow becomes an insight."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, NoReturn

from pyspark.sql import types as T

from ..contracts.reps import REP_COACHING_INSIGHTS
from .prompt import IMPROVEMENT, STRENGTH, WRITTEN, Facts, longest
from .templates import MOST

LONGEST_ANSWER = 20_000
"""Largest number of characters of an answer; a longer answer is refused unread."""
_LONGEST_QUOTE = 40
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_MARKUP = re.compile(
    r"[<>`{}\\]|\*\*|__|\]\(|&#?\w+;|://|\b(?:javascript|mailto):|\w@\w|[^\W\d]\.[^\W\d]{2,}", re.IGNORECASE
)
_DOLLARS = re.compile(r"\b(?:USD|US dollars?|dollars?)\b|(?<![A-Z])\$", re.IGNORECASE)
_NAMES = ("rep_name", "deal_name", "contact_name")
"""Fields of the facts that an answer may quote as they are; digits in them do not count as numbers."""

Insights = dict[str, Any]
"""The fields of the contract that a model writes."""


# Numbers in texts, with their units

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


# Rules of an answer


class Refused(Exception):
    """An answer breaks a rule; the text names the rule and is sent back to the model."""


def insights_in(answer: Any, facts: Facts) -> Insights:
    """Return the insights in an answer: exactly the fields `WRITTEN` of the contract.

    Args:
        answer: text of the answer, a JSON object with or without a code fence.
        facts: facts of the rep that the model received.

    Raises:
        Refused: the answer is not a JSON object of these fields and types; a text is empty, too long or not plain text;
            a number is not in the facts; or a strength, improvement or deal is not the rep's.
    """
    insights = _object(_parsed(answer), "the answer", WRITTEN)
    for name in WRITTEN:
        _check_type(insights[name], REP_COACHING_INSIGHTS.schema[name].dataType, name)
    _check_drivers(insights["strengths"], facts, STRENGTH, "metric_value", "rep")
    _check_drivers(insights["improvements"], facts, IMPROVEMENT, "gap_value", "gap_to_team")
    _check_comparisons(insights["strengths"], facts)
    _check_deals(insights["priority_actions"], facts)
    names, numbers = sorted(set(_names_in(facts)), key=len, reverse=True), list(_numbers_of(facts))
    for field, text in _texts_in(insights):
        _check_text(_without(names, text), numbers, facts.get("currency_sign", "$"), field)
    return insights


def _parsed(answer: Any) -> Any:
    if not isinstance(answer, str) or not answer.strip():
        raise Refused("the answer is empty")
    if len(answer) > LONGEST_ANSWER:
        raise Refused(f"the answer is longer than {LONGEST_ANSWER:,} characters")
    fenced = _FENCED.fullmatch(answer.strip())
    try:
        return json.loads(
            fenced[1] if fenced else answer, object_pairs_hook=_require_unique_names, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"the answer is no JSON: {str(error)[:80]}") from error


def _require_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("an object has a field twice")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise Refused(f"{name} is no number")


def _object(value: Any, field: str, fields: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(fields):
        raise Refused(f"{field} has to be an object with exactly the fields {', '.join(fields)}")
    return value


def _check_type(value: Any, kind: T.DataType, field: str) -> None:
    if isinstance(kind, T.ArrayType):
        if not isinstance(value, list) or len(value) > MOST:
            raise Refused(f"{field} has to be a list of at most {MOST}")
        for index, element in enumerate(value):
            _check_type(element, kind.elementType, f"{field}[{index}]")
    elif isinstance(kind, T.StructType):
        values = _object(value, field, kind.fieldNames())
        for part in kind.fields:
            if not (values[part.name] is None and part.nullable):
                _check_type(values[part.name], part.dataType, f"{field}.{part.name}")
    elif isinstance(kind, T.StringType):
        most = longest(field.rpartition(".")[2])
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise Refused(f"{field} has to be a text of 1 to {most} characters")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(f"{field} has to be a number")


def _check_drivers(insights: list[dict[str, str]], facts: Facts, standing: str, field: str, fact: str) -> None:
    drivers = {driver["title"]: driver for driver in facts["drivers"] if driver["standing"] == standing}
    titles = [insight["title"] for insight in insights]
    for insight in insights:
        title = insight["title"]
        if title not in drivers:
            raise Refused(f"{_quoted(title)} is no driver of the rep whose standing is {standing}")
        if titles.count(title) > 1:
            raise Refused(f"{_quoted(title)} occurs twice")
        if insight[field] != drivers[title][fact]:
            raise Refused(f"{field} of {_quoted(title)} has to be {drivers[title][fact]}")


def _check_comparisons(strengths: list[dict[str, str]], facts: Facts) -> None:
    drivers = {driver["title"]: driver for driver in facts["drivers"]}
    for strength in strengths:
        team = drivers[strength["title"]]["team_average"]
        if team not in strength["metric_comparison"]:
            raise Refused(f"metric_comparison of {_quoted(strength['title'])} has to contain the team's {team}")


def _check_deals(actions: list[dict[str, Any]], facts: Facts) -> None:
    fields = ("deal_name", "deal_amount", "deadline")
    deals = [tuple(action[field] for field in fields) for action in actions]
    for deal in deals:
        name = deal[0]
        same_name = [known for known in facts["actions"] if known["deal_name"] == name]
        if not same_name:
            raise Refused(f"{_quoted(name)} is no deal of the rep's actions")
        if not any(tuple(known[field] for field in fields) == deal for known in same_name):
            raise Refused(f"amount or deadline of {_quoted(name)} is not that of the action")
        if deals.count(deal) > 1:
            raise Refused(f"an action for {_quoted(name)} occurs twice")


def _texts_in(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of a field, such as 'strengths[0].detail', and its text, for all texts below `value`."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _texts_in(part, f"{field}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts_in(part, f"{field}[{index}]")


def _check_text(text: str, numbers: list[Number], sign: str, field: str) -> None:
    if any(unicodedata.category(mark)[0] == "C" or unicodedata.category(mark) in ("Zl", "Zp") for mark in text):
        raise Refused(f"{field} has a line break or another control character")
    if markup := _MARKUP.search(text):
        raise Refused(f"{field} has to be plain text, without {_quoted(markup[0])}")
    if currency := _other_currency(text, sign):
        raise Refused(f"{field} has amounts in {_quoted(currency)}, the data has amounts in {_quoted(sign.strip())}")
    if digits := foreign_digits(text):
        raise Refused(f"{field} has numbers in other characters than 0 to 9: {_quoted(digits)}")
    if cited := not_among(text, numbers):
        raise Refused(f"{field} has a number that is not in the data: {_quoted(cited.shown)}")


def _other_currency(text: str, sign: str) -> str | None:
    """Return a currency that a text names although the data has amounts in another one, whose sign is `sign`."""
    symbol = next((mark for mark in text if unicodedata.category(mark) == "Sc" and mark not in sign), None)
    dollars = None if sign == "$" else _DOLLARS.search(text)
    return symbol or (dollars[0] if dollars else None)


def _names_in(facts: Facts) -> Iterator[str]:
    for holder in (facts, *facts["actions"]):
        yield from (holder[name] for name in _NAMES if any(mark.isalpha() for mark in holder.get(name) or ""))


def _numbers_of(facts: Facts) -> Iterator[Number]:
    """Yield the numbers of the facts, except those in names."""
    for holder in (facts, *facts["drivers"], *facts["actions"]):
        texts = (value for name, value in holder.items() if isinstance(value, str) and name not in _NAMES)
        yield from (number for text in texts for number in numbers_in(text))
    amounts = [action["deal_amount"] for action in facts["actions"] if action["deal_amount"] is not None]
    yield from (Number(str(amount), MONEY, amount) for amount in amounts)


def _without(names: list[str], text: str) -> str:
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    return text


def _quoted(text: str) -> str:
    visible = "".join(mark if mark.isprintable() else "?" for mark in text)
    return f"'{visible[:_LONGEST_QUOTE]}{'…' if len(visible) > _LONGEST_QUOTE else ''}'"
