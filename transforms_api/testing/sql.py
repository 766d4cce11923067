"""SQL transforms in tests: the one of a file, and rows for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transforms_api.project import DatasetName, SqlTransform, load_sql_transform


def sql_transform_of(file: Path, inputs: Mapping[str, Any]) -> tuple[SqlTransform, dict[str, Any]]:
    """Return the transform of a SQL file, and the rows of its inputs by the names that the file has for them.

    Args:
        file: a file with one statement, absolute or from the current folder.
        inputs: name of a dataset → rows. A name may be that of the file, or one that transforms-shrinkwrap.yml of its
            repository has for the same dataset.

    Raises:
        DeclarationError: there is no such file, or it has not one transform.
    """
    transform, names = load_sql_transform(file)
    return transform, _by_parameter(transform, inputs, names)


def _by_parameter(
    transform: SqlTransform, inputs: Mapping[str, Any], names: Mapping[str, DatasetName]
) -> dict[str, Any]:
    """Return parameter → rows; rows that no input takes keep their names, for the error."""
    by_dataset = {names[name].alias if name in names else name: rows for name, rows in inputs.items()}
    aliases = {name: str(spec.alias) for name, spec in zip(transform.inputs, transform.read_specs, strict=True)}
    rows_by_name = {name: inputs.get(name, by_dataset.get(alias)) for name, alias in aliases.items()}
    taken = {name: rows for name, rows in rows_by_name.items() if rows is not None}
    known = {*aliases, *aliases.values()}
    is_known = {name: name in known or (name in names and names[name].alias in known) for name in inputs}
    return {**taken, **{name: rows for name, rows in inputs.items() if not is_known[name]}}
