"""Contracts of datasets: how the engine reads them, and which contracts a project has."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from types import ModuleType
from typing import Any, Protocol

from pyspark.sql import types as T

from transforms_api.declare import BoundInput, BoundOutput, Transform, import_or_report
from transforms_api.errors import DeclarationError, DiscoveryError, TransformTypeError
from transforms_api.expectations import HasColumns, PrimaryKey, type_name
from transforms_api.project import SqlTransform


class Contract(Protocol):
    """The contract of a dataset. Any object with these attributes is one.

    Attributes:
        name: name of the contract.
        grain: the meaning of a row: 'one row per …'.
        primary_key: columns; empty for a type shared by several contracts, which is no dataset of its own.
        schema: the fields. Their metadata may hold a `comment`, the `values` of an enumeration, the `most` elements
            of an array, and the `null_reason` of a nullable field.
    """

    @property
    def name(self) -> str: ...

    @property
    def grain(self) -> str: ...

    @property
    def primary_key(self) -> Sequence[str]: ...

    @property
    def schema(self) -> T.StructType: ...


def collect_contracts(name: str | None) -> list[Contract]:
    """Return the contracts among the attributes of a module, or of a package and its modules, each once.

    Args:
        name: name of the module; None: no contracts.

    Raises:
        DiscoveryError: a module cannot be imported, or there is no contract.
        DeclarationError: two contracts have the same name.
    """
    if name is None:
        return []
    contracts: dict[str, Contract] = {}
    for module in _with_submodules(name):
        for value in list(vars(module).values()):
            if _is_contract(value) and contracts.setdefault(value.name, value) is not value:
                raise DeclarationError(
                    f"{module.__file__} has another contract called '{value.name}'; the name of a contract is that of "
                    "a type, so give each its own."
                )
    if not contracts:
        raise DiscoveryError(
            f"No contract in {name} and below: no attribute of a module that has a name, a grain, a primary_key and a "
            "schema of Spark. Name the right module as `contracts` in conf/run.toml."
        )
    return list(contracts.values())


def base_of(contract: Contract, contracts: Iterable[Contract]) -> Contract | None:
    """Return the longest shared type with whose fields a contract ends; None without one.

    Args:
        contract: the contract.
        contracts: all contracts of the project.
    """
    fields = contract.schema.fields
    shared = [
        base for base in contracts if not base.primary_key and fields[-len(base.schema.fields) :] == base.schema.fields
    ]
    return max(shared, key=lambda base: len(base.schema.fields), default=None) if contract.primary_key else None


def own_fields(contract: Contract, base: Contract | None) -> list[T.StructField]:
    """Return the fields of a contract that do not come from `base`.

    Args:
        contract: the contract.
        base: result of `base_of`.
    """
    inherited = len(base.schema.fields) if base else 0
    return list(contract.schema.fields[: len(contract.schema.fields) - inherited])


def datasets_under(contract: Contract, transforms: Iterable[Transform[Any, Any]]) -> list[str]:
    """Return the datasets whose checks require exactly the columns and the key of a contract.

    SQL has no checks: those of the transforms that read a dataset of SQL count instead.

    Args:
        contract: the contract.
        transforms: the transforms of the project.
    """
    transforms = list(transforms)
    of_sql = {
        dataset for transform in transforms if isinstance(transform, SqlTransform) for dataset in transform.writes
    }
    datasets: dict[str, None] = {}
    for transform in transforms:
        read = [bound for bound in transform.bound_inputs if bound.dataset in of_sql]
        bounds: list[BoundInput | BoundOutput] = [*transform.bound_outputs, *read]
        datasets |= {bound.dataset: None for bound in bounds if _is_checked_by(contract, bound)}
    return list(datasets)


def _is_checked_by(contract: Contract, bound: BoundInput | BoundOutput) -> bool:
    columns = {field.name: type_name(field.dataType) for field in contract.schema.fields}
    expectations = [check.expectation for check in bound.checks]
    has_columns = any(
        isinstance(expected, HasColumns)
        and not (expected.may_lack_some or expected.may_have_more)
        and dict(expected.types) == columns
        for expected in expectations
    )
    return has_columns and PrimaryKey(tuple(contract.primary_key)) in expectations


def contracts_by_dataset(
    contracts: Iterable[Contract], transforms: Sequence[Transform[Any, Any]]
) -> dict[str, Contract]:
    """Return dataset path → contract, of the datasets that have one.

    Args:
        contracts: the contracts of the project.
        transforms: the transforms of the project.
    """
    return {dataset: contract for contract in contracts for dataset in datasets_under(contract, transforms)}


def _with_submodules(name: str) -> Iterator[ModuleType]:
    module = import_or_report(name)
    if module is not None:
        yield module
        for info in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
            yield from _with_submodules(info.name)


def _is_contract(value: Any) -> bool:
    return not isinstance(value, type) and (
        isinstance(getattr(value, "schema", None), T.StructType)
        and isinstance(getattr(value, "name", None), str)
        and isinstance(getattr(value, "grain", None), str)
        and isinstance(getattr(value, "primary_key", None), (tuple, list))
    )


class Kind(Enum):
    """Engine-independent kinds of column values."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"


_KINDS: dict[type[T.DataType], Kind] = {
    **dict.fromkeys([T.StringType, T.VarcharType, T.CharType], Kind.TEXT),
    T.BooleanType: Kind.FLAG,
    T.DateType: Kind.DATE,
    T.TimestampType: Kind.MOMENT,
    T.TimestampNTZType: Kind.MOMENT,
    **dict.fromkeys([T.ByteType, T.ShortType, T.IntegerType, T.LongType], Kind.INTEGER),
    **dict.fromkeys([T.FloatType, T.DoubleType, T.DecimalType], Kind.NUMBER),
}


def kind_of(field: T.StructField, data_type: T.DataType) -> Kind:
    """Return the kind of a type that has no parts.

    Args:
        field: the field, for the message.
        data_type: its type, or that of its elements.

    Raises:
        TransformTypeError: the type is a map, binary or an interval, which contracts do not have.
    """
    kind = _KINDS.get(type(data_type))
    if kind is None:
        raise TransformTypeError(
            f"A contract's field '{field.name}' is a {data_type.simpleString()}. Contracts have texts, numbers, flags, "
            "dates and timestamps, arrays and structs of them; choose one of these."
        )
    return kind


def parts_of(data_type: T.DataType) -> list[T.StructField]:
    """Return the fields of a struct, or of the structs in an array; none for other types.

    Args:
        data_type: type of a field.
    """
    if isinstance(data_type, T.ArrayType):
        return parts_of(data_type.elementType)
    return list(data_type.fields) if isinstance(data_type, T.StructType) else []


def comment_of(field: T.StructField) -> str:
    """Return the description of a field, one line.

    Args:
        field: the field.
    """
    return " ".join(str(field.metadata.get("comment", "")).split())


def values_of(field: T.StructField) -> list[str]:
    """Return the enumeration of a field, or of the elements of an array; empty without one.

    Args:
        field: the field.
    """
    return list(field.metadata.get("values", ()))


def most_of(field: T.StructField) -> int | None:
    """Return the largest number of elements of an array field, None without a limit.

    Args:
        field: the field.
    """
    most = field.metadata.get("most")
    return None if most is None else int(most)


def null_reason_of(field: T.StructField) -> str | None:
    """Return when a field is null, None if it never is.

    Args:
        field: the field.
    """
    return str(field.metadata.get("null_reason", "not known")) if field.nullable else None
