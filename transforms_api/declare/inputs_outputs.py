"""The datasets that a transform reads and writes, as arguments of decorators.

As on Foundry, `Input` and `Output` are plain objects: unit tests attach mocks (`input.dataframe = MagicMock()`). A
build reads them as `BoundInput` and `BoundOutput`, which always name a dataset.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from transforms_api.declare.parameters import FoundryInputParam, FoundryOnlyParam, FoundryOutputParam
from transforms_api.errors import DatasetPathError, DeclarationError, TransformTypeError
from transforms_api.expectations import Check

_RID = re.compile(r"ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z0-9-]+\.[A-Za-z0-9._-]+")
_PACKAGE = str(Path(__file__).parents[1])

FailureStrategy = Literal["continue", "fail"]
TableFormat = Literal["iceberg", "delta"]


class Input(FoundryInputParam):
    """A dataset that a transform reads.

    Args:
        alias: absolute path or RID of the dataset. None: the transform can be called in tests, but not built.
        branch: branch to read, whichever branch is built. None: the branch of the build.
        description: for readers of the code.
        stop_propagating: `Markings` that end here on Foundry; recorded only.
        stop_requiring: `OrgMarkings` that end here on Foundry; recorded only.
        checks: expectations that must hold before the transform runs.
        failure_strategy: 'fail' (default), or 'continue': build with the last version if the input's own build failed.
        transaction_limit: maximum number of new transactions that one incremental run reads. None: no limit.

    Attributes:
        rid: RID of the dataset, None if it is unknown.

    Raises:
        DatasetPathError: `alias` is not a valid dataset name.
        DeclarationError: unknown failure strategy, or a limit below 1.
    """

    def __init__(
        self,
        alias: str | None = None,
        branch: str | None = None,
        description: str | None = None,
        stop_propagating: Any = None,
        stop_requiring: Any = None,
        checks: Check | Iterable[Check] | None = None,
        failure_strategy: FailureStrategy | None = None,
        transaction_limit: int | None = None,
    ) -> None:
        super().__init__(description)
        if failure_strategy not in (None, "continue", "fail"):
            raise DeclarationError(f"failure_strategy is 'continue' or 'fail', not {failure_strategy!r}.")
        if transaction_limit is not None and transaction_limit < 1:
            raise DeclarationError(f"transaction_limit is at least 1, not {transaction_limit}.")
        self.alias = None if alias is None else check_dataset_path(alias)
        self.rid = rid_in(self.alias)
        self.branch = branch
        self.stop_propagating = stop_propagating
        self.stop_requiring = stop_requiring
        self.checks = _as_checks(checks)
        self.failure_strategy: FailureStrategy = failure_strategy or "fail"
        self.transaction_limit = transaction_limit


class Output(FoundryOutputParam):
    """A dataset that a transform writes.

    Args:
        alias: absolute path or RID of the dataset. None: the transform can be called in tests, but not built.
        sever_permissions: recorded only; Foundry cuts the permissions of the inputs.
        description: for readers of the code and the data dictionary.
        checks: expectations that are evaluated before anything is committed.

    Attributes:
        rid: RID of the dataset, None if it is unknown.

    Raises:
        DatasetPathError: `alias` is not a valid dataset name.
    """

    def __init__(
        self,
        alias: str | None = None,
        sever_permissions: bool = False,
        description: str | None = None,
        checks: Check | Iterable[Check] | None = None,
    ) -> None:
        super().__init__(description)
        self.alias = None if alias is None else check_dataset_path(alias)
        self.rid = rid_in(self.alias)
        self.sever_permissions = sever_permissions
        self.checks = _as_checks(checks)


class InputSet(FoundryInputParam):
    """Several datasets under one parameter, which receives a list of inputs in the order of `aliases`.

    Args:
        aliases: absolute paths or RIDs.
        description: for readers of the code.
    """

    def __init__(self, aliases: Sequence[str] | None = None, description: str | None = None) -> None:
        super().__init__(description)
        self.members = tuple(Input(alias) for alias in _not_empty("InputSet", aliases))

    @property
    def aliases(self) -> list[str]:
        """Names of the datasets; empty for an unbound set."""
        return [member.alias for member in self.members if member.alias]


class OutputSet(FoundryOutputParam):
    """Several datasets under one parameter, which receives a list of outputs in the order of `aliases`.

    Args:
        aliases: absolute paths or RIDs.
        sever_permissions: see `Output`.
        description: for readers of the code.
    """

    def __init__(
        self, aliases: Sequence[str] | None = None, sever_permissions: bool = False, description: str | None = None
    ) -> None:
        super().__init__(description)
        self.sever_permissions = sever_permissions
        self.members = tuple(Output(alias, sever_permissions) for alias in _not_empty("OutputSet", aliases))

    @property
    def aliases(self) -> list[str]:
        """Names of the datasets; empty for an unbound set."""
        return [member.alias for member in self.members if member.alias]


def inputs_in(spec: Input | InputSet) -> tuple[Input, ...]:
    """Return the input itself, or the members of an `InputSet`.

    Args:
        spec: the declaration of a parameter.
    """
    return spec.members if isinstance(spec, InputSet) else (spec,)


def outputs_in(spec: Output | OutputSet) -> tuple[Output, ...]:
    """Return the output itself, or the members of an `OutputSet`.

    Args:
        spec: the declaration of a parameter.
    """
    return spec.members if isinstance(spec, OutputSet) else (spec,)


class TableInput(Input):
    """A table that a transform reads: an Iceberg table, or a dataset that stands for one.

    A virtual table of Foundry is read here from the rows that are imported under its name.
    """


class _VirtualTableOutput(FoundryOnlyParam):
    """A table of a system that a transform here cannot write, such as Snowflake."""

    feature = "transforms.tables.TableOutput"


class TableOutput(Output):
    """A table that a transform writes. Stored in the warehouse as every dataset, with an Iceberg catalog beside it.

    With a source it is a virtual table of Foundry. Those in the formats Iceberg and Delta, which the warehouse has, are
    stored here under their alias, and their location is not written. All others exist on Foundry only: then a
    `FoundryOnlyParam` is constructed, and the transform is refused.

    Args:
        alias: absolute path or RID of the table. None: the transform can be called in tests, but not built.
        located: source and location of a virtual table, such as `DeltaTable(path)`.
        sever_permissions: see `Output`.
        description: see `Output`.
        checks: see `Output`.
        settings: `located` by keywords, whatever their names.

    Attributes:
        table_format: 'iceberg' or 'delta'.
        location: name and arguments of the virtual table's location; None without one.

    Raises:
        DatasetPathError: `alias` is not a valid dataset name.
    """

    def __new__(cls, alias: str | None = None, *located: Any, **settings: Any) -> Any:
        """Return a `TableOutput`, or a `FoundryOnlyParam` for a virtual table of another system."""
        stated = _located(located, settings)
        if stated and not any(map(_format_of, stated)):
            return _VirtualTableOutput(alias, *located, **settings)
        return super().__new__(cls)

    def __init__(
        self,
        alias: str | None = None,
        *located: Any,
        sever_permissions: bool = False,
        description: str | None = None,
        checks: Check | Iterable[Check] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(alias, sever_permissions, description, checks)
        stated = [location for location in _located(located, settings) if _format_of(location)]
        self.table_format: TableFormat = (_format_of(stated[0]) if stated else None) or "iceberg"
        self.location = _described(stated[0]) if stated else None


@dataclass(frozen=True)
class BoundInput:
    """An input of a transform that can be built: its dataset is known.

    Attributes:
        parameter: name of the compute function's parameter; members of an `InputSet` share it.
        dataset: name of the dataset in the warehouse, a path or a RID.
        rid: RID of the dataset on Foundry, None if it is unknown.
        branch: branch to read; None: the branch of the build.
        checks: expectations on the rows that are read.
        failure_strategy: see `Input`.
        transaction_limit: see `Input`.
        is_table: declared by `TableInput`.
    """

    parameter: str
    dataset: str
    rid: str | None = None
    branch: str | None = None
    checks: tuple[Check, ...] = field(default=(), compare=False)
    failure_strategy: FailureStrategy = "fail"
    transaction_limit: int | None = None
    is_table: bool = False


@dataclass(frozen=True)
class BoundOutput:
    """An output of a transform that can be built: its dataset is known.

    Attributes:
        parameter: name of the compute function's parameter; members of an `OutputSet` share it.
        dataset: name of the dataset in the warehouse, a path or a RID.
        rid: RID of the dataset on Foundry, None if it is unknown.
        checks: expectations on the rows that are written.
        description: see `Output`.
        table_format: that of a `TableOutput`; None for a dataset.
    """

    parameter: str
    dataset: str
    rid: str | None = None
    checks: tuple[Check, ...] = field(default=(), compare=False)
    description: str | None = None
    table_format: TableFormat | None = None


def bind_input(parameter: str, spec: Input) -> BoundInput:
    """Return an input with its dataset.

    Args:
        parameter: name of the compute function's parameter.
        spec: the declaration.

    Raises:
        DeclarationError: the declaration names no dataset.
    """
    return BoundInput(
        parameter,
        _dataset_of(parameter, spec),
        spec.rid,
        spec.branch,
        spec.checks,
        spec.failure_strategy,
        spec.transaction_limit,
        is_table=isinstance(spec, TableInput),
    )


def bind_output(parameter: str, spec: Output) -> BoundOutput:
    """Return an output with its dataset.

    Args:
        parameter: name of the compute function's parameter.
        spec: the declaration.

    Raises:
        DeclarationError: the declaration names no dataset.
    """
    table_format = spec.table_format if isinstance(spec, TableOutput) else None
    return BoundOutput(parameter, _dataset_of(parameter, spec), spec.rid, spec.checks, spec.description, table_format)


_FORMATS: dict[str, TableFormat] = {"IcebergTable": "iceberg", "DeltaTable": "delta"}
"""Class of a virtual table's location → its format, for formats that the warehouse has."""


def _located(located: Iterable[Any], settings: Mapping[str, Any]) -> list[Any]:
    """Return the source and location of a table: all arguments that `Output` lacks."""
    own = {"sever_permissions", "description", "checks"}
    arguments = [*located, *(settings[name] for name in settings.keys() - own)]
    return [argument for argument in arguments if argument is not None]


def _format_of(location: Any) -> TableFormat | None:
    feature = location.feature if isinstance(location, FoundryOnlyParam) else ""
    package, _, name = feature.rpartition(".")
    return _FORMATS.get(name) if package == "transforms.tables" else None


def _described(location: Any) -> str:
    stated = [*map(repr, location.arguments), *(f"{name}={value!r}" for name, value in location.settings.items())]
    return f"{location.feature.rpartition('.')[2]}({', '.join(stated)})"


def _dataset_of(parameter: str, spec: Input | Output) -> str:
    if spec.alias is None:
        raise DeclarationError(f"'{parameter}' names no dataset: {type(spec).__name__}() needs an alias to be built.")
    return spec.alias


def check_dataset_path(path: str) -> str:
    """Return the normalized name of a dataset.

    Foundry accepts paths with doubled slashes and surrounding white space. Remove both, and a trailing slash, so that
    every spelling means one dataset.

    Args:
        path: absolute path, such as '/Project/folder/dataset', or a RID.

    Raises:
        DatasetPathError: neither a RID nor an absolute path, or with a `.` or `..` part or a control character. The
            text begins with the line of the caller outside of this package.
    """
    if not isinstance(path, str):
        raise _path_error(f"A dataset is named by a string, not by {path!r}.")
    written = path.strip()
    if _RID.fullmatch(written):
        return written
    if not written.startswith("/"):
        raise _path_error(f"'{path}' is no Foundry path: write it absolute, as in '/Project/folder/dataset'.")
    parts = [part for part in written.split("/") if part]
    if ".." in parts or "." in parts:
        raise _path_error(f"'{path}' would leave its folder: a dataset's path has no '.' or '..' parts.")
    if not parts or any(ord(character) < 32 for character in written):
        raise _path_error(f"{path!r} is no Foundry path: it has no name or a control character in it.")
    return "/" + "/".join(parts)


def rid_in(dataset: str | None) -> str | None:
    """Return the name of a dataset if it is a RID, else None.

    Args:
        dataset: a path or RID, as `check_dataset_path` returns it.
    """
    return dataset if dataset is not None and dataset.startswith("ri.") else None


def _path_error(reason: str) -> DatasetPathError:
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return DatasetPathError(f"{frame.f_code.co_filename}:{frame.f_lineno}: {reason}")


def _not_empty(kind: str, aliases: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(aliases, str):
        raise TransformTypeError(f"{kind} takes a list of datasets, not one text.")
    if aliases is not None and not list(aliases):
        raise DeclarationError(f"{kind} takes at least one dataset.")
    return tuple(aliases or ())


def _as_checks(checks: Check | Iterable[Check] | None) -> tuple[Check, ...]:
    if checks is None:
        return ()
    listed = (checks,) if isinstance(checks, Check) else tuple(checks)
    for check in listed:
        if not isinstance(check, Check):
            raise TransformTypeError(f"checks= takes Check objects, not {check!r}.")
    return listed
