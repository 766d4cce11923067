"""Rows for tests: rows that satisfy a contract, with generated values for everything that a test does not state."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from faker import Faker
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.engines import SessionFactory, as_stored, is_frame
from transforms_api.errors import FactoryError, TrialError
from transforms_api.porting import Contract, Kind, kind_of, most_of
from transforms_api.runtime import as_arrow, from_objects
from transforms_api.warehouse import arrow_schema

Row: TypeAlias = dict[str, Any]
"""Column → value."""

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


def fake_values(field: T.StructField, number: int, chance: Faker) -> Any:
    """Return a generated value of a field, never null, as `createDataFrame` takes it.

    Args:
        field: its enumeration, name and type determine the value.
        number: number of the row; makes identifiers unique (`deal_id`: 'deal-7').
        chance: the generator; the same seed gives the same value.

    Raises:
        TransformTypeError: there are no generated values for the type, such as an interval.
    """
    return _value(field, field.dataType, number, chance)


def _value(field: T.StructField, data_type: T.DataType, number: int, chance: Faker) -> Any:
    if isinstance(data_type, T.ArrayType):
        return _array(field, data_type, number, chance)
    if isinstance(data_type, T.StructType):
        return {part.name: fake_values(part, number, chance) for part in data_type.fields}
    if isinstance(data_type, T.MapType):
        key, value = [_value(field, kind, number, chance) for kind in (data_type.keyType, data_type.valueType)]
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
    """Return a day in the first half of the year for fields that begin something, else in the second half."""
    return _YEAR + timedelta(days=chance.random_int(0, 181) + (0 if _BEGINS.search(name) else 182))


def _between(chance: Faker, least: int, most: int) -> float:
    value: float = chance.random.uniform(least, most)
    return round(value, 4 if most == 1 else 2)


def _is_identifier(name: str) -> bool:
    return bool(re.search("(^|_)(id|key)$", name))


def _words(name: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


_REFERRED_TO = 10
_MOST_ATTEMPTS = 1000
_FAKER = Faker("en_US", use_weighting=False)


def rows_for(
    contract: Contract | T.StructType,
    rows: int | Iterable[Mapping[str, Any]],
    /,
    *,
    seed: int = 0,
    nulls: float = 0.0,
    **overrides: Any,
) -> list[Row]:
    """Return rows with all fields of a contract; values that are not stated are generated so that the contract holds.

    A value depends only on `seed`, its field and the number of the row: rows are the same on every machine (with one
    version of Faker), and those of a field stay when others are stated. Keys are unique; identifiers that refer to
    other rows (`account_id`) are among the first ten, so that frames join. Dates are in 2024.

    Args:
        contract: a contract, or a Spark schema, which has no key.
        rows: number of rows; or the stated values of each row, valid or not.
        seed: seed of the generator.
        nulls: share of nulls (0 to 1) among generated values of nullable fields outside the key.
        overrides: field → its value in every row that does not state it, or a function of the row's number from 0.

    Raises:
        FactoryError: a name is no field, or the key does not have enough different values.
        TransformTypeError: there are no generated values for a field's type, such as an interval.
    """
    schema = contract if isinstance(contract, T.StructType) else contract.schema
    key = () if isinstance(contract, T.StructType) else tuple(contract.primary_key)
    stated = [{} for _ in range(rows)] if isinstance(rows, int) else [dict(row) for row in rows]
    _require_fields(schema, [name for row in [overrides, *stated] for name in row])
    taken: set[str] = set()
    values = []
    for number, own in enumerate(stated):
        row = {name: value(number) if callable(value) else value for name, value in overrides.items()} | own
        row |= _new_key([field for field in schema.fields if field.name in key], row, number, seed, taken)
        values.append(
            {
                field.name: row[field.name] if field.name in row else _made_up(field, number, seed, nulls)
                for field in schema.fields
            }
        )
    return values


def frame_for(
    spark: SparkSession,
    contract: Contract | T.StructType,
    rows: int | Iterable[Mapping[str, Any]],
    /,
    *,
    seed: int = 0,
    nulls: float = 0.0,
    **overrides: Any,
) -> DataFrame:
    """Return the rows of `rows_for` as a DataFrame with the contract's columns, all nullable as in a dataset.

    A test can thus state values that the contract forbids.

    Args:
        spark: the session.
        contract: see `rows_for`.
        rows: see `rows_for`.
        seed: see `rows_for`.
        nulls: see `rows_for`.
        overrides: see `rows_for`.
    """
    schema = contract if isinstance(contract, T.StructType) else contract.schema
    values = rows_for(contract, rows, seed=seed, nulls=nulls, **overrides)
    return spark.createDataFrame([tuple(row.values()) for row in values], as_stored(schema))


def _require_fields(schema: T.StructType, names: Iterable[str]) -> None:
    unknown = [name for name in dict.fromkeys(names) if name not in schema.names]
    if unknown:
        raise FactoryError(
            f"Rows state {', '.join(map(repr, unknown))}, which the contract does not have. Its fields are "
            f"{', '.join(schema.names)}."
        )


def _new_key(fields: list[T.StructField], row: Mapping[str, Any], number: int, seed: int, taken: set[str]) -> Row:
    """Return the key of a row, different from all earlier ones unless the row states all of it."""
    is_open = any(field.name not in row for field in fields)
    for attempt in range(_MOST_ATTEMPTS):
        values = {
            field.name: row[field.name] if field.name in row else _key_part(field, number, seed, attempt)
            for field in fields
        }
        if not is_open or repr(values) not in taken:
            taken.add(repr(values))
            return values
    raise FactoryError(
        f"{', '.join(field.name for field in fields)} is the key, and no value is left for row {number}, after "
        f"{_MOST_ATTEMPTS} attempts. Ask for fewer rows, or state less of the key."
    )


def _key_part(field: T.StructField, number: int, seed: int, attempt: int) -> Any:
    ordinal = number + 1 + attempt * _REFERRED_TO
    if isinstance(field.dataType, T.IntegralType) and "values" not in field.metadata:
        return ordinal
    return fake_values(field, ordinal, _seeded(seed, number, field.name, attempt))


def _made_up(field: T.StructField, number: int, seed: int, nulls: float) -> Any:
    chance = _seeded(seed, number, field.name)
    is_null, referred_to = chance.random.random() < nulls, chance.random_int(1, _REFERRED_TO)
    return None if is_null and field.nullable else fake_values(field, referred_to, chance)


def _seeded(*parts: Any) -> Faker:
    _FAKER.seed_instance("/".join(map(str, parts)))
    return _FAKER


def as_rows(name: str, rows: Any, spark: SessionFactory) -> DataFrame | pa.Table | Path:
    """Return rows of a test as a sandbox takes them.

    Args:
        name: name of the input, for errors.
        rows: a DataFrame of Spark, pandas or Polars; a list of dicts, whose types are inferred; a pair of a schema (a
            StructType or text) and a list of tuples or dicts; a folder of files.
        spark: parses a schema that is a text.

    Raises:
        TrialError: the rows are none of these, have no columns, or values do not fit the types.
    """
    if is_frame(rows) or isinstance(rows, Path):
        return rows
    try:
        return _read(name, rows, spark)
    except TrialError:
        raise
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TrialError(f"The rows of '{name}' cannot be read: {error}") from error


def _read(name: str, rows: Any, spark: SessionFactory) -> pa.Table:
    if isinstance(rows, list):
        return _inferred(name, rows)
    if not isinstance(rows, tuple):
        return as_arrow(rows)
    if len(rows) != 2 or not isinstance(rows[0], (T.StructType, str)):
        raise TrialError(f"'{name}' is a tuple, but not of a schema and a list of rows: ('id long', [(1,), (2,)]).")
    schema, stated = rows
    known = spark().createDataFrame([], schema).schema if isinstance(schema, str) else schema
    named = [_named(name, known.names, row) for row in stated]
    table = pa.Table.from_pylist(named, arrow_schema(as_stored(known).json()))
    for field, column in zip(table.schema, table.columns, strict=True):
        for row, kept in zip(named, column.to_pylist(), strict=True):
            if not _is_kept(row.get(field.name), kept):
                raise TrialError(
                    f"A value of column '{field.name}' of '{name}' is no {field.type}: {row[field.name]!r}"
                )
    return table


def _is_kept(stated: Any, kept: Any) -> bool:
    """Return whether Arrow kept a value: it cuts floats to integers and timestamps to dates."""
    if stated is None or kept is None:
        return stated is kept
    if isinstance(stated, Mapping):
        pairs = dict(kept)
        return stated.keys() <= pairs.keys() and all(_is_kept(stated.get(key), part) for key, part in pairs.items())
    if isinstance(kept, list):
        return len(stated) == len(kept) and all(map(_is_kept, stated, kept))
    if isinstance(stated, tuple) and isinstance(kept, tuple):
        return all(map(_is_kept, stated, kept))
    if isinstance(kept, float):
        return math.isclose(stated, kept, rel_tol=1e-6, abs_tol=1e-30) or (stated != stated and kept != kept)
    if isinstance(kept, datetime) and isinstance(stated, datetime) and stated.tzinfo is None:
        return bool(stated == kept.replace(tzinfo=None))
    return bool(stated == kept)


def _inferred(name: str, rows: list[Any]) -> pa.Table:
    columns = dict.fromkeys(column for row in rows if isinstance(row, Mapping) for column in row)
    if not columns or not all(isinstance(row, Mapping) for row in rows):
        raise TrialError(
            f"The columns of '{name}' are not known: rows are dicts, or tuples with a schema, "
            "('id long, name string', [(1, 'a')]); no rows at all need a schema, too."
        )
    return pa.table({column: from_objects([row.get(column) for row in rows], column) for column in columns})


def _named(name: str, columns: list[str], row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping) and row.keys() <= set(columns):
        return row
    if isinstance(row, (tuple, list)) and len(row) == len(columns):
        return dict(zip(columns, row, strict=True))
    raise TrialError(f"A row of '{name}' does not fit its columns {', '.join(columns)}: {row!r}")
