"""A value that a field can have, made up from its enumeration, its name and its type."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from faker import Faker
from pyspark.sql import types as T

from transforms_api.contracts.fields import Kind, kind_of, most_of

_MOST_ELEMENTS = 3
_YEAR = date(2024, 1, 1)
_BEGINS = re.compile(r"^(created|started|start|opened|began|begin|hired|joined|born|from|valid_from)(_|$)")

_TEXTS: list[tuple[str, Callable[[Faker], str]]] = [
    (r"uuid|guid", lambda chance: chance.uuid4()),
    (r"e?mail(_address)?$", lambda chance: chance.email()),
    (r"(account|company|customer|vendor|supplier|competitor)(_name)?$", lambda chance: chance.company()),
    (r"(opportunity|deal|product|project|campaign|item)(_name)?$", lambda chance: chance.catch_phrase()),
    (r"first_name$", lambda chance: chance.first_name()),
    (r"(last_name|surname)$", lambda chance: chance.last_name()),
    (r"(^|_)(name|owner|manager|employee|contact|author)$", lambda chance: chance.name()),
    (r"phone", lambda chance: chance.numerify("+1-555-###-####")),
    (r"(address|street)$", lambda chance: chance.street_address()),
    (r"city$", lambda chance: chance.city()),
    (r"country$", lambda chance: chance.country()),
    (r"(postal_code|postcode|zip|zip_code)$", lambda chance: chance.postcode()),
    (r"(url|uri|link|website)$", lambda chance: chance.url()),
    (r"currency(_code)?$", lambda chance: chance.currency_code()),
    (r"(role|job|job_title)$", lambda chance: chance.job()),
    (r"quarter$", lambda chance: f"Q{chance.random_int(1, 4)} {_YEAR.year}"),
    (r"(description|comment|note|reason|detail|message|summary|text)s?$", lambda chance: chance.sentence()),
]
_NUMBERS: list[tuple[str, Callable[[Faker], float]]] = [
    (
        r"(^|_)(pct|percent|rate|ratio|fraction|share|probability|confidence|attainment)(_|$)",
        lambda chance: _between(chance, 0, 1),
    ),
    (
        r"amount|price|revenue|cost|quota|salary|budget|target|total|value",
        lambda chance: round(10 ** chance.random.uniform(3, 6), 2),
    ),
]


def made_up(field: T.StructField, number: int, chance: Faker) -> Any:
    """Return a value of a field, never null, as `createDataFrame` takes it.

    Args:
        number: what tells this row's identifier (`deal_id`: 'deal-7') from that of other rows.
        chance: where the value comes from; equally seeded, it gives the same.

    Raises:
        TransformTypeError: no value can be made up for such a type, as an interval.
    """
    return _value(field, field.dataType, number, chance)


def _value(field: T.StructField, data_type: T.DataType, number: int, chance: Faker) -> Any:
    if isinstance(data_type, T.ArrayType):
        return _array(field, data_type, number, chance)
    if isinstance(data_type, T.StructType):
        return {part.name: made_up(part, number, chance) for part in data_type.fields}
    if isinstance(data_type, T.MapType):
        key, value = [_value(field, each, number, chance) for each in (data_type.keyType, data_type.valueType)]
        return {key: value}
    if isinstance(data_type, T.BinaryType):
        return chance.random.randbytes(8)
    if values := field.metadata.get("values"):
        return chance.random.choice(values)
    return _plain(_words(field.name), data_type, kind_of(field, data_type), number, chance)


def _array(field: T.StructField, data_type: T.ArrayType, number: int, chance: Faker) -> list[Any]:
    most, values = most_of(field), field.metadata.get("values")
    size = chance.random_int(0, _MOST_ELEMENTS if most is None else min(most, _MOST_ELEMENTS))
    if values and not isinstance(data_type.elementType, T.ArrayType):
        chosen = chance.random.sample(values, min(size, len(values)))
        return sorted(chosen, key=values.index)
    return [_value(field, data_type.elementType, number, chance) for _ in range(size)]


def _plain(name: str, data_type: T.DataType, kind: Kind, number: int, chance: Faker) -> Any:
    match kind:
        case Kind.TEXT:
            return _text(name, number, chance)[: getattr(data_type, "length", None)]
        case Kind.INTEGER:
            return _integer(name, number, chance)
        case Kind.NUMBER:
            return _number(name, data_type, chance)
        case Kind.FLAG:
            return chance.random.random() < 0.5
        case Kind.DATE:
            return _day(name, chance)
    moment = datetime.combine(_day(name, chance), time(second=chance.random_int(0, 59), hour=chance.random_int(0, 23)))
    # With a zone, the moment is the same on every machine; without one, Spark takes the machine's.
    return moment if isinstance(data_type, T.TimestampNTZType) else moment.replace(tzinfo=UTC)


def _text(name: str, number: int, chance: Faker) -> str:
    if _is_identifier(name):
        return f"{re.sub('_?(id|key)$', '', name) or name}-{number}"
    make = next((make for pattern, make in _TEXTS if re.search(pattern, name)), None)
    return make(chance) if make else chance.word()


def _integer(name: str, number: int, chance: Faker) -> int:
    if _is_identifier(name):
        return number
    return _YEAR.year if re.search("(^|_)year$", name) else chance.random_int(0, 100)


def _number(name: str, data_type: T.DataType, chance: Faker) -> float | Decimal:
    make = next((make for pattern, make in _NUMBERS if re.search(pattern, name)), None)
    value = make(chance) if make else _between(chance, 0, 100)
    if not isinstance(data_type, T.DecimalType):
        return value
    # The remainder of the largest power that fits keeps the digits before the point.
    whole = Decimal(str(value)) % Decimal(10) ** (data_type.precision - data_type.scale)
    return whole.quantize(Decimal(1).scaleb(-data_type.scale), rounding="ROUND_DOWN")


def _day(name: str, chance: Faker) -> date:
    """Return a day of the first half of the year for what begins then, else of the second: nothing ends too early."""
    return _YEAR + timedelta(days=chance.random_int(0, 181) + (0 if _BEGINS.search(name) else 182))


def _between(chance: Faker, least: int, most: int) -> float:
    value: float = chance.random.uniform(least, most)
    return round(value, 4 if most == 1 else 2)


def _is_identifier(name: str) -> bool:
    return bool(re.search("(^|_)(id|key)$", name))


def _words(name: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
