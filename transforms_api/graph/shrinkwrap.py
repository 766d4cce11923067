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
from transforms_api.graph.user_code import merge_conflict_in

_RID = "ri."
_PLACEHOLDERS = frozenset({"/deprecated-field", "/redacted-do-not-use"})
"""What Foundry and its Marketplace write into every entry instead of the dataset's path."""


@dataclass(frozen=True)
class DatasetName:
    """A dataset as Foundry knows it: what it is called here, and its RID where that is known."""

    alias: str
    rid: str | None


@dataclass(frozen=True)
class ShrinkwrapEntry:
    """An entry of a shrinkwrap file: the name in the code, and the dataset that Foundry found for it.

    Attributes:
        is_written: whether a transform of the repository writes the dataset by this alias.
    """

    alias: str | None
    rid: str | None
    path: str | None
    is_written: bool = False


def read_shrinkwrap(file: Path) -> list[ShrinkwrapEntry]:
    """Return the entries of a shrinkwrap file.

    Raises:
        DiscoveryError: the file is no YAML, or has no list of mappings.
    """
    text = ""
    try:
        text = file.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text) or {}
        return [_entry(dict(entry)) for entry in content.get("mappings") or []]
    except (OSError, ValueError, AttributeError, TypeError, yaml.YAMLError) as error:
        if line := merge_conflict_in(text):
            raise DiscoveryError(
                f"{file}:{line}: the file has a merge conflict that is not resolved. Resolve it, or take the file of "
                "one side: Foundry writes it anew at the next commit."
            ) from error
        raise DiscoveryError(
            f"{file}: it has to list 'mappings' of alias, rid and path, but cannot be read so: {error}"
        ) from error


def dataset_names(entries: Iterable[ShrinkwrapEntry]) -> dict[str, DatasetName]:
    """Return the dataset that each alias, RID and path of shrinkwrap entries means.

    The RID decides what is one dataset. It is called by its path where an entry has one, else by an alias: one that is
    a path before one that is a RID, one by which a transform writes it before others, the first in the alphabet before
    the next. A constant that Foundry writes instead of paths is none, nor is a path that several RIDs share.
    """
    entries = _without_placeholders(list(entries))
    datasets: dict[str, str] = {}
    """Every name → the RID of its dataset, or the name of one whose RID no entry has."""
    for entry in entries:
        if entry.rid is not None:
            datasets[entry.rid] = entry.rid
            if entry.path is not None:
                datasets[entry.path] = entry.rid
    # What the code says counts more than where the dataset is: an alias may be the present path of another dataset.
    datasets |= {entry.alias: entry.rid for entry in entries if entry.alias is not None and entry.rid is not None}
    members: dict[str, list[ShrinkwrapEntry]] = {}
    for entry in entries:
        known = (datasets.get(name) for name in (entry.alias, entry.path) if name is not None)
        dataset = entry.rid or next(filter(None, known), None) or entry.path or entry.alias
        if dataset is not None:
            members.setdefault(dataset, []).append(entry)
            for name in filter(None, (entry.alias, entry.path)):
                datasets.setdefault(name, dataset)
    called = {dataset: _called(dataset, several, datasets) for dataset, several in members.items()}
    rids = {entry.rid for entry in entries}
    return {
        name: DatasetName(alias, dataset if dataset in rids else None)
        for name, dataset in datasets.items()
        if (alias := called[dataset]) is not None
    }


def use_names(transforms: Iterable[Transform[Any, Any]], names: Mapping[str, DatasetName]) -> None:
    """Let every input and output of these transforms be called as `names` say, and know its RID."""
    for transform in transforms:
        specs: list[Input | Output] = [*transform.read_specs, *transform.written_specs]
        for spec in specs:
            if spec.alias:
                declared = DatasetName(spec.alias, spec.alias if spec.alias.startswith(_RID) else None)
                meant = names.get(spec.alias, declared)
                vars(spec).update(alias=meant.alias, rid=meant.rid or declared.rid)


def _entry(values: Mapping[str, Any]) -> ShrinkwrapEntry:
    alias, rid, path = (_name(values.get(key)) for key in ("alias", "rid", "path"))
    if rid is None and alias is not None and alias.startswith(_RID):
        rid = alias
    path = path if path is not None and _is_dataset_name(path) else None
    return ShrinkwrapEntry(alias, rid, path, "BUILD" in (values.get("modes") or ()))


def _name(value: Any) -> str | None:
    """Return a name as declarations in the code have it, None for what is no text or empty."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return check_dataset_path(value)
    except DatasetPathError:
        return value.strip()


def _without_placeholders(entries: list[ShrinkwrapEntry]) -> list[ShrinkwrapEntry]:
    """Return the entries without those paths that say nothing about where a dataset is."""
    rids: dict[str, set[str]] = {}
    for entry in entries:
        if entry.path is not None and entry.rid is not None:
            rids.setdefault(entry.path, set()).add(entry.rid)
    shared = _PLACEHOLDERS | {path for path, several in rids.items() if len(several) > 1}
    return [
        ShrinkwrapEntry(entry.alias, entry.rid, None, entry.is_written) if entry.path in shared else entry
        for entry in entries
    ]


def _called(dataset: str, entries: list[ShrinkwrapEntry], datasets: Mapping[str, str]) -> str | None:
    """Return the name of a dataset; a name that means a different dataset is not one of its names."""
    paths = sorted({entry.path for entry in entries if entry.path is not None})
    order = {(not entry.is_written, entry.alias) for entry in entries if entry.alias is not None}
    aliases = [alias for _, alias in sorted(order)]
    aliases.sort(key=lambda alias: alias.startswith(_RID))
    candidates = (*paths, *aliases, dataset)
    return next((one for one in candidates if datasets.get(one) == dataset and _is_dataset_name(one)), None)


def _is_dataset_name(name: str) -> bool:
    try:
        return bool(check_dataset_path(name))
    except DatasetPathError:
        return False
