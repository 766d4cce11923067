"""What of a model's answer may become a rep's insights: nothing that the contract or the rep's data does not allow."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NoReturn

from pyspark.sql import types as T

from ..contracts.reps import REP_COACHING_INSIGHTS
from .cited_numbers import MONEY, Number, foreign_digits, not_among, numbers_in
from .prompt import IMPROVEMENT, STRENGTH, WRITTEN, Facts, longest
from .templates import MOST

LONGEST_ANSWER = 20_000
"""Characters of an answer that is read at all."""
_LONGEST_QUOTE = 40
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_MARKUP = re.compile(
    r"[<>`{}\\]|\*\*|__|\]\(|&#?\w+;|://|\b(?:javascript|mailto):|\w@\w|[^\W\d]\.[^\W\d]{2,}", re.IGNORECASE
)
_DOLLARS = re.compile(r"\b(?:USD|US dollars?|dollars?)\b|(?<![A-Z])\$", re.IGNORECASE)
_NAMES = ("rep_name", "deal_name", "contact_name")
"""Fields of the facts whose texts may stand in an answer whatever they are, and whose digits are no numbers."""

Insights = dict[str, Any]
"""The fields of the contract that a model writes."""


class Refused(Exception):
    """An answer is not allowed; the text says why, as the model is told it."""


def insights_in(answer: Any, facts: Facts) -> Insights:
    """Return the insights that an answer has, exactly the fields `WRITTEN` of the contract.

    Raises:
        Refused: it is no JSON object of these fields and types; a text is empty, too long or more than plain text; it
            tells a number that the facts do not have; or a strength, improvement or deal that is not the rep's.
    """
    found = _object(_parsed(answer), "the answer", WRITTEN)
    for name in WRITTEN:
        _check_type(found[name], REP_COACHING_INSIGHTS.schema[name].dataType, name)
    _check_drivers(found["strengths"], facts, STRENGTH, "metric_value", "rep")
    _check_drivers(found["improvements"], facts, IMPROVEMENT, "gap_value", "gap_to_team")
    _check_comparisons(found["strengths"], facts)
    _check_deals(found["priority_actions"], facts)
    names, numbers = sorted(set(_names_in(facts)), key=len, reverse=True), list(_numbers_of(facts))
    for place, text in _texts_in(found):
        _check_text(_without(names, text), numbers, facts.get("currency_sign", "$"), place)
    return found


def _parsed(answer: Any) -> Any:
    if not isinstance(answer, str) or not answer.strip():
        raise Refused("the answer is empty")
    if len(answer) > LONGEST_ANSWER:
        raise Refused(f"the answer is longer than {LONGEST_ANSWER:,} characters")
    fenced = _FENCED.fullmatch(answer.strip())
    try:
        return json.loads(
            fenced[1] if fenced else answer, object_pairs_hook=_each_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"the answer is no JSON: {str(error)[:80]}") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("an object has a field twice")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise Refused(f"{name} is no number")


def _object(value: Any, place: str, fields: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(fields):
        raise Refused(f"{place} has to be an object with exactly the fields {', '.join(fields)}")
    return value


def _check_type(value: Any, kind: T.DataType, place: str) -> None:
    if isinstance(kind, T.ArrayType):
        if not isinstance(value, list) or len(value) > MOST:
            raise Refused(f"{place} has to be a list of at most {MOST}")
        for index, element in enumerate(value):
            _check_type(element, kind.elementType, f"{place}[{index}]")
    elif isinstance(kind, T.StructType):
        found = _object(value, place, kind.fieldNames())
        for field in kind.fields:
            if not (found[field.name] is None and field.nullable):
                _check_type(found[field.name], field.dataType, f"{place}.{field.name}")
    elif isinstance(kind, T.StringType):
        most = longest(place.rpartition(".")[2])
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise Refused(f"{place} has to be a text of 1 to {most} characters")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(f"{place} has to be a number")


def _check_drivers(told: list[dict[str, str]], facts: Facts, standing: str, field: str, fact: str) -> None:
    drivers = {driver["title"]: driver for driver in facts["drivers"] if driver["standing"] == standing}
    titles = [each["title"] for each in told]
    for each in told:
        if each["title"] not in drivers:
            raise Refused(f"{_quoted(each['title'])} is no driver of the rep whose standing is {standing}")
        if titles.count(each["title"]) > 1:
            raise Refused(f"{_quoted(each['title'])} is told twice")
        if each[field] != drivers[each["title"]][fact]:
            raise Refused(f"{field} of {_quoted(each['title'])} has to be {drivers[each['title']][fact]}")


def _check_comparisons(told: list[dict[str, str]], facts: Facts) -> None:
    drivers = {driver["title"]: driver for driver in facts["drivers"]}
    for each in told:
        team = drivers[each["title"]]["team_average"]
        if team not in each["metric_comparison"]:
            raise Refused(f"metric_comparison of {_quoted(each['title'])} has to have the team's {team} in it")


def _check_deals(told: list[dict[str, Any]], facts: Facts) -> None:
    fields = ("deal_name", "deal_amount", "deadline")
    deals = [tuple(each[field] for field in fields) for each in told]
    for each, deal in zip(told, deals, strict=True):
        same_name = [action for action in facts["actions"] if action["deal_name"] == each["deal_name"]]
        if not same_name:
            raise Refused(f"{_quoted(each['deal_name'])} is no deal of the rep's actions")
        if not any(tuple(action[field] for field in fields) == deal for action in same_name):
            raise Refused(f"amount or deadline of {_quoted(each['deal_name'])} is not that of the action")
        if deals.count(deal) > 1:
            raise Refused(f"an action for {_quoted(each['deal_name'])} is told twice")


def _texts_in(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text below `value` with its place, 'strengths[0].detail'."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts_in(each, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts_in(each, f"{place}[{index}]")


def _check_text(text: str, numbers: list[Number], sign: str, place: str) -> None:
    if any(unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp") for one in text):
        raise Refused(f"{place} has a line break or another character that controls")
    if found := _MARKUP.search(text):
        raise Refused(f"{place} has to be plain text, without {_quoted(found[0])}")
    if currency := _other_currency(text, sign):
        raise Refused(f"{place} has amounts in {_quoted(currency)}, the data has amounts in {_quoted(sign.strip())}")
    if digits := foreign_digits(text):
        raise Refused(f"{place} has numbers in other characters than 0 to 9: {_quoted(digits)}")
    if cited := not_among(text, numbers):
        raise Refused(f"{place} has a number that is not in the data: {_quoted(cited.shown)}")


def _other_currency(text: str, sign: str) -> str | None:
    """Return a currency that a text names although the data has amounts in another one, whose sign is `sign`."""
    symbol = next((one for one in text if unicodedata.category(one) == "Sc" and one not in sign), None)
    dollars = None if sign == "$" else _DOLLARS.search(text)
    return symbol or (dollars[0] if dollars else None)


def _names_in(facts: Facts) -> Iterator[str]:
    for holder in (facts, *facts["actions"]):
        yield from (holder[name] for name in _NAMES if any(one.isalpha() for one in holder.get(name) or ""))


def _numbers_of(facts: Facts) -> Iterator[Number]:
    """Yield the numbers of the facts, those in names apart."""
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
    visible = "".join(one if one.isprintable() else "?" for one in text)
    return f"'{visible[:_LONGEST_QUOTE]}{'…' if len(visible) > _LONGEST_QUOTE else ''}'"
