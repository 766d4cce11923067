"""`transforms-shrinkwrap.yml`: which dataset a RID means, so that a path here and a RID there are one dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from transforms_api.declare.dataset_path import check_dataset_path
from transforms_api.declare.specs import Input, Output
from transforms_api.declare.transform import Transform
from transforms_api.errors import DatasetPathError, DiscoveryError

_RID = "ri."


@dataclass(frozen=True)
class DatasetName:
    """A dataset as Foundry knows it: what it is called here, and its RID where that is known."""

    alias: str
    rid: str | None


def read_shrinkwrap(file: Path) -> dict[str, DatasetName]:
    """Return the dataset that each alias, RID and path of a shrinkwrap file means.

    A dataset is called by its path where the file has one, else by its alias.

    Raises:
        DiscoveryError: the file is no YAML, or has no list of mappings.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        entries = [dict(entry) for entry in content.get("mappings") or []]
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError) as error:
        raise DiscoveryError(
            f"{file}: it has to list 'mappings' of alias, rid and path, but cannot be read so: {error}"
        ) from error
    return {name: meant for entry in entries for name, meant in _names(entry)}


def use_names(transforms: Iterable[Transform[Any, Any]], names: Mapping[str, DatasetName]) -> None:
    """Let every input and output of these transforms be called as `names` say, and know its RID."""
    for transform in transforms:
        specs: list[Input | Output] = [*transform.read_specs, *transform.written_specs]
        for spec in specs:
            if spec.alias:
                declared = DatasetName(spec.alias, spec.alias if spec.alias.startswith(_RID) else None)
                meant = names.get(spec.alias, declared)
                vars(spec).update(alias=meant.alias, rid=meant.rid or declared.rid)


def _names(entry: Mapping[str, Any]) -> Iterable[tuple[str, DatasetName]]:
    alias, rid, path = (entry.get(key) for key in ("alias", "rid", "path"))
    called = next((name for name in (path, alias, rid) if _is_dataset_name(name)), None)
    if called is not None:
        meant = DatasetName(called, rid)
        yield from ((name, meant) for name in (alias, rid, path) if isinstance(name, str))


def _is_dataset_name(name: Any) -> bool:
    try:
        return bool(check_dataset_path(name))
    except DatasetPathError:
        return False
