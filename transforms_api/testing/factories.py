"""Rows that keep a contract, made up: a test states what it is about, the rest is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faker import Faker
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.contracts.contract import Contract
from transforms_api.errors import FactoryError
from transforms_api.runtime.tables import as_stored
from transforms_api.testing.made_up import made_up

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
) -> list[dict[str, Any]]:
    """Return rows with all fields of a contract, in their order: what is not stated is made up so that it keeps it.

    A value depends on `seed`, its field and the row's number alone: the same rows on every machine (with one version of
    Faker), and those of a field stay as they are when others are stated. Keys are unique, and identifiers that refer to
    other rows (`account_id`) are among the first ten, so that frames join. Dates are of 2024.

    Args:
        contract: a contract, or a schema of Spark, which has no key.
        rows: how many rows; or for each row what it states, as it is, right or wrong.
        nulls: share of nulls, 0 to 1, among values made up for fields that can be null and are no key.
        overrides: by field, its value in every row that does not state it; or a function of the row's number, from 0.

    Raises:
        FactoryError: a name is no field, or the key does not have so many different values.
        TransformTypeError: no value can be made up for the type of a field, as an interval.
    """
    schema = contract if isinstance(contract, T.StructType) else contract.schema
    key = () if isinstance(contract, T.StructType) else tuple(contract.primary_key)
    stated = [{} for _ in range(rows)] if isinstance(rows, int) else [dict(row) for row in rows]
    _demand_fields(schema, [name for row in [overrides, *stated] for name in row])
    taken: set[str] = set()
    found = []
    for number, own in enumerate(stated):
        given = {name: value(number) if callable(value) else value for name, value in overrides.items()} | own
        given |= _new_key([field for field in schema.fields if field.name in key], given, number, seed, taken)
        found.append(
            {
                field.name: given[field.name] if field.name in given else _made_up(field, number, seed, nulls)
                for field in schema.fields
            }
        )
    return found


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
    """Return the rows of `rows_for` as a DataFrame whose columns are the contract's, as a dataset has them: nullable.

    So a test can state what a contract forbids, too. Arguments and errors are those of `rows_for`.
    """
    schema = contract if isinstance(contract, T.StructType) else contract.schema
    found = rows_for(contract, rows, seed=seed, nulls=nulls, **overrides)
    return spark.createDataFrame([tuple(row.values()) for row in found], as_stored(schema))


def _demand_fields(schema: T.StructType, names: Iterable[str]) -> None:
    unknown = [name for name in dict.fromkeys(names) if name not in schema.names]
    if unknown:
        raise FactoryError(
            f"Rows state {', '.join(map(repr, unknown))}, which the contract does not have. Its fields are "
            f"{', '.join(schema.names)}."
        )


def _new_key(
    fields: list[T.StructField], given: Mapping[str, Any], number: int, seed: int, taken: set[str]
) -> dict[str, Any]:
    """Return the values of a row's key, which no row before has, unless the row states all of it."""
    is_open = any(field.name not in given for field in fields)
    for attempt in range(_MOST_ATTEMPTS):
        values = {
            field.name: given[field.name] if field.name in given else _key_part(field, number, seed, attempt)
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
    place = number + 1 + attempt * _REFERRED_TO
    if isinstance(field.dataType, T.IntegralType) and "values" not in field.metadata:
        return place
    return made_up(field, place, _seeded(seed, number, field.name, attempt))


def _made_up(field: T.StructField, number: int, seed: int, nulls: float) -> Any:
    chance = _seeded(seed, number, field.name)
    is_null, referred_to = chance.random.random() < nulls, chance.random_int(1, _REFERRED_TO)
    return None if is_null and field.nullable else made_up(field, referred_to, chance)


def _seeded(*parts: Any) -> Faker:
    _FAKER.seed_instance("/".join(map(str, parts)))
    return _FAKER
